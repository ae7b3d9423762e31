"""`TrendReader`: what charts and the watch over silent sources ask of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.models import Count, Delivery, FeedCount


class TrendReader(Protocol):
    """Counts in buckets; `edges` are n + 1 times, ascending, around n buckets."""

    def deliveries(self, since: datetime) -> tuple[Delivery, ...]:
        """Return the stretches that reach beyond `since`, by feed, oldest first."""

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

    def topic_item_counts(
        self, slugs: Sequence[str], edges: Sequence[datetime]
    ) -> Mapping[str, tuple[int, ...]]:
        """Return how many items each of these topics has in each bucket."""
