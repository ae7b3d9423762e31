"""`aggregator feeds`: how they are doing, where they are, where they went."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import CONFIG, DATA, plain, settings_of, told
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.models import Feed


@click.group()
def feeds() -> None:
    """Work with feeds."""


@feeds.command("list")
@DATA
@click.option("--json", "as_json", is_flag=True, help="One JSON object a feed.")
def feeds_list(data: Path, as_json: bool) -> None:
    """List the feeds and how they are doing."""
    from aggregator.daemon import DATABASE
    from aggregator.store import open_reader

    with told():
        reader = open_reader(data / DATABASE)
        try:
            rows = [_feed_row(feed) for feed in reader.feeds()]
        finally:
            reader.close()
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    click.echo(f"{'state':9} {'items':>6} {'status':>6}  {'next poll':20}  name")
    for row in rows:
        click.echo(
            f"{row['state']:9} {row['items']:>6} {row['last_status'] or '-':>6}  "
            f"{row['next_poll_at'] or '-':20}  {plain(row['name'])}"
        )
        if row["last_error"]:
            click.echo(f"{'':26}{plain(row['last_error'])}")


@feeds.command("find")
@click.argument("address")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="A file whose settings count, such as allow_private.",
)
def feeds_find(address: str, config: Path | None) -> None:
    """Find the feeds of a site; print each as lines for feeds.yaml."""
    from aggregator.config import Settings
    from aggregator.discovery.pages import snippet
    from aggregator.discovery.search import find_feeds
    from aggregator.text import without_password

    address = address if "://" in address else f"https://{address}"
    count = 0
    with told():
        settings = settings_of(config) if config else Settings()
        for found in find_feeds(address, settings):
            url = plain(without_password(found.url))
            if found.error:
                click.echo(f"no feed: {url}: {plain(found.error)}", err=True)
                continue
            count += 1
            click.echo(f"# {plain(found.title) or url}: {found.item_count} items now")
            click.echo(snippet(found.url, found.title))
        if not count:
            raise AggregatorError(
                f"no feed found at {plain(without_password(address))}"
            )


@feeds.command("moved")
@CONFIG
@DATA
def feeds_moved(config: Path, data: Path) -> None:
    """Print a patch of feeds.yaml for feeds that have moved; change nothing."""
    from aggregator.daemon import DATABASE
    from aggregator.moves import propose
    from aggregator.store import open_reader

    with told():
        settings_of(config)
        reader = open_reader(data / DATABASE)
        try:
            proposal = propose(reader.feeds(), config.read_bytes(), config)
        finally:
            reader.close()
    for note in proposal.notes:
        click.echo(plain(note), err=True)
    click.echo(proposal.patch, nl=False)
    if not proposal.patch:
        click.echo("no feed has moved for long enough", err=True)


def _feed_row(feed: Feed) -> dict[str, Any]:
    from aggregator.text import without_password

    return {
        "url": without_password(feed.url),
        "name": feed.name,
        "state": feed.state.value,
        "items": feed.item_count,
        "last_status": feed.last_status,
        "last_error": feed.last_error,
        "last_polled_at": _iso(feed.last_polled_at),
        "next_poll_at": _iso(feed.next_poll_at),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
