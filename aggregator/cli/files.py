"""Files in, files out: feeds.yaml checked, archives clustered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import DATA, settings_of, told, write_lines
from aggregator.errors import EncodingError, StoreError

if TYPE_CHECKING:
    from aggregator.config import Settings


@click.command()
@click.argument("config", default="feeds.yaml", type=click.Path(path_type=Path))
@DATA
def check(config: Path, data: Path) -> None:
    """Say what is wrong with a feeds.yaml, with line and key.

    Examples of topics that are addresses are looked up, where there is a database.
    """
    from aggregator.delivery.sending import mistakes

    with told():
        settings = settings_of(config)
    wrong = [
        f"{config}:{target.line}: settings.deliver.to of '{target.name}': {error}"
        for target, error in mistakes(settings.deliver)
    ]
    if settings.semantic.model:
        from aggregator.encoding import open_meanings

        try:
            open_meanings(settings)
        except EncodingError as error:
            wrong.append(str(error))
    if wrong:
        click.echo("\n".join(wrong), err=True)
        sys.exit(2)
    for line in _unknown(settings, config, data):
        click.echo(line, err=True)
    click.echo(
        f"{config}: {len(settings.feeds)} feeds, {len(settings.topics)} topics, no mistakes"
    )


def _unknown(settings: Settings, config: Path, data: Path) -> list[str]:
    """Say which examples are not stored; no mistake, as they may be one day."""
    from aggregator.daemon import DATABASE
    from aggregator.store import open_reader
    from aggregator.trials import unknown_examples

    path = data / DATABASE
    if not path.exists() or not any(topic.examples for topic in settings.topics):
        return []
    try:
        reader = open_reader(path)
        try:
            unknown = unknown_examples(reader, settings.topics)
        finally:
            reader.close()
    except StoreError as error:
        return [f"examples were not looked up: {error}"]
    return [
        f"{config}:{one.line}: topics.examples of '{one.topic.name}': no item with the "
        f"address {one.url} is stored in {path}, so it teaches nothing"
        for one in unknown
    ]


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="A file whose limits count; feeds.yaml, where there is one.",
)
def limits(config: Path | None) -> None:
    """Show every limit, and where `settings: limits:` may move it."""
    from aggregator.config import Settings
    from aggregator.limits import limits_table

    if config is None and Path("feeds.yaml").exists():
        config = Path("feeds.yaml")
    with told():
        settings = settings_of(config) if config else Settings()
    for line in limits_table(settings.limits):
        click.echo(line)


@click.command()
@click.argument("items", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="A feeds.yaml whose cluster_window and semantic count; none by default.",
)
def cluster(items: Path, output: Path, config: Path | None) -> None:
    """Cluster a file of items (JSON lines: id title summary url source published)."""
    from aggregator.archive import cluster_archive
    from aggregator.config import Settings

    with told():
        settings = settings_of(config) if config else Settings()
        count = write_lines(output, cluster_archive(items, settings))
    click.echo(f"{count} items clustered into {output}")
