"""Thresholds that corrections speak for, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from aggregator.errors import NotFound
from aggregator.models import JudgedGroup, Retuning, RetuningRow, Verdicts
from aggregator.store.sqlite_audit import note_audit
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_of,
    time_or_none,
)

_COLUMNS = """
    id, threshold, before_threshold, pair_count, correction_count, before, after,
    made_at, used_at, used_by, ended_at, ended_by
"""


def _row(row: sqlite3.Row) -> RetuningRow:
    return RetuningRow(
        id=row["id"],
        retuning=Retuning(
            threshold=row["threshold"],
            before_threshold=row["before_threshold"],
            pair_count=row["pair_count"],
            correction_count=row["correction_count"],
            before=Verdicts(*json.loads(row["before"])),
            after=Verdicts(*json.loads(row["after"])),
        ),
        made_at=time_of(row["made_at"]),
        used_at=time_or_none(row["used_at"]),
        used_by=row["used_by"],
        ended_at=time_or_none(row["ended_at"]),
        ended_by=row["ended_by"],
    )


class RetuningReads(ReadConnections):
    """What was judged, and which threshold holds."""

    def judged_groups(self) -> tuple[JudgedGroup, ...]:
        """Return what corrections that hold say of items and others, by correction."""
        rows = self._rows(
            """
            SELECT c.id, c.kind, i.item_id, i.is_together, i.side, i.from_id
            FROM corrections AS c JOIN correction_items AS i ON i.correction_id = c.id
            WHERE c.taken_at IS NOT NULL AND c.undone_at IS NULL AND c.problem = ''
                AND c.kind <> 'pin'
            ORDER BY c.id, i.item_id
            """
        )
        found: dict[int, list[sqlite3.Row]] = {}
        for row in rows:
            found.setdefault(row["id"], []).append(row)
        groups: list[JudgedGroup] = []
        for id, members in found.items():
            kind = members[0]["kind"]
            moved = tuple(r["item_id"] for r in members if r["from_id"] is not None)
            first = tuple(r["item_id"] for r in members if r["side"] == 0)
            second = tuple(r["item_id"] for r in members if r["side"] == 1)
            met = tuple(
                r["item_id"]
                for r in members
                if r["is_together"] and r["from_id"] is None
            )
            if kind in ("merge", "move"):
                groups.append(JudgedGroup(id, moved, met, is_same=True))
            if first and second:
                groups.append(JudgedGroup(id, first, second, is_same=False))
        return tuple(groups)

    def retunings(self, limit: int = 20) -> tuple[RetuningRow, ...]:
        """Return thresholds that were proposed or used, newest first."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM retunings ORDER BY id DESC LIMIT ?", (limit,)
        )
        return tuple(map(_row, rows))

    def used_retuning(self) -> RetuningRow | None:
        """Return the one whose threshold holds; None: the shipped one does."""
        row = self._row(
            f"""
            SELECT {_COLUMNS} FROM retunings
            WHERE used_at IS NOT NULL AND ended_at IS NULL
            ORDER BY used_at DESC, id DESC
            LIMIT 1
            """
        )
        return _row(row) if row else None


class RetuningWrites(WriteConnection):
    """What proposes a threshold, and what people make of it."""

    def propose_threshold(self, retuning: Retuning | None, now: datetime) -> None:
        """Put this in place of what was proposed before and never used."""
        with self._write() as db:
            db.execute("DELETE FROM retunings WHERE used_at IS NULL")
            if retuning is None:
                return
            db.execute(
                """
                INSERT INTO retunings (threshold, before_threshold, pair_count,
                    correction_count, before, after, made_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    retuning.threshold,
                    retuning.before_threshold,
                    retuning.pair_count,
                    retuning.correction_count,
                    _counts(retuning.before),
                    _counts(retuning.after),
                    text_of(now),
                ),
            )

    def use_threshold(self, retuning_id: int, who: str, now: datetime) -> None:
        """Let the next tick work by a proposed threshold."""
        with self._write() as db:
            row = db.execute(
                """
                UPDATE retunings SET used_at = ?, used_by = ?
                WHERE id = ? AND used_at IS NULL
                RETURNING threshold
                """,
                (text_of(now), who, retuning_id),
            ).fetchone()
            if row is None:
                raise NotFound(f"proposed threshold {retuning_id}")
            about = ("threshold", f"{row[0]:.4f}")
            note_audit(db, now, who, "has clusters joined from", about)

    def end_threshold(self, retuning_id: int, who: str, now: datetime) -> None:
        """Go back to the threshold before it."""
        with self._write() as db:
            row = db.execute(
                """
                UPDATE retunings SET ended_at = ?, ended_by = ?
                WHERE id = ? AND used_at IS NOT NULL AND ended_at IS NULL
                RETURNING threshold
                """,
                (text_of(now), who, retuning_id),
            ).fetchone()
            if row is None:
                raise NotFound(f"threshold {retuning_id} in use")
            about = ("threshold", f"{row[0]:.4f}")
            note_audit(db, now, who, "took back", about)


def _counts(verdicts: Verdicts) -> str:
    return json.dumps([verdicts.found, verdicts.wrong, verdicts.missed])
