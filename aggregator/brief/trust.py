"""Feeds -> which of them can be relied on for a window of time; pure."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.brief.values import Trust
from aggregator.models import Feed, FeedState, Status

FAILING = frozenset({FeedState.ERROR, FeedState.BACKOFF, FeedState.GONE})
ASLEEP = frozenset({FeedState.DISABLED, FeedState.REMOVED})

QUIET_GAPS = 4
"""A feed is quiet that has said nothing for so many times its median gap,"""
QUIET_AT_LEAST = timedelta(hours=12)
"""and for so long: desks sleep;"""
QUIET_HOURS = 4
"""of fewer hours in which it said something, nobody knows what is usual."""


def awake(feeds: Sequence[Feed]) -> list[Feed]:
    """Return the feeds that are not switched off or gone from feeds.yaml."""
    return [feed for feed in feeds if feed.state not in ASLEEP]


def is_quiet(hours: Sequence[int], now: datetime) -> bool:
    """Say whether a feed has been silent for far longer than it usually is.

    `hours` are those in which items came, newest first, as whole hours since the year
    1 (aggregator/polling/pace.py). The median of the gaps between them is the feed's
    own; one long holiday in them moves it little.
    """
    if len(hours) < QUIET_HOURS:
        return False
    silence = now.toordinal() * 24 + now.hour - hours[0]
    gap = statistics.median(
        later - earlier for later, earlier in itertools.pairwise(hours)
    )
    return silence > max(QUIET_GAPS * gap, QUIET_AT_LEAST / timedelta(hours=1))


def trust(
    feeds: Sequence[Feed],
    status: Status,
    totals: tuple[int, int, int],
    since: datetime,
    now: datetime,
) -> Trust:
    """Sort the feeds into failing, unheard, quiet and delivered; each is one of them."""
    names: dict[str, list[str]] = {"failing": [], "unheard": [], "quiet": []}
    delivered = 0
    for feed in (kept := awake(feeds)):
        if feed.state in FAILING:
            names["failing"].append(feed.name)
        elif feed.last_ok_at is None or feed.last_ok_at < since:
            names["unheard"].append(feed.name)
        elif is_quiet(feed.item_hours, now):
            names["quiet"].append(feed.name)
        else:
            delivered += 1
    return Trust(
        feed_count=len(kept),
        delivered_count=delivered,
        **{kind: tuple(found) for kind, found in names.items()},
        item_count=totals[0],
        report_count=totals[1],
        cluster_count=totals[2],
        last_poll_at=status.last_poll_at,
    )
