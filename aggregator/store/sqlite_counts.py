"""Deliveries, and counts in buckets of time, in SQLite."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from aggregator.models import Count, Delivery, FeedCount
from aggregator.store.sqlite_connection import ReadConnections, text_of, time_of

_BUCKETS = """
    SELECT key AS bucket, value ->> 0 AS start, value ->> 1 AS stop
    FROM json_each(:buckets)
"""


def _buckets(edges: Sequence[datetime]) -> str:
    return json.dumps(list(pairwise(map(text_of, edges))))


class CountReads(ReadConnections):
    """What charts ask; every count is a range of an index."""

    def deliveries(self, since: datetime) -> tuple[Delivery, ...]:
        """Return stretches from the last that began by `since` on, by feed, oldest first."""
        rows = self._rows(
            """
            SELECT d.feed_id, d.from_at, d.until_at
            FROM feeds AS f
            CROSS JOIN deliveries AS d ON d.feed_id = f.id AND d.from_at >= coalesce(
                (SELECT max(p.from_at) FROM deliveries AS p
                 WHERE p.feed_id = f.id AND p.from_at <= :since), '')
            ORDER BY d.feed_id, d.from_at
            """,
            {"since": text_of(since)},
        )
        return tuple(
            Delivery(row["feed_id"], time_of(row["from_at"]), time_of(row["until_at"]))
            for row in rows
        )

    def totals(self, edges: Sequence[datetime]) -> tuple[Count, ...]:
        """Return how much came in each bucket, on whatever topic."""
        rows = self._rows(
            f"""
            SELECT
                (SELECT count(*) FROM items
                 WHERE at >= b.start AND at < b.stop) AS items,
                (SELECT count(*) FROM reports
                 WHERE at >= b.start AND at < b.stop
                    AND item_id <> origin_id) AS copies,
                (SELECT count(*) FROM clusters
                 WHERE first_at >= b.start AND first_at < b.stop
                    AND merged_into IS NULL) AS clusters
            FROM ({_BUCKETS}) AS b
            ORDER BY b.bucket
            """,
            {"buckets": _buckets(edges)},
        )
        return tuple(
            Count(row["items"], row["items"] - row["copies"], row["clusters"])
            for row in rows
        )

    def feed_volumes(self, since: datetime, until: datetime) -> Mapping[int, int]:
        """Return how many items each feed has of this time; feeds without are left out."""
        rows = self._rows(
            """
            SELECT f.id,
                (SELECT count(*) FROM items AS i
                 WHERE i.feed_id = f.id AND i.at >= :since AND i.at < :until) AS n
            FROM feeds AS f
            """,
            {"since": text_of(since), "until": text_of(until)},
        )
        return {row["id"]: row["n"] for row in rows if row["n"]}

    def feed_item_counts(
        self, feed_ids: Sequence[int], edges: Sequence[datetime]
    ) -> Mapping[int, tuple[int, ...]]:
        """Return how many items each of these feeds has in each bucket."""
        rows = self._rows(
            f"""
            SELECT f.value AS feed_id,
                (SELECT count(*) FROM items AS i
                 WHERE i.feed_id = f.value AND i.at >= b.start AND i.at < b.stop) AS n
            FROM json_each(:feeds) AS f, ({_BUCKETS}) AS b
            ORDER BY f.key, b.bucket
            """,
            {"feeds": json.dumps(list(feed_ids)), "buckets": _buckets(edges)},
        )
        counts: dict[int, list[int]] = {feed_id: [] for feed_id in feed_ids}
        for row in rows:
            counts[row["feed_id"]].append(row["n"])
        return {feed_id: tuple(row) for feed_id, row in counts.items()}

    def topic_feed_counts(
        self, slug: str, edges: Sequence[datetime]
    ) -> tuple[FeedCount, ...]:
        """Return what each feed has on a topic in each bucket; empty ones are left out."""
        rows = self._rows(
            f"""
            SELECT t.feed_id, b.bucket, count(*) AS items,
                sum(r.origin_id IS NULL OR r.origin_id = t.item_id) AS reports
            FROM ({_BUCKETS}) AS b
            CROSS JOIN item_topics AS t
            LEFT JOIN reports AS r ON r.item_id = t.item_id
            WHERE t.slug = :slug AND t.is_match = 1
                AND t.at >= b.start AND t.at < b.stop
            GROUP BY t.feed_id, b.bucket
            """,
            {"slug": slug, "buckets": _buckets(edges)},
        )
        return tuple(
            FeedCount(row["feed_id"], row["bucket"], row["items"], row["reports"])
            for row in rows
        )

    def topic_cluster_counts(
        self, slug: str, edges: Sequence[datetime]
    ) -> tuple[int, ...]:
        """Return how many clusters on a topic began in each bucket."""
        marks = [text_of(edge) for edge in edges]
        counts = [0] * (len(edges) - 1)
        for row in self._rows(
            """
            SELECT c.first_at
            FROM cluster_topics AS t JOIN clusters AS c ON c.id = t.cluster_id
            WHERE t.slug = :slug AND t.is_match = 1 AND t.last_at >= :since
                AND c.first_at >= :since AND c.first_at < :until
                AND c.merged_into IS NULL
            """,
            {"slug": slug, "since": marks[0], "until": marks[-1]},
        ):
            counts[bisect_right(marks, row["first_at"]) - 1] += 1
        return tuple(counts)
