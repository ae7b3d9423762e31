"""What people answer about topics, and what is learned from it, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from aggregator.errors import NotFound
from aggregator.models import (
    Answer,
    Item,
    Said,
    TopicScore,
)
from aggregator.store.sqlite_audit import note_audit
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    set_counter,
    text_of,
    time_of,
)
from aggregator.store.sqlite_items import (
    ITEM_COLUMNS,
    item_of,
    topic_score_of,
)
from aggregator.store.sqlite_lessons import LESSON, lesson_row, note_change

_NEAREST_OF = 500
"""So many of the newest that just miss a topic are looked at for the nearest."""
# sqlite_items.ITEM_TABLES the other way round: from a topic's rows to their items
_ITEMS_OF_T = """
    JOIN items AS i ON i.id = t.item_id
    JOIN feeds AS f ON f.id = i.feed_id
    LEFT JOIN memberships AS m ON m.item_id = i.id AND m.to_at IS NULL
"""


class AnswerReads(ReadConnections):
    """Answers in force, lessons, and what is worth asking about."""

    def answers(self, slug: str, limit: int = 600) -> tuple[Answer, ...]:
        """Return what people say of a topic today."""
        rows = self._rows(
            """
            SELECT id, slug, cluster_id, is_yes, who, answered_at,
                (SELECT json_group_array(item_id) FROM answer_items AS i
                 WHERE i.answer_id = a.id) AS item_ids
            FROM answers AS a
            WHERE slug = ? AND ended_at IS NULL
            ORDER BY id DESC
            LIMIT ?
            """,
            (slug, limit),
        )
        return tuple(
            Answer(
                id=row["id"],
                slug=row["slug"],
                item_ids=tuple(json.loads(row["item_ids"])),
                cluster_id=row["cluster_id"],
                is_yes=bool(row["is_yes"]),
                who=row["who"],
                answered_at=time_of(row["answered_at"]),
            )
            for row in rows
        )

    def nearest_items(
        self, slug: str, since: datetime, limit: int = 20
    ) -> tuple[tuple[Item, TopicScore], ...]:
        """Return items that just miss a topic, one a cluster, the nearest first."""
        rows = self._rows(
            f"""
            SELECT {ITEM_COLUMNS}, m.cluster_id, t.slug, t.score, t.is_match, t.matched, t.parts
            FROM (
                SELECT item_id, slug, score, is_match, matched, parts FROM item_topics
                WHERE slug = :slug AND is_match = 0 AND score >= 0.2
                ORDER BY item_id DESC
                LIMIT :newest
            ) AS t
            {_ITEMS_OF_T}
            WHERE i.at >= :since
                AND NOT EXISTS (
                    SELECT 1 FROM cluster_topics AS c
                    WHERE c.cluster_id = m.cluster_id AND c.slug = :slug AND c.is_match = 1
                )
                AND i.id NOT IN (
                    SELECT s.item_id
                    FROM answers AS a JOIN answer_items AS s ON s.answer_id = a.id
                    WHERE a.slug = :slug AND a.ended_at IS NULL
                )
            ORDER BY t.score DESC, i.id DESC
            """,
            {"slug": slug, "since": text_of(since), "newest": _NEAREST_OF},
        )
        found: dict[int, tuple[Item, TopicScore]] = {}
        for row in rows:
            item = item_of(row)
            found.setdefault(item.cluster_id or -item.id, (item, topic_score_of(row)))
        return tuple(found.values())[:limit]

    def said(self) -> Said:
        """Return every answer in force, and the lessons in use."""
        items: dict[int, dict[str, bool]] = defaultdict(dict)
        clusters: dict[int, dict[str, bool]] = defaultdict(dict)
        for row in self._rows(
            """
            SELECT a.slug, a.cluster_id, a.is_yes, i.item_id
            FROM answers AS a JOIN answer_items AS i ON i.answer_id = a.id
            WHERE a.ended_at IS NULL
            ORDER BY a.id
            """
        ):
            items[row["item_id"]][row["slug"]] = bool(row["is_yes"])
            if row["cluster_id"] is not None:
                clusters[row["cluster_id"]][row["slug"]] = bool(row["is_yes"])
        lessons = self._rows(f"SELECT {LESSON} FROM lessons WHERE is_used = 1")
        return Said(
            dict(items),
            dict(clusters),
            {row["slug"]: lesson_row(row).lesson for row in lessons},
        )

    def answers_on(
        self, *, item_id: int | None = None, cluster_id: int | None = None
    ) -> Mapping[str, bool]:
        """Return what is said of one item, or one cluster, by a topic's slug."""
        rows = self._rows(
            """
            SELECT a.slug, a.is_yes
            FROM answers AS a
            WHERE a.ended_at IS NULL AND CASE WHEN :cluster IS NULL
                THEN a.id IN (SELECT answer_id FROM answer_items WHERE item_id = :item)
                ELSE a.cluster_id = :cluster END
            ORDER BY a.id
            """,
            {"item": item_id, "cluster": cluster_id},
        )
        return {row["slug"]: bool(row["is_yes"]) for row in rows}

    def answers_version(self) -> str:
        """Return what changes whenever `said` does."""
        return self._counter("answers")

    def answers_scored(self) -> str:
        """Return the version of answers that stored scores were made with."""
        return self._counter("answers_scored")

    def _counter(self, name: str) -> str:
        row = self._row("SELECT value FROM counters WHERE name = ?", (name,))
        return str(row["value"]) if row else ""


