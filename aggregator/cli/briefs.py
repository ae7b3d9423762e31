"""`aggregator brief`: make one now, and write a kept one again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aggregator.cli.common import CONFIG, DATA, settings_of, told
from aggregator.errors import AggregatorError

FORM = click.option(
    "--format",
    "form",
    type=click.Choice(["txt", "html", "json"]),
    default="txt",
    show_default=True,
    help="What is written to standard output.",
)


@click.group()
def brief() -> None:
    """Work with briefs."""


@brief.command("make")
@CONFIG
@DATA
@FORM
def brief_make(config: Path, data: Path, form: str) -> None:
    """Make a brief of now, keep it and write it; for when no daemon runs."""
    from aggregator.daemon import DATABASE
    from aggregator.editions import new_brief, rebuilt
    from aggregator.instance import single_instance
    from aggregator.pipeline import utc_now
    from aggregator.store import open_store

    with told(), single_instance(data):
        settings = settings_of(config)
        store = open_store(data / DATABASE)
        try:
            now = utc_now()
            kept = new_brief(store, settings, now)
            brief_id = store.keep_brief(kept, "", now)
        finally:
            store.close()
        click.echo(rebuilt(kept, form), nl=False)
        click.echo(f"kept as brief {brief_id}", err=True)


@brief.command("rebuild")
@click.argument("brief_id", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@DATA
@FORM
def brief_rebuild(brief_id: int, data: Path, form: str) -> None:
    """Write a kept brief again; fails unless every byte is as it was."""
    import aggregator
    from aggregator.daemon import DATABASE
    from aggregator.editions import differences, rebuilt
    from aggregator.store import open_reader

    with told():
        reader = open_reader(data / DATABASE)
        try:
            kept = reader.kept_brief(brief_id)
        finally:
            reader.close()
        try:
            click.echo(rebuilt(kept, form), nl=False)
            changed = differences(kept)
        except ValueError as error:
            raise AggregatorError(f"brief {brief_id}: its manifest {error}") from error
    if changed:
        click.echo(
            f"aggregator: brief {brief_id}: {', '.join(changed)} differ from what "
            f"version {kept.program} wrote (this is {aggregator.__version__})",
            err=True,
        )
        sys.exit(1)
