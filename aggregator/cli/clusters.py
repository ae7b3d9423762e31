"""Clusters as they are stored: the ledger replayed, the last days clustered again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

from aggregator.cli.common import CONFIG, DATA, settings_of, told
from aggregator.errors import AggregatorError

SAY_EVERY_S = 1.0


@click.command("replay-decisions")
@DATA
def replay_decisions(data: Path) -> None:
    """Rebuild all clusters from the ledger alone; fails if any item differs."""
    from aggregator.daemon import DATABASE
    from aggregator.replay import Replay
    from aggregator.store import open_reader

    with told():
        path = data / DATABASE
        if not path.exists():
            raise AggregatorError(f"{path}: there is no database; give another --data")
        reader, replay = open_reader(path), Replay()
        try:
            with reader.as_of_now():
                replay.read(reader.ledger())
                memberships = dict(reader.memberships())
        finally:
            reader.close()
        found = list(replay.differences(memberships))
        if found:
            raise AggregatorError(f"{found[0]} ({len(found)} items differ)")
    click.echo(
        f"{replay.row_count} decisions lead to {len(set(memberships.values()))} "
        f"clusters of {len(memberships)} items, as they are stored"
    )


@click.command()
@CONFIG
@DATA
@click.option(
    "--since",
    default="30d",
    show_default=True,
    help="Clusters that were active since are clustered again, such as 12h or 30d.",
)
def recluster(config: Path, data: Path, since: str) -> None:
    """Cluster the last days again, under today's settings and all corrections."""
    from aggregator.config.values import duration
    from aggregator.daemon import DATABASE
    from aggregator.instance import single_instance
    from aggregator.passes.groups import GroupPass
    from aggregator.passes.recluster import recluster as again
    from aggregator.pipeline import utc_now
    from aggregator.store import open_store

    try:
        age = duration(since)
    except ValueError:
        raise click.BadParameter(
            f"'{since}': write a duration such as 12h or 30d", param_hint="--since"
        ) from None
    with told(), single_instance(data):
        settings = settings_of(config)
        store = open_store(data / DATABASE)
        try:
            groups = GroupPass(store, settings, utc_now, threading.Event())
            counts = again(groups, utc_now() - age, _progress())
        except KeyboardInterrupt:
            raise AggregatorError("interrupted: clusters are as they were") from None
        finally:
            store.close()
    click.echo(
        f"{counts.items} items clustered again into {counts.clusters} clusters; "
        f"{counts.moved} moved"
    )


def _progress() -> Callable[[int, int], None]:
    """Return what says on standard error, once a second, how far it is."""
    last = [0.0]

    def say(done: int, of: int) -> None:
        if done == of or time.monotonic() - last[0] >= SAY_EVERY_S:
            last[0] = time.monotonic()
            click.echo(f"clustered {done:,} of {of:,} items", err=True)

    return say
