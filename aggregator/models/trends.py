"""What charts are drawn from: who delivered when, and how much came in each bucket.

A bucket is a stretch of time, a day or an hour, that runs from one edge up to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

OUTAGE = 0.8
"""A bucket of which less than this was delivered is an outage."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stretch of time of which a feed told us all that it said."""

    feed_id: int
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """How much there is of one bucket.

    Reports are items less copies; a cluster counts in the bucket of its first item.
    """

    items: int = 0
    reports: int = 0
    clusters: int = 0


@dataclass(frozen=True, slots=True)
class FeedCount:
    """What one feed had on a topic in one bucket; `bucket` counts from 0."""

    feed_id: int
    bucket: int
    items: int
    reports: int


@dataclass(frozen=True, slots=True)
class Telling:
    """That an outlet told of a cluster, when first, and the feeds it came by."""

    cluster_id: int
    cluster_first_at: datetime
    outlet: str
    """Its publisher, where several outlets are of one."""
    first_at: datetime
    feed_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReportText:
    """A report's own words, and the cluster that it is in."""

    cluster_id: int | None
    at: datetime
    text: str


NOTHING = Count()


@dataclass(frozen=True, slots=True)
class Surge:
    """More reports than expected: how many, of how many, and how unusual that is."""

    count: int
    expected: float
    score: float

    @property
    def ratio(self) -> float:
        """How many times what was expected there are."""
        return self.count / max(self.expected, 0.5)


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a topic's series."""

    start: datetime
    end: datetime
    count: Count
    """What came on the topic."""
    total: Count = NOTHING
    """What came on whatever topic."""
    delivered: float | None = None
    """The part of the feeds' usual volume that came, 0 to 1; None before there was any."""
    expected: float | None = None
    """Reports that the topic's own past and this bucket's volume lead one to expect."""
    surge: Surge | None = None

    @property
    def is_outage(self) -> bool:
        """Whether too little was delivered to compare this bucket with others."""
        return self.delivered is not None and self.delivered < OUTAGE

    @property
    def is_unknown(self) -> bool:
        """Whether no feed was followed yet."""
        return self.delivered is None

    def share(self, of: str) -> float | None:
        """Return the topic's part of all that was published; `of` names a count."""
        total: int = getattr(self.total, of)
        part: int = getattr(self.count, of)
        return part / total if total else None


@dataclass(frozen=True, slots=True)
class Series:
    """A topic's buckets, oldest first; the last one may still be filling."""

    slug: str
    points: tuple[Point, ...]

    @property
    def surges(self) -> tuple[Point, ...]:
        """The buckets that surge."""
        return tuple(point for point in self.points if point.surge)

    @property
    def outages(self) -> tuple[Point, ...]:
        """The buckets that too few feeds delivered."""
        return tuple(point for point in self.points if point.is_outage)

    def last(self, count: int) -> Series:
        """Return the series of the last buckets alone."""
        return replace(self, points=self.points[-count:])


@dataclass(frozen=True, slots=True)
class RisingWord:
    """A word, or two that stand together, that this week has more than before."""

    text: str
    score: float
    """How many standard errors its log-odds are above those of the weeks before."""
    report_count: int
    before_count: int
    cluster_ids: tuple[int, ...]
    """The clusters that most of its reports are in, those first."""
