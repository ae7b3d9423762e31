"""What charts are drawn from: who delivered when, and how much came in each bucket.

A bucket is a stretch of time, a day or an hour, that runs from one edge up to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