class AnswerWrites(WriteConnection):
    """What people say about topics, and what the pass over topics learns."""

    def answer(
        self,
        slug: str,
        *,
        item_id: int | None = None,
        cluster_id: int | None = None,
        is_yes: bool,
        who: str,
        now: datetime,
    ) -> None:
        """Note whether an item, or a cluster, is about a topic; ends what was said of it."""
        with self._write() as db:
            item_ids = _items_of(db, item_id, cluster_id)
            db.execute(
                """
                UPDATE answers SET ended_at = :at
                WHERE slug = :slug AND ended_at IS NULL
                    AND CASE WHEN :cluster IS NULL
                        THEN cluster_id IS NULL AND id IN
                            (SELECT answer_id FROM answer_items WHERE item_id = :item)
                        ELSE cluster_id = :cluster END
                """,
                {
                    "at": text_of(now),
                    "slug": slug,
                    "cluster": cluster_id,
                    "item": item_id,
                },
            )
            answer_id = db.execute(
                """
                INSERT INTO answers (slug, cluster_id, is_yes, who, answered_at)
                VALUES (?, ?, ?, ?, ?)
                """,
                (slug, cluster_id, is_yes, who, text_of(now)),
            ).lastrowid
            db.executemany(
                "INSERT INTO answer_items (answer_id, item_id) VALUES (?, ?)",
                [(answer_id, id) for id in item_ids],
            )
            subject = (
                ("item", item_id) if cluster_id is None else ("cluster", cluster_id)
            )
            note = f"topic {slug}"
            verb = "said yes to" if is_yes else "said no to"
            note_audit(db, now, who, verb, (subject[0], subject[1] or 0), note)
            note_change(db)

    def take_back_answer(self, answer_id: int, who: str, now: datetime) -> None:
        """End an answer that is in force."""
        with self._write() as db:
            done = db.execute(
                "UPDATE answers SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                (text_of(now), answer_id),
            )
            if not done.rowcount:
                raise NotFound(f"answer {answer_id}")
            slug = db.execute(
                "SELECT slug FROM answers WHERE id = ?", (answer_id,)
            ).fetchone()[0]
            note_audit(
                db, now, who, "took back an answer on", ("topic", slug), f"{answer_id}"
            )
            note_change(db)

    def mark_answers_scored(self, version: str) -> None:
        """Note that stored scores are those of this version of answers."""
        with self._write() as db:
            set_counter(db, "answers_scored", version)


def _items_of(
    db: sqlite3.Connection, item_id: int | None, cluster_id: int | None
) -> list[int]:
    """Return what is answered about: an item, or the first of each report."""
    if cluster_id is None:
        rows = db.execute("SELECT id FROM items WHERE id = ?", (item_id,)).fetchall()
    else:
        rows = db.execute(
            """
            SELECT min(m.item_id)
            FROM memberships AS m LEFT JOIN reports AS r ON r.item_id = m.item_id
            WHERE m.cluster_id = ? AND m.to_at IS NULL
            GROUP BY coalesce(r.origin_id, m.item_id)
            """,
            (cluster_id,),
        ).fetchall()
    if not rows:
        what = f"item {item_id}" if cluster_id is None else f"cluster {cluster_id}"
        raise NotFound(what)
    return [row[0] for row in rows]
