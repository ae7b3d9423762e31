"""Files in, files out: feeds.yaml checked, archives clustered and scored."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import CONFIG, settings_of, told
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.models import Topic


@click.command()
@click.argument("config", default="feeds.yaml", type=click.Path(path_type=Path))
def check(config: Path) -> None:
    """Say what is wrong with a feeds.yaml, with line and key."""
    from aggregator.delivery.sending import mistakes

    with told():
        settings = settings_of(config)
    if wrong := mistakes(settings.deliver):
        for target, error in wrong:
            click.echo(
                f"{config}:{target.line}: settings.deliver.to of '{target.name}': {error}",
                err=True,
            )
        sys.exit(2)
    click.echo(
        f"{config}: {len(settings.feeds)} feeds, {len(settings.topics)} topics, no mistakes"
    )


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
def cluster(items: Path, output: Path) -> None:
    """Cluster a file of items (JSON lines: id title summary url source published)."""
    from aggregator.archive import cluster_archive
    from aggregator.config import Settings

    with told():
        count = _write(output, cluster_archive(items, Settings().cluster_window))
    click.echo(f"{count} items clustered into {output}")


@click.group()
def topics() -> None:
    """Work with topics."""


@topics.command("score")
@click.argument("items", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--topic", "name", required=True, help="A topic's name or slug.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON lines: id answer (yes or no), on items of the file, to learn from.",
)
@CONFIG
def topics_score(
    items: Path, output: Path, name: str, answers: Path | None, config: Path
) -> None:
    """Score a file of items for one topic of feeds.yaml."""
    from aggregator.archive import score_archive

    with told():
        topic = _topic(settings_of(config), name)
        count = _write(output, score_archive(items, topic, answers))
    click.echo(f"{count} items scored into {output}")


def _topic(settings: Settings, name: str) -> Topic:
    from aggregator.config.topicsfile import slug_of

    for topic in settings.topics:
        if slug_of(name) == topic.slug:
            return topic
    known = ", ".join(topic.name for topic in settings.topics) or "none"
    raise AggregatorError(f"no topic '{name}' in {settings.path}; there are: {known}")


def _write(output: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write JSON lines beside the target and put them in its place when complete."""
    beside = output.with_name(output.name + ".part")
    count = 0
    try:
        with beside.open("w", encoding="utf-8") as lines:
            for count, row in enumerate(rows, 1):  # noqa: B007
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        beside.replace(output)
    except OSError as error:
        raise AggregatorError(f"{output}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return count
