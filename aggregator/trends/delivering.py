"""Which feeds delivered in which bucket, by the weight of what they usually bring; pure.

A feed *delivers* a stretch of time when a poll or a push brought all that it said then
(aggregator/coverage.py). A feed that is well is taken to deliver up to now: what it said
since its last poll comes with the next. A feed counts from its first delivery on, and
one that was switched off or is gone counts up to its last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from aggregator.models import Delivery, Feed, FeedState

LATE = timedelta(hours=2)
"""How long a feed may be overdue and still be well."""
LEAST_RATE = 1 / 720
"""Items an hour that a feed weighs at least: one in 30 days."""
_LEAST_SECONDS = LEAST_RATE / 10
"""Weighted seconds below which a sum is rounding and no feed."""

_WELL = frozenset({FeedState.OK, FeedState.WARN})
_ASLEEP = frozenset({FeedState.GONE, FeedState.DISABLED, FeedState.REMOVED})


@dataclass(frozen=True, slots=True)
class Presence:
    """When a feed delivered, oldest first, and until when it was expected to."""

    stretches: tuple[tuple[datetime, datetime], ...]
    until: datetime
    is_well: bool
    """Whether it delivers now."""

    @property
    def since(self) -> datetime:
        """When it delivered for the first time, as far as is known."""
        return self.stretches[0][0]

    def delivered(self, start: datetime, end: datetime) -> datetime | None:
        """Say whether one stretch holds all this time: since when, else None."""
        return next((a for a, b in self.stretches if a <= start and end <= b), None)


def is_well(feed: Feed, now: datetime) -> bool:
    """Say whether a feed answers, and was asked when it was due."""
    is_asked = feed.next_poll_at is None or now - feed.next_poll_at <= LATE
    return feed.state in _WELL and not feed.failure_count and is_asked


def presences(
    deliveries: Sequence[Delivery], feeds: Sequence[Feed], now: datetime
) -> Mapping[int, Presence]:
    """Return when each feed that ever delivered did so; `feeds` are all there were."""
    by_feed: dict[int, list[tuple[datetime, datetime]]] = {}
    for row in deliveries:
        by_feed.setdefault(row.feed_id, []).append((row.from_at, row.until_at))
    found: dict[int, Presence] = {}
    for feed in feeds:
        if stretches := by_feed.get(feed.id):
            well = is_well(feed, now)
            begun, last = stretches[-1]
            if well:
                stretches[-1] = (begun, max(last, now))
            until = last if feed.state in _ASLEEP else now
            found[feed.id] = Presence(tuple(stretches), until, well)
    return found


def delivered_shares(
    edges: Sequence[datetime],
    present: Mapping[int, Presence],
    volumes: Mapping[int, int],
    now: datetime,
) -> tuple[float | None, ...]:
    """Return what part of each bucket's usual volume the feeds delivered, 0 to 1.

    A feed weighs what it brings in an hour: its items between the edges (`volumes`) by
    the hours it delivered. None where no feed was expected yet, or the bucket is to come.
    """
    marks = [edge.timestamp() for edge in edges]
    latest = now.timestamp()
    expected, delivered = _Seconds(marks), _Seconds(marks)
    for feed_id, presence in present.items():
        stretches = [
            (max(a.timestamp(), marks[0]), min(b.timestamp(), latest, marks[-1]))
            for a, b in presence.stretches
        ]
        hours = sum(max(b - a, 0.0) for a, b in stretches) / 3600
        weight = max(volumes.get(feed_id, 0) / max(hours, 1.0), LEAST_RATE)
        for a, b in stretches:
            delivered.add(a, b, weight)
        expected.add(
            max(presence.since.timestamp(), marks[0]),
            min(presence.until.timestamp(), marks[-1]),
            weight,
        )
    return tuple(
        min(got / due, 1.0) if due > _LEAST_SECONDS else None
        for got, due in zip(delivered.sums(), expected.sums(), strict=True)
    )


class _Seconds:
    """Adds weighted stretches up by bucket, in the time of two look-ups a stretch."""

    def __init__(self, marks: Sequence[float]) -> None:
        self._marks = marks
        self._parts = [0.0] * len(marks)
        self._steps = [0.0] * (len(marks) + 1)

    def add(self, start: float, end: float, weight: float) -> None:
        """Add a stretch that lies between the edges."""
        if end <= start:
            return
        marks = self._marks
        first = bisect_right(marks, start) - 1
        last = bisect_right(marks, end) - 1
        # the buckets first to last as if they were full, less what is not
        self._steps[first] += weight
        self._steps[last] -= weight
        self._parts[first] -= weight * (start - marks[first])
        self._parts[last] += weight * (end - marks[last])

    def sums(self) -> list[float]:
        """Return the weighted seconds of each bucket."""
        lengths = [b - a for a, b in zip(self._marks, self._marks[1:], strict=False)]
        levels = list(accumulate(self._steps))
        return [
            level * length + part
            for level, length, part in zip(levels, lengths, self._parts, strict=False)
        ]
