"""`aggregator demo`: the daemon on a week of news that never happened."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import PORT, settings_of, told
from aggregator.cli.service import serve

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.demo import DemoServer
    from aggregator.store import Store

HALF = timedelta(hours=12)
DAYS = 3
"""So many days are lived through before the site is up, so that there are briefs."""
READER = "somebody"
"""Whoever looks at the demo read it all when the brief before the last was made."""


@click.command()
@PORT
@click.option(
    "--data",
    default=None,
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the demo's database here; without it, it is gone when the demo ends.",
)
def demo(port: int, data: Path | None) -> None:
    """Run the daemon on a fictional week of news that the package carries."""
    from aggregator.demo import DemoServer, demo_config
    from aggregator.pipeline import utc_now

    with (
        told(),
        tempfile.TemporaryDirectory() as scratch,
        DemoServer(utc_now()) as server,
    ):
        config = Path(scratch) / "feeds.yaml"
        config.write_text(demo_config(server.url, server.start), encoding="utf-8")
        settings = replace(settings_of(config), path=config)
        click.echo(
            "A fictional week of news: every outlet, person and event is invented."
        )
        kept = data or Path(scratch) / "data"
        relive(kept, settings, server)
        serve(settings, kept, "127.0.0.1", port)


def relive(data: Path, settings: Settings, server: DemoServer) -> None:
    """Give the feeds a past, then poll the last days twice a day as they were.

    Their briefs are kept as ever; the first one was missed and is late. A database that holds
    something already stays as it is.
    """
    from aggregator.brief.due import last_due
    from aggregator.daemon import DATABASE
    from aggregator.instance import single_instance
    from aggregator.pipeline import Pipeline
    from aggregator.store import open_store

    last = last_due(server.start, settings.brief.at, settings.timezone).at
    moment = last - DAYS * timedelta(days=1) - HALF
    with single_instance(data):
        store = open_store(data / DATABASE)
        try:
            if store.first_polled_at() is not None:
                return
            _give_a_past(store, settings, server, moment)
            pipeline = Pipeline(store, settings, now=lambda: moment)
            try:
                for half in range(2 * DAYS + 1, -1, -1):
                    moment = last - half * HALF
                    server.clock = moment
                    pipeline.cycle(due_only=False)
            finally:
                pipeline.close()
            _, seen, *_ = store.briefs()
            store.note_visit(READER, seen.known_at, seen.until)
        finally:
            server.clock = None
            store.close()


def _give_a_past(
    store: Store, settings: Settings, server: DemoServer, until: datetime
) -> None:
    """Store what the outlets wrote in the weeks before."""
    from aggregator.demo.past import past_polls
    from aggregator.demo.server import feed_path

    store.sync_feeds(settings.feeds, server.start - timedelta(days=31))
    ids = {feed.url: feed.id for feed in store.feeds()}
    feeds = {
        outlet.key: ids[server.url + feed_path(outlet)]
        for outlet in server.week.outlets
    }
    polls = past_polls(server.week, server.start, feeds)
    store.save_polls([poll for poll in polls if poll.finished_at < until])
