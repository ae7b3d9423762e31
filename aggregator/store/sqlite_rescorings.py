"""Scores and sources that are being made again, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from aggregator.models import DEFINITIONS, FAMILIES, Item, Rescoring
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    set_counter,
    text_of,
    time_of,
)
from aggregator.store.sqlite_items import ITEM_COLUMNS, item_of

# the items of clusters from :since on, of one topic if :topic names one
_MEMBERS = """
    FROM items AS i
    JOIN memberships AS m ON m.item_id = i.id AND m.to_at IS NULL
    JOIN feeds AS f ON f.id = i.feed_id
    WHERE i.at >= :since AND (:topic = '' OR EXISTS (
        SELECT 1 FROM item_topics AS t WHERE t.item_id = i.id AND t.slug = :topic
    ))
"""


class RescoringReads(ReadConnections):
    """Which scores are not today's yet."""

    def rescored_shares(self) -> Mapping[str, float]:
        """Return how much is done, 0 to 1, of each topic that is scored again, by slug."""
        rows = self._rows(
            """
            SELECT t.slug, min(1.0, 1.0 * r.done_count / max(r.item_count, 1)) AS share
            FROM topics AS t
            LEFT JOIN rescorings AS r ON r.slug =
                CASE WHEN t.definition <> t.scored_definition THEN '' ELSE t.slug END
            WHERE t.removed_at IS NULL
                AND (t.definition <> t.scored_definition OR r.slug IS NOT NULL)
            """
        )
        return {row["slug"]: row["share"] or 0.0 for row in rows}

    def rescorings(self) -> Mapping[str, Rescoring]:
        """Return what was begun and not ended, `DEFINITIONS` first."""
        rows = self._rows(
            """
            SELECT slug, wanted, started_at, since, item_count, done_count, before_at, before_id
            FROM rescorings
            ORDER BY slug
            """
        )
        return {row["slug"]: _rescoring(row) for row in rows}

    def items_to_rescore(self, work: Rescoring, limit: int) -> tuple[Item, ...]:
        """Return the clustered items that are next, newest first."""
        at, last_id = "9999", 0  # later than any time
        if work.before:
            at, last_id = text_of(work.before[0]), work.before[1]
        rows = self._rows(
            f"""
            SELECT {ITEM_COLUMNS}, m.cluster_id {_MEMBERS}
                AND (i.at, i.id) < (:at, :id)
            ORDER BY i.at DESC, i.id DESC
            LIMIT :limit
            """,
            {
                "since": text_of(work.since),
                "topic": _topic_of(work.slug),
                "at": at,
                "id": last_id,
                "limit": limit,
            },
        )
        return tuple(map(item_of, rows))


class RescoringWrites(WriteConnection):
    """What says how far scoring again is."""

    def begin_rescoring(
        self, slug: str, wanted: str, since: datetime, now: datetime
    ) -> Rescoring:
        """Score again from the newest item on; what was begun of it is forgotten."""
        with self._write() as db:
            count = db.execute(
                f"SELECT count(*) {_MEMBERS}",
                {"since": text_of(since), "topic": _topic_of(slug)},
            ).fetchone()[0]
            db.execute(
                """
                INSERT OR REPLACE INTO rescorings
                    (slug, wanted, started_at, since, item_count, done_count)
                VALUES (?, ?, ?, ?, ?, 0)
                """,
                (slug, wanted, text_of(now), text_of(since), count),
            )
            if slug == DEFINITIONS:
                # a mixture from now on: not even the old definition made all of it
                db.execute(
                    """
                    UPDATE topics SET scored_definition = ''
                    WHERE removed_at IS NULL AND scored_definition <> definition
                    """
                )
            elif slug == FAMILIES:
                set_counter(db, "families", "")
        return Rescoring(slug, wanted, now, since, count)

    def note_rescored(
        self, slug: str, before: tuple[datetime, int], count: int
    ) -> None:
        """Go on before this item the next time; `count` more are done."""
        with self._write() as db:
            db.execute(
                """
                UPDATE rescorings
                SET before_at = ?, before_id = ?, done_count = done_count + ?
                WHERE slug = ?
                """,
                (text_of(before[0]), before[1], count, slug),
            )

    def end_rescoring(self, slug: str) -> None:
        """Note that these scores are today's."""
        with self._write() as db:
            if slug == FAMILIES:
                db.execute(
                    """
                    UPDATE counters
                    SET value = (SELECT wanted FROM rescorings WHERE slug = :slug)
                    WHERE name = 'families'
                    """,
                    {"slug": slug},
                )
            db.execute("DELETE FROM rescorings WHERE slug = ?", (slug,))
            if slug == DEFINITIONS:
                db.execute("UPDATE topics SET scored_definition = definition")


def _topic_of(slug: str) -> str:
    return "" if slug == FAMILIES else slug


def _rescoring(row: sqlite3.Row) -> Rescoring:
    at = row["before_at"]
    return Rescoring(
        row["slug"],
        row["wanted"],
        time_of(row["started_at"]),
        time_of(row["since"]),
        row["item_count"],
        row["done_count"],
        (time_of(at), row["before_id"]) if at else None,
    )
