"""What was learned from answers, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from aggregator.errors import NotFound
from aggregator.models import Lesson, LessonRow, Measured
from aggregator.store.sqlite_audit import note_audit
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    set_counter,
    text_of,
    time_of,
)

KEPT = 20
"""So many lessons of a topic are kept, the newest, and the one in use."""
LESSON = """
    id, slug, definition, learned_at, is_used, slope, weights, yes_count, no_count, measured, decides
"""


class LessonReads(ReadConnections):
    """What was learned."""

    def lessons(self, slug: str, limit: int = 20) -> tuple[LessonRow, ...]:
        """Return what was learned for a topic."""
        rows = self._rows(
            f"SELECT {LESSON} FROM lessons WHERE slug = ? ORDER BY id DESC LIMIT ?",
            (slug, limit),
        )
        return tuple(map(lesson_row, rows))

    def lesson_in_use(self, slug: str) -> LessonRow | None:
        """Return the lesson that a topic is scored by."""
        row = self._row(
            f"SELECT {LESSON} FROM lessons WHERE slug = ? AND is_used = 1", (slug,)
        )
        return lesson_row(row) if row else None


class LessonWrites(WriteConnection):
    """What is learned, and which of it counts."""

    def use_lesson(
        self, slug: str, lesson_id: int | None, who: str, now: datetime
    ) -> None:
        """Score by this lesson from now on; by the definition alone with None."""
        with self._write() as db:
            db.execute("UPDATE lessons SET is_used = 0 WHERE slug = ?", (slug,))
            if lesson_id is not None:
                done = db.execute(
                    "UPDATE lessons SET is_used = 1 WHERE slug = ? AND id = ?",
                    (slug, lesson_id),
                )
                if not done.rowcount:
                    raise NotFound(f"lesson {lesson_id} of topic {slug}")
            action = (
                "put aside the lessons of" if lesson_id is None else "put in use on"
            )
            note = "" if lesson_id is None else f"lesson {lesson_id}"
            note_audit(db, now, who, action, ("topic", slug), note)
            note_change(db)

    def save_lesson(
        self, slug: str, definition: str, lesson: Lesson, now: datetime
    ) -> None:
        """Keep a lesson. It is used, unless a person put another in the newest's place."""
        with self._write() as db:
            newest = db.execute(
                "SELECT is_used FROM lessons WHERE slug = ? ORDER BY id DESC LIMIT 1",
                (slug,),
            ).fetchone()
            is_used = newest is None or bool(newest[0])
            if is_used:
                db.execute("UPDATE lessons SET is_used = 0 WHERE slug = ?", (slug,))
            before, after = lesson.before, lesson.after
            db.execute(
                """
                INSERT INTO lessons
                    (slug, definition, learned_at, is_used, slope, weights, yes_count, no_count,
                     measured, decides)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    slug,
                    definition,
                    text_of(now),
                    is_used,
                    lesson.slope,
                    json.dumps(dict(lesson.weights), ensure_ascii=False),
                    lesson.yes_count,
                    lesson.no_count,
                    json.dumps(
                        [
                            [before.precision, before.recall],
                            [after.precision, after.recall],
                        ]
                    ),
                    lesson.decides,
                ),
            )
            db.execute(
                """
                DELETE FROM lessons
                WHERE slug = :slug AND is_used = 0 AND id NOT IN (
                    SELECT id FROM lessons WHERE slug = :slug ORDER BY id DESC LIMIT :kept
                )
                """,
                {"slug": slug, "kept": KEPT},
            )
            note_change(db)


def note_change(db: sqlite3.Connection) -> None:
    """Make `answers_version` another, within the transaction that changes what it stands for."""
    row = db.execute("SELECT value FROM counters WHERE name = 'answers'").fetchone()
    set_counter(db, "answers", str(int(row[0]) + 1 if row else 1))


def lesson_row(row: sqlite3.Row) -> LessonRow:
    """Return the lesson of a row with the columns of `LESSON`."""
    before, after = json.loads(row["measured"])
    return LessonRow(
        id=row["id"],
        slug=row["slug"],
        definition=row["definition"],
        learned_at=time_of(row["learned_at"]),
        is_used=bool(row["is_used"]),
        lesson=Lesson(
            slope=row["slope"],
            weights=json.loads(row["weights"]),
            yes_count=row["yes_count"],
            no_count=row["no_count"],
            before=Measured(*before),
            after=Measured(*after),
            decides=bool(row["decides"]),
        ),
    )
