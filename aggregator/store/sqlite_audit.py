"""Who did what, in SQLite."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from aggregator.models import AuditRow
from aggregator.store.sqlite_connection import ReadConnections, text_of, time_of


def note_audit(
    db: sqlite3.Connection,
    at: datetime,
    who: str,
    action: str,
    subject: tuple[str, int | str],
    note: str = "",
) -> None:
    """Write a row of the audit log, within the transaction that does the thing."""
    db.execute(
        """
        INSERT INTO audit (at, who, action, subject_kind, subject_id, note)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (text_of(at), who, action, subject[0], str(subject[1]), note),
    )


class AuditReads(ReadConnections):
    """What was done, and by whom."""

    def audit(
        self, *, before: int | None = None, limit: int = 50
    ) -> tuple[AuditRow, ...]:
        """Return the audit log, newest first, from below the id `before`."""
        rows = self._rows(
            """
            SELECT id, at, who, action, subject_kind, subject_id, note FROM audit
            WHERE :before IS NULL OR id < :before
            ORDER BY id DESC
            LIMIT :limit
            """,
            {"before": before, "limit": limit},
        )
        return tuple(
            AuditRow(
                id=row["id"],
                at=time_of(row["at"]),
                who=row["who"],
                action=row["action"],
                subject_kind=row["subject_kind"],
                subject_id=row["subject_id"],
                note=row["note"],
            )
            for row in rows
        )
