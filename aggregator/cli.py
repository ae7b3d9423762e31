"""The `aggregator` command; what is heavy is imported by the commands that need it."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import aggregator
from aggregator.errors import AggregatorError, ConfigError

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.models import Feed, Topic

CONFIG = click.option(
    "--config",
    default="feeds.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The file with settings, feeds and topics.",
)
DATA = click.option(
    "--data",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory that holds the database.",
)
PORT = click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The site's port; 0 takes any that is free.",
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.group()
@click.version_option(aggregator.__version__, prog_name="aggregator")
@click.option("--verbose", is_flag=True, help="Log every poll and grouping.")
def main(verbose: bool) -> None:
    """Poll feeds, group the items that report one event, and follow topics."""
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    # ticks are skipped while a long one runs: that is their nature, and no warning
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    if verbose:
        logging.getLogger("aggregator").setLevel(logging.INFO)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what goes wrong on purpose into a sentence and an exit code."""
    try:
        yield
    except ConfigError as error:
        for problem in error.args[0]:
            click.echo(str(problem), err=True)
        sys.exit(2)
    except AggregatorError as error:
        click.echo(f"aggregator: {error}", err=True)
        sys.exit(1)


def _settings(config: Path) -> Settings:
    from aggregator.config import load_settings

    return load_settings(config)


@main.command()
@CONFIG
@DATA
@PORT
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The site has no login, so only loopback is accepted: put a proxy in front.",
)
def run(config: Path, data: Path, port: int, host: str) -> None:
    """Run the daemon: poll, cluster and serve the site until it is told to stop."""
    if host not in LOOPBACK:
        raise click.BadParameter(
            f"'{host}' would show the site to others, and it has no login; listen on "
            "127.0.0.1 and put a reverse proxy with a login in front",
            param_hint="--host",
        )
    logging.getLogger("aggregator").setLevel(logging.INFO)
    with _told():
        _run(_settings(config), data, host, port)


def _run(settings: Settings, data: Path, host: str, port: int) -> None:
    from aggregator.daemon import run_daemon

    try:
        from web import create_app
    except ImportError as error:
        raise AggregatorError(
            f"the site cannot be loaded ({error}); if another package named 'web' is "
            "installed (PyPI's web.py), give this one an environment of its own"
        ) from error
    ended = run_daemon(
        settings,
        data,
        host,
        port,
        create_app=create_app,
        announce=lambda address: click.echo(f"The site is at {address}"),
    )
    if not ended:  # a poll that does not end must not keep the process
        sys.stdout.flush()
        os._exit(0)


@main.command()
@CONFIG
@DATA
@click.option(
    "--all", "everything", is_flag=True, help="Poll feeds that are not due, too."
)
def poll(config: Path, data: Path, everything: bool) -> None:
    """Do one cycle, poll and cluster, and exit: for cron."""
    from aggregator.daemon import DATABASE
    from aggregator.instance import single_instance
    from aggregator.pipeline import Pipeline
    from aggregator.store import open_store

    with _told(), single_instance(data):
        # no site runs beside it that hubs could reach: polls alone, and on their own
        settings = replace(_settings(config), public_url="")
        store = open_store(data / DATABASE)
        try:
            pipeline = Pipeline(store, settings)
            try:
                counts = pipeline.cycle(due_only=not everything)
            finally:
                pipeline.close()
        finally:
            store.close()
    click.echo(
        f"polled {counts.polls.polled} feeds, {counts.polls.failed} failed, {counts.polls.new_items} new items, "
        f"{counts.clustered} clustered"
    )


@main.command()
@click.argument("config", default="feeds.yaml", type=click.Path(path_type=Path))
def check(config: Path) -> None:
    """Say what is wrong with a feeds.yaml, with line and key."""
    with _told():
        settings = _settings(config)
    click.echo(
        f"{config}: {len(settings.feeds)} feeds, {len(settings.topics)} topics, no mistakes"
    )


@main.command()
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
    with _told():
        settings = _settings(config) if config else Settings()
    for line in limits_table(settings.limits):
        click.echo(line)


@main.command()
@click.argument("items", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
def cluster(items: Path, output: Path) -> None:
    """Cluster a file of items (JSON lines: id title summary url source published)."""
    from aggregator.archive import cluster_archive
    from aggregator.config import Settings

    with _told():
        count = _write(output, cluster_archive(items, Settings().cluster_window))
    click.echo(f"{count} items clustered into {output}")


@main.group()
def topics() -> None:
    """Work with topics."""


@topics.command("score")
@click.argument("items", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--topic", "name", required=True, help="A topic's name or slug.")
@CONFIG
def topics_score(items: Path, output: Path, name: str, config: Path) -> None:
    """Score a file of items for one topic of feeds.yaml."""
    from aggregator.archive import score_archive

    with _told():
        count = _write(output, score_archive(items, _topic(_settings(config), name)))
    click.echo(f"{count} items scored into {output}")


def _topic(settings: Settings, name: str) -> Topic:
    from aggregator.config.feedsfile import slug_of

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


@main.group()
def feeds() -> None:
    """Work with feeds."""


@feeds.command("list")
@DATA
@click.option("--json", "as_json", is_flag=True, help="One JSON object a feed.")
def feeds_list(data: Path, as_json: bool) -> None:
    """List the feeds and how they are doing."""
    from aggregator.daemon import DATABASE
    from aggregator.store import open_reader

    with _told():
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
            f"{row['next_poll_at'] or '-':20}  {_plain(row['name'])}"
        )
        if row["last_error"]:
            click.echo(f"{'':26}{_plain(row['last_error'])}")


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
    with _told():
        settings = _settings(config) if config else Settings()
        for found in find_feeds(address, settings):
            url = _plain(without_password(found.url))
            if found.error:
                click.echo(f"no feed: {url}: {_plain(found.error)}", err=True)
                continue
            count += 1
            click.echo(f"# {_plain(found.title) or url}: {found.item_count} items now")
            click.echo(snippet(found.url, found.title))
        if not count:
            raise AggregatorError(
                f"no feed found at {_plain(without_password(address))}"
            )


@feeds.command("moved")
@CONFIG
@DATA
def feeds_moved(config: Path, data: Path) -> None:
    """Print a patch of feeds.yaml for feeds that have moved; change nothing."""
    from aggregator.daemon import DATABASE
    from aggregator.moves import propose
    from aggregator.store import open_reader

    with _told():
        _settings(config)
        reader = open_reader(data / DATABASE)
        try:
            proposal = propose(reader.feeds(), config.read_bytes(), config)
        finally:
            reader.close()
    for note in proposal.notes:
        click.echo(_plain(note), err=True)
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


def _plain(text: str) -> str:
    """Keep a terminal safe from what a feed says."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


@main.command()
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
        _told(),
        tempfile.TemporaryDirectory() as scratch,
        DemoServer(utc_now()) as server,
    ):
        config = Path(scratch) / "feeds.yaml"
        config.write_text(demo_config(server.url), encoding="utf-8")
        settings = replace(_settings(config), path=config)
        click.echo(
            "A fictional week of news: every outlet, person and event is invented."
        )
        _run(settings, data or Path(scratch) / "data", "127.0.0.1", port)
