"""`TrendReader`, `TrendWriter`: charts, what they are made of, and silent sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.models import (
    Count,
    Delivery,
    FeedCount,
    ReportText,
    RisingWord,
    Series,
    Telling,
)


class TrendReader(Protocol):
    """Counts in buckets; `edges` are n + 1 times, ascending, around n buckets."""

    def trends(self, slugs: Sequence[str]) -> Mapping[str, Series]:
        """Return the days of these topics as last computed; empty where never."""

    def rising(self, slug: str) -> tuple[RisingWord, ...]:
        """Return the words that rose in a topic's last week, as last computed."""

    def trends_at(self) -> datetime | None:
        """Return when trends were last computed."""

    def deliveries(self, since: datetime) -> tuple[Delivery, ...]:
        """Return stretches from the last that began by `since` on, by feed, oldest first."""

    def totals(self, edges: Sequence[datetime]) -> tuple[Count, ...]:
        """Return how much came in each bucket, on whatever topic."""

    def feed_volumes(self, since: datetime, until: datetime) -> Mapping[int, int]:
        """Return how many items each feed has of this time; feeds without are left out."""

    def feed_item_counts(
        self, feed_ids: Sequence[int], edges: Sequence[datetime]
    ) -> Mapping[int, tuple[int, ...]]:
        """Return how many items each of these feeds has in each bucket."""

    def topic_feed_counts(
        self, slug: str, edges: Sequence[datetime]
    ) -> tuple[FeedCount, ...]:
        """Return what each feed has on a topic in each bucket; empty ones are left out."""

    def topic_cluster_counts(
        self, slug: str, edges: Sequence[datetime]
    ) -> tuple[int, ...]:
        """Return how many clusters on a topic began in each bucket."""

    def topic_reports(
        self, slug: str, since: datetime, until: datetime, limit: int
    ) -> tuple[ReportText, ...]:
        """Return the newest reports on a topic of this time; copies are left out."""

    def tellings(
        self, slug: str, since: datetime, least: int, limit: int
    ) -> tuple[Telling, ...]:
        """Return who told of the topic's clusters that began since then.

        Only those of at least `least` independent reports, the newest `limit` of them;
        one row a cluster and outlet.
        """

    def told_by(self, cluster_id: int) -> tuple[str, ...]:
        """Return the outlets, by publisher, that told of a cluster."""

    def headlines(self, cluster_ids: Sequence[int]) -> Mapping[int, str]:
        """Return the headlines of these clusters; unknown ids are left out."""


class TrendWriter(Protocol):
    """What keeps trends."""

    def save_trends(
        self,
        series: Sequence[Series],
        rising: Mapping[str, Sequence[RisingWord]],
        now: datetime,
    ) -> None:
        """Put these in place of all trends that are stored."""
