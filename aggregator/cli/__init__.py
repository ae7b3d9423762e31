"""The `aggregator` command; what is heavy is imported by the commands that need it."""

from __future__ import annotations

import logging
import sys

import click

import aggregator
from aggregator.cli import (
    briefs,
    clusters,
    demo,
    feeds,
    files,
    messages,
    service,
    topics,
)
from aggregator.memory import keep_little


@click.group()
@click.version_option(aggregator.__version__, prog_name="aggregator")
@click.option("--verbose", is_flag=True, help="Log every poll and grouping.")
def main(verbose: bool) -> None:
    """Poll feeds, group the items that report one event, and follow topics."""
    keep_little()
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    # ticks are skipped while a long one runs: that is their nature, and no warning
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    if verbose:
        logging.getLogger("aggregator").setLevel(logging.INFO)


for command in (
    service.run,
    service.poll,
    demo.demo,
    files.check,
    files.limits,
    files.cluster,
    topics.topics,
    feeds.feeds,
    briefs.brief,
    clusters.recluster,
    clusters.replay_decisions,
    messages.deliver,
    messages.alerts,
):
    main.add_command(command)
