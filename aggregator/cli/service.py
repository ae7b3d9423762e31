"""The daemon, and one cycle of it."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.common import CONFIG, DATA, PORT, settings_of, told
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config import Settings


LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
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
    with told():
        serve(settings_of(config), data, host, port)


def serve(settings: Settings, data: Path, host: str, port: int) -> None:
    """Run the daemon until it is told to stop."""
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


@click.command()
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

    with told(), single_instance(data):
        # no site runs beside it that hubs could reach: polls alone, and on their own
        settings = replace(settings_of(config), public_url="")
        store = open_store(data / DATABASE)
        try:
            # nobody waits: an encoder, and old scores, may catch up in one go
            pipeline = Pipeline(store, settings, slice=timedelta(minutes=10))
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
