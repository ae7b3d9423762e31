"""Who tells of a topic's larger clusters -> who usually would and is silent on one; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.models import Telling
from aggregator.trends.delivering import Presence

WINDOW = timedelta(days=28)
LARGE = 3
"""Independent reports of a cluster that makes silence worth a word."""
LEAST_TOLD = 3
LEAST_CLUSTERS = 4
"""Larger clusters that began while an outlet delivered; with fewer it is not known."""
USUAL = 0.5
SOONEST, LATEST = timedelta(hours=2), timedelta(hours=24)
"""How long an outlet is waited for, at least and at most: one that is usually later than
a day follows others, and its silence says nothing."""
PATIENCE = 0.8
"""The part of an outlet's own tellings that come by then."""


@dataclass(frozen=True, slots=True)
class SilentSource:
    """An outlet that usually tells of such clusters, and of this one does not."""

    outlet: str
    slug: str
    told_count: int
    cluster_count: int
    """Larger clusters on the topic that began while it delivered; it told `told_count`."""
    usual_lag: timedelta
    """By when, after a cluster's first item, it usually has it."""
    healthy_since: datetime
    feed_ids: tuple[int, ...]

    @property
    def rate(self) -> float:
        """Its base rate, 0 to 1, drawn towards a half while little is known."""
        return (self.told_count + 1) / (self.cluster_count + 2)


def silent_sources(
    slug: str,
    first_at: datetime,
    told_by: Sequence[str],
    past: Sequence[Telling],
    present: Mapping[int, Presence],
    now: datetime,
    limit: int = 5,
) -> tuple[SilentSource, ...]:
    """Return the usual outlets that are silent on a cluster of at least `LARGE` reports.

    `past` says who told which of the topic's other larger clusters of the last
    `WINDOW`. An outlet is usual that told at least `LEAST_TOLD` of them and, of those
    that began while its feeds delivered, half (`USUAL`). It is silent once the time has
    passed in which it tells of four in five, and only if every feed that it comes by is
    well and has delivered without a gap since before the cluster's first item.
    """
    began = {row.cluster_id: row.cluster_first_at for row in past}
    by_outlet: dict[str, list[Telling]] = {}
    for row in past:
        by_outlet.setdefault(row.outlet, []).append(row)
    found: list[SilentSource] = []
    for outlet, rows in by_outlet.items():
        if outlet in told_by or len(rows) < LEAST_TOLD:
            continue
        feed_ids = tuple(sorted({feed_id for row in rows for feed_id in row.feed_ids}))
        feeds = [present[feed_id] for feed_id in feed_ids if feed_id in present]
        lag = _usual_lag(rows)
        since = _healthy_since(feeds, first_at, now)
        if since is None or lag > LATEST or now - first_at < lag:
            continue
        told = {row.cluster_id for row in rows}
        count = sum(
            cluster_id in told or any(feed.delivered(at, at) for feed in feeds)
            for cluster_id, at in began.items()
        )
        source = SilentSource(outlet, slug, len(told), count, lag, since, feed_ids)
        if count >= LEAST_CLUSTERS and source.rate >= USUAL:
            found.append(source)
    return tuple(
        sorted(found, key=lambda s: (-s.rate, -s.told_count, s.outlet))[:limit]
    )


def _usual_lag(rows: Sequence[Telling]) -> timedelta:
    lags = sorted(row.first_at - row.cluster_first_at for row in rows)
    lag = lags[math.ceil(PATIENCE * len(lags)) - 1]
    return max(lag, SOONEST)


def _healthy_since(
    feeds: Sequence[Presence], first_at: datetime, now: datetime
) -> datetime | None:
    since = [feed.delivered(first_at, now) for feed in feeds if feed.is_well]
    if not since or len(since) < len(feeds):
        return None
    known = [at for at in since if at is not None]
    return max(known) if len(known) == len(since) else None
