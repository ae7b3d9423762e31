"""Briefs and visits in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime

from aggregator.errors import NotFound
from aggregator.models import BriefRow, Cargo, KeptBrief, Message, Visit
from aggregator.store.sqlite_audit import note_audit
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    text_or_none,
    time_of,
    time_or_none,
)
from aggregator.store.sqlite_messages import queue

_COLUMNS = "id, since_at, until_at, known_at, day, due_at, headline"


def _row_of(row: sqlite3.Row) -> BriefRow:
    return BriefRow(
        id=row["id"],
        since=time_of(row["since_at"]),
        until=time_of(row["until_at"]),
        known_at=time_of(row["known_at"]),
        day=date.fromisoformat(row["day"]) if row["day"] else None,
        due_at=time_or_none(row["due_at"]),
        headline=row["headline"],
    )


class BriefReads(ReadConnections):
    """What is asked about kept briefs and visits."""

    def kept_brief(self, brief_id: int) -> KeptBrief:
        """Return one brief; raises `NotFound`."""
        row = self._row(
            f"SELECT {_COLUMNS}, manifest, hashes, program FROM briefs WHERE id = ?",
            (brief_id,),
        )
        if row is None:
            raise NotFound(f"brief {brief_id}")
        return KeptBrief(
            _row_of(row), row["manifest"], json.loads(row["hashes"]), row["program"]
        )

    def briefs(
        self, *, before: int | None = None, limit: int = 50
    ) -> tuple[BriefRow, ...]:
        """Return kept briefs, newest first, from below the id `before`."""
        rows = self._rows(
            f"""
            SELECT {_COLUMNS} FROM briefs
            WHERE :before IS NULL OR id < :before
            ORDER BY id DESC
            LIMIT :limit
            """,
            {"before": before, "limit": limit},
        )
        return tuple(map(_row_of, rows))

    def last_brief(self, *, daily: bool = False) -> BriefRow | None:
        """Return the newest brief, or the newest daily one."""
        row = self._row(
            f"""
            SELECT {_COLUMNS} FROM briefs
            {"WHERE day IS NOT NULL" if daily else ""}
            ORDER BY id DESC
            LIMIT 1
            """
        )
        return _row_of(row) if row else None

    def brief_of(self, day: date) -> BriefRow | None:
        """Return the daily brief of a local day."""
        row = self._row(
            f"SELECT {_COLUMNS} FROM briefs WHERE day = ?", (day.isoformat(),)
        )
        return _row_of(row) if row else None

    def next_brief(self, brief_id: int) -> int | None:
        """Return the brief that was kept after this one."""
        row = self._row("SELECT min(id) AS id FROM briefs WHERE id > ?", (brief_id,))
        return row["id"] if row else None

    def previous_brief(self, brief_id: int) -> int | None:
        """Return the brief that was kept before this one."""
        row = self._row("SELECT max(id) AS id FROM briefs WHERE id < ?", (brief_id,))
        return row["id"] if row else None

    def last_visit(self, who: str) -> Visit | None:
        """Return when somebody last said that they had read it all."""
        row = self._row("SELECT at, known_at FROM visits WHERE who = ?", (who,))
        return Visit(time_of(row["at"]), time_of(row["known_at"])) if row else None


class BriefWrites(WriteConnection):
    """What keeps briefs and visits."""

    def keep_brief(
        self,
        brief: KeptBrief,
        who: str,
        now: datetime,
        *,
        targets: Sequence[str] = (),
        subject: str = "",
    ) -> int:
        """Keep and queue a brief; return its id, or that of the day's daily brief."""
        row = brief.row
        day = row.day.isoformat() if row.day else None
        with self._write() as db:
            kept = db.execute(
                """
                INSERT INTO briefs (since_at, until_at, known_at, day, due_at, headline,
                    manifest, hashes, program)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (day) DO NOTHING
                RETURNING id
                """,
                (
                    text_of(row.since),
                    text_of(row.until),
                    text_of(row.known_at),
                    day,
                    text_or_none(row.due_at),
                    row.headline,
                    brief.manifest,
                    json.dumps(dict(brief.hashes)),
                    brief.program,
                ),
            ).fetchone()
            if kept is None:
                kept = db.execute(
                    "SELECT id FROM briefs WHERE day = ?", (day,)
                ).fetchone()
                return int(kept[0])
            # its text is written when it is sent: the brief is kept for good
            letter = Message(subject, "")
            queue(db, targets, Cargo.BRIEF, letter, now, brief_id=kept[0])
            if who:
                note_audit(db, now, who, "asked for", ("brief", kept[0]))
        return int(kept[0])

    def note_visit(self, who: str, known_at: datetime, now: datetime) -> None:
        """Note up to when somebody knows the clusters; it never goes back."""
        with self._write() as db:
            db.execute(
                """
                INSERT INTO visits (who, at, known_at) VALUES (?, ?, ?)
                ON CONFLICT (who) DO UPDATE SET
                    at = excluded.at,
                    known_at = max(known_at, excluded.known_at)
                """,
                (who, text_of(now), text_of(known_at)),
            )
            note_audit(db, now, who, "read", ("brief", "of the moment"))
