"""Counts and deliveries -> a topic's series of days or hours; pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.models import OUTAGE, Count, FeedCount, Point, Series
from aggregator.trends.delivering import Presence
from aggregator.trends.surges import BASELINE, LEAST_BASELINE, surge

KNOWN_FOR = timedelta(days=7)
"""How long a feed must have delivered before what it brings can make a surge."""
PRIOR_ITEMS = 5
"""Items that a feed's share starts from at the share of all feeds together."""


def series(
    slug: str,
    edges: Sequence[datetime],
    by_feed: Sequence[FeedCount],
    clusters: Sequence[int],
    totals: Sequence[Count],
    delivered: Sequence[float | None],
) -> Series:
    """Put a topic's counts in order; nothing is expected or judged yet."""
    items, reports = [0] * len(totals), [0] * len(totals)
    for row in by_feed:
        items[row.bucket] += row.items
        reports[row.bucket] += row.reports
    return Series(
        slug,
        tuple(
            Point(edges[n], edges[n + 1], Count(*count), totals[n], delivered[n])
            for n, count in enumerate(zip(items, reports, clusters, strict=True))
        ),
    )


def judged(
    plain: Series,
    by_feed: Sequence[FeedCount],
    feed_items: Mapping[int, Sequence[int]],
    present: Mapping[int, Presence],
) -> Series:
    """Add to each bucket what was to be expected of it, and whether it surges.

    Each feed is expected to give the topic the share of its items that it gave in the
    `BASELINE` buckets before, outages left out. So a feed that fails takes what it
    would have brought out of both sides, a quiet Sunday expects less, and it does not
    matter whether those that fail are much on the topic or not at all. Only feeds known
    for a week are looked at: a feed that is new is no surge.
    """
    points = plain.points
    reports = {feed_id: [0] * len(points) for feed_id in feed_items}
    for row in by_feed:
        if row.feed_id in reports:
            reports[row.feed_id][row.bucket] += row.reports
    delivered = [point.delivered for point in points]
    usable = [d is not None and d >= OUTAGE for d in delivered]
    pasts = [
        _Past(items, reports[feed_id], present.get(feed_id))
        for feed_id, items in feed_items.items()
    ]
    window: deque[int] = deque()
    counts: list[int] = []
    expected: list[float | None] = []
    found: list[Point] = []
    for n, point in enumerate(points):
        known = [past for past in pasts if past.is_known(point.start)]
        share = sum(p.seen_reports for p in known) / max(
            sum(p.seen_items for p in known), 1
        )
        is_young = len(window) < LEAST_BASELINE or (bool(pasts) and not known)
        counts.append(sum(past.reports[n] for past in known))
        expected.append(
            None if is_young else sum(past.expected(n, share) for past in known)
        )
        rise = surge(counts, expected, delivered[: n + 1])
        found.append(replace(point, expected=expected[n], surge=rise))
        if usable[n]:
            window.append(n)
            for past in pasts:
                past.see(n, 1)
        if window and window[0] <= n - BASELINE:
            gone = window.popleft()
            for past in pasts:
                past.see(gone, -1)
    return replace(plain, points=tuple(found))


class _Past:
    """What a feed brought in the buckets of the baseline."""

    __slots__ = ("items", "reports", "seen_items", "seen_reports", "since")

    def __init__(
        self,
        items: Sequence[int],
        reports: Sequence[int],
        presence: Presence | None,
    ) -> None:
        self.items, self.reports = items, reports
        self.since = presence.since if presence else None
        self.seen_items = self.seen_reports = 0

    def is_known(self, at: datetime) -> bool:
        return self.since is not None and self.since <= at - KNOWN_FOR

    def expected(self, n: int, share: float) -> float:
        own = (self.seen_reports + share * PRIOR_ITEMS) / (
            self.seen_items + PRIOR_ITEMS
        )
        return own * self.items[n]

    def see(self, n: int, sign: int) -> None:
        self.seen_items += sign * self.items[n]
        self.seen_reports += sign * self.reports[n]
