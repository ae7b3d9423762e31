"""Trends as last computed, rising words, and who tells of what, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.models import (
    Count,
    Point,
    ReportText,
    RisingWord,
    Series,
    Surge,
    Telling,
)
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_of,
    time_or_none,
)
from aggregator.store.sqlite_items import SOURCE


def _point(row: sqlite3.Row) -> Point:
    surge = None
    if row["surge_count"] is not None:
        surge = Surge(row["surge_count"], row["surge_expected"], row["surge_score"])
    return Point(
        time_of(row["start_at"]),
        time_of(row["end_at"]),
        Count(row["items"], row["reports"], row["clusters"]),
        Count(row["all_items"], row["all_reports"], row["all_clusters"]),
        row["delivered"],
        row["expected"],
        surge,
    )


class TrendReads(ReadConnections):
    """What pages ask about trends."""

    def trends(self, slugs: Sequence[str]) -> Mapping[str, Series]:
        """Return the days of these topics as last computed; empty where never."""
        points: dict[str, list[Point]] = {slug: [] for slug in slugs}
        for row in self._rows(
            """
            SELECT slug, start_at, end_at, items, reports, clusters, all_items,
                all_reports, all_clusters, delivered, expected, surge_count,
                surge_expected, surge_score
            FROM trend_points
            WHERE slug IN (SELECT value FROM json_each(?))
            ORDER BY slug, start_at
            """,
            (json.dumps(list(slugs)),),
        ):
            points[row["slug"]].append(_point(row))
        return {slug: Series(slug, tuple(row)) for slug, row in points.items()}

    def rising(self, slug: str) -> tuple[RisingWord, ...]:
        """Return the words that rose in a topic's last week, as last computed."""
        rows = self._rows(
            """
            SELECT word, score, report_count, before_count, cluster_ids
            FROM rising_words
            WHERE slug = ?
            ORDER BY rank
            """,
            (slug,),
        )
        return tuple(
            RisingWord(
                row["word"],
                row["score"],
                row["report_count"],
                row["before_count"],
                tuple(json.loads(row["cluster_ids"])),
            )
            for row in rows
        )

    def trends_at(self) -> datetime | None:
        """Return when trends were last computed."""
        row = self._row("SELECT value FROM counters WHERE name = 'trends_at'")
        return time_or_none(row["value"] if row else None)

    def topic_reports(
        self, slug: str, since: datetime, until: datetime, limit: int
    ) -> tuple[ReportText, ...]:
        """Return the newest reports on a topic of this time; copies are left out."""
        rows = self._rows(
            """
            SELECT m.cluster_id, t.at, i.title
            FROM item_topics AS t
            JOIN items AS i ON i.id = t.item_id
            LEFT JOIN reports AS r ON r.item_id = t.item_id
            LEFT JOIN memberships AS m ON m.item_id = t.item_id AND m.to_at IS NULL
            WHERE t.slug = :slug AND t.is_match = 1
                AND t.at >= :since AND t.at < :until
                AND (r.origin_id IS NULL OR r.origin_id = t.item_id)
            ORDER BY t.at DESC
            LIMIT :limit
            """,
            {
                "slug": slug,
                "since": text_of(since),
                "until": text_of(until),
                "limit": limit,
            },
        )
        return tuple(
            ReportText(row["cluster_id"], time_of(row["at"]), row["title"])
            for row in rows
        )

    def tellings(
        self, slug: str, since: datetime, least: int, limit: int
    ) -> tuple[Telling, ...]:
        """Return who told of the topic's clusters that began since then."""
        rows = self._rows(
            f"""
            SELECT c.id, c.first_at AS began, coalesce(r.family, {SOURCE}) AS teller,
                min(i.at) AS told_at, json_group_array(DISTINCT i.feed_id) AS feed_ids
            FROM (
                SELECT k.id, k.first_at
                FROM cluster_topics AS t JOIN clusters AS k ON k.id = t.cluster_id
                WHERE t.slug = :slug AND t.is_match = 1 AND t.last_at >= :since
                    AND k.first_at >= :since AND k.independent_count >= :least
                    AND k.merged_into IS NULL
                ORDER BY t.last_at DESC
                LIMIT :limit
            ) AS c
            JOIN memberships AS m ON m.cluster_id = c.id AND m.to_at IS NULL
            JOIN items AS i ON i.id = m.item_id
            JOIN feeds AS f ON f.id = i.feed_id
            LEFT JOIN reports AS r ON r.item_id = i.id
            GROUP BY c.id, teller
            """,
            {"slug": slug, "since": text_of(since), "least": least, "limit": limit},
        )
        return tuple(
            Telling(
                row["id"],
                time_of(row["began"]),
                row["teller"],
                time_of(row["told_at"]),
                tuple(json.loads(row["feed_ids"])),
            )
            for row in rows
        )

    def told_by(self, cluster_id: int) -> tuple[str, ...]:
        """Return the outlets, by publisher, that told of a cluster."""
        rows = self._rows(
            f"""
            SELECT DISTINCT coalesce(r.family, {SOURCE}) AS teller
            FROM memberships AS m
            JOIN items AS i ON i.id = m.item_id
            JOIN feeds AS f ON f.id = i.feed_id
            LEFT JOIN reports AS r ON r.item_id = i.id
            WHERE m.cluster_id = ? AND m.to_at IS NULL
            ORDER BY teller
            """,
            (cluster_id,),
        )
        return tuple(row["teller"] for row in rows)

    def headlines(self, cluster_ids: Sequence[int]) -> Mapping[int, str]:
        """Return the headlines of these clusters; unknown ids are left out."""
        rows = self._rows(
            """
            SELECT id, headline FROM clusters
            WHERE id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(list(cluster_ids)),),
        )
        return {row["id"]: row["headline"] for row in rows}


class TrendWrites(WriteConnection):
    """What keeps trends."""

    def save_trends(
        self,
        series: Sequence[Series],
        rising: Mapping[str, Sequence[RisingWord]],
        now: datetime,
    ) -> None:
        """Put these in place of all trends that are stored."""
        with self._write() as db:
            db.execute("DELETE FROM trend_points")
            db.executemany(
                """
                INSERT INTO trend_points
                    (slug, start_at, end_at, items, reports, clusters, all_items,
                     all_reports, all_clusters, delivered, expected, surge_count,
                     surge_expected, surge_score)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [_row(one.slug, point) for one in series for point in one.points],
            )
            db.execute("DELETE FROM rising_words")
            db.executemany(
                """
                INSERT INTO rising_words
                    (slug, rank, word, score, report_count, before_count, cluster_ids)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    (
                        *(slug, rank, word.text, word.score, word.report_count),
                        *(word.before_count, json.dumps(word.cluster_ids)),
                    )
                    for slug, words in rising.items()
                    for rank, word in enumerate(words)
                ],
            )
            db.execute(
                """
                INSERT INTO counters (name, value) VALUES ('trends_at', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """,
                (text_of(now),),
            )


def _row(slug: str, point: Point) -> tuple[object, ...]:
    surge, count, total = point.surge, point.count, point.total
    return (
        slug,
        text_of(point.start),
        text_of(point.end),
        *(count.items, count.reports, count.clusters),
        *(total.items, total.reports, total.clusters),
        point.delivered,
        point.expected,
        *((surge.count, surge.expected, surge.score) if surge else (None,) * 3),
    )
