"""Files in, files out: feeds.yaml checked, archives clustered."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aggregator.cli.common import settings_of, told, write_lines


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
        count = write_lines(output, cluster_archive(items, Settings().cluster_window))
    click.echo(f"{count} items clustered into {output}")
