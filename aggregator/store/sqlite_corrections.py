"""What people said about clusters, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from aggregator.errors import NotFound
from aggregator.models import (
    Asked,
    Cluster,
    Correction,
    CorrectionKind,
    Transfer,
)
from aggregator.store.sqlite_audit import note_audit
from aggregator.store.sqlite_cluster_rows import CLUSTER_COLUMNS, cluster_of
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_of,
    time_or_none,
)

_COLUMNS = """
    id, kind, cluster_id, other_id, item_ids, who, said_at, taken_at, problem,
    result_id, undone_at, undone_by, restored_at
"""
_SAID = {
    CorrectionKind.MERGE: "asked to merge cluster {other} and",
    CorrectionKind.SPLIT: "asked to split {n} off",
    CorrectionKind.MOVE: "asked to move {n} to cluster {other} out of",
    CorrectionKind.PART: "said that cluster {other} is another event than",
    CorrectionKind.UNMERGE: "said that cluster {other} is another event than",
    CorrectionKind.PIN: "pinned",
}


def _correction(row: sqlite3.Row) -> Correction:
    return Correction(
        id=row["id"],
        asked=Asked(
            CorrectionKind(row["kind"]),
            row["cluster_id"],
            row["other_id"],
            tuple(json.loads(row["item_ids"])),
        ),
        who=row["who"],
        said_at=time_of(row["said_at"]),
        taken_at=time_or_none(row["taken_at"]),
        problem=row["problem"],
        result_id=row["result_id"],
        undone_at=time_or_none(row["undone_at"]),
        undone_by=row["undone_by"],
        restored_at=time_or_none(row["restored_at"]),
    )


class CorrectionReads(ReadConnections):
    """What is asked about corrections."""

    def correction(self, correction_id: int) -> Correction:
        """Return one correction."""
        row = self._row(
            f"SELECT {_COLUMNS} FROM corrections WHERE id = ?", (correction_id,)
        )
        if row is None:
            raise NotFound(f"correction {correction_id}")
        return _correction(row)

    def corrections(self, cluster_id: int, limit: int = 100) -> tuple[Correction, ...]:
        """Return what was said of a cluster, or led to it, newest first."""
        rows = self._rows(
            f"""
            SELECT {_COLUMNS} FROM corrections WHERE id IN (
                SELECT id FROM corrections WHERE cluster_id = :id
                UNION SELECT id FROM corrections WHERE other_id = :id
                UNION SELECT id FROM corrections WHERE result_id = :id
            )
            ORDER BY id DESC
            LIMIT :limit
            """,
            {"id": cluster_id, "limit": limit},
        )
        return tuple(map(_correction, rows))

    def last_corrections(self, limit: int = 50) -> tuple[Correction, ...]:
        """Return the newest corrections."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM corrections ORDER BY id DESC LIMIT ?", (limit,)
        )
        return tuple(map(_correction, rows))

    def waiting_corrections(self) -> tuple[Correction, ...]:
        """Return those that the clusters have not followed yet, oldest first."""
        rows = self._rows(
            f"""
            SELECT {_COLUMNS} FROM corrections
            WHERE taken_at IS NULL OR (undone_at IS NOT NULL AND restored_at IS NULL)
            ORDER BY id
            """
        )
        return tuple(map(_correction, rows))

    def transfers_of(self, correction_id: int) -> tuple[Transfer, ...]:
        """Return what a correction moved, as it was done."""
        rows = self._rows(
            """
            SELECT i.from_id, c.result_id, json_group_array(i.item_id) AS item_ids
            FROM correction_items AS i JOIN corrections AS c ON c.id = i.correction_id
            WHERE i.correction_id = ? AND i.from_id IS NOT NULL
            GROUP BY i.from_id
            """,
            (correction_id,),
        )
        return tuple(
            Transfer(
                row["from_id"], row["result_id"], tuple(json.loads(row["item_ids"]))
            )
            for row in rows
        )

    def emptied_by(self, correction_id: int) -> frozenset[int]:
        """Return the clusters that a correction left without an item."""
        row = self._row(
            "SELECT led_here FROM corrections WHERE id = ?", (correction_id,)
        )
        return frozenset(map(int, json.loads(row["led_here"]))) if row else frozenset()

    def brought_along(self, cluster_id: int, gone_id: int) -> tuple[int, ...]:
        """Return the items of a cluster that were in one which went into it."""
        rows = self._rows(
            """
            SELECT DISTINCT m.item_id
            FROM memberships AS m JOIN memberships AS p ON p.item_id = m.item_id
            WHERE m.cluster_id = ? AND m.to_at IS NULL
                AND p.cluster_id = ? AND p.to_at IS NOT NULL
            ORDER BY m.item_id
            """,
            (cluster_id, gone_id),
        )
        return tuple(row["item_id"] for row in rows)

    def near_clusters(
        self, cluster_id: int, limit: int = 5
    ) -> tuple[tuple[Cluster, float], ...]:
        """Return the clusters that came next to this one when its items were placed.

        With the best score that one of these items had with them, by the ledger.
        """
        rows = self._rows(
            f"""
            SELECT {CLUSTER_COLUMNS}, n.score
            FROM (
                SELECT coalesce(k.merged_into, k.id) AS id, max(d.runner_up_score) AS score
                FROM decisions AS d JOIN clusters AS k ON k.id = d.runner_up_id
                WHERE d.cluster_id = :id AND d.kind IN ('joined', 'opened')
                GROUP BY 1
            ) AS n
            JOIN clusters AS c ON c.id = n.id
            WHERE n.id <> :id AND c.merged_into IS NULL
            ORDER BY n.score DESC, c.id
            LIMIT :limit
            """,
            {"id": cluster_id, "limit": limit},
        )
        return tuple((cluster_of(row), row["score"]) for row in rows)


class CorrectionWrites(WriteConnection):
    """What notes corrections; only the tick makes clusters follow them."""

    def correct(self, asked: Asked, who: str, now: datetime) -> int:
        """Note what a person said of a cluster; return the correction's id."""
        n = len(asked.item_ids)
        with self._write() as db:
            for id in (asked.cluster_id, asked.other_id):
                if id is not None:
                    _must_be(db, id)
            row = db.execute(
                """
                INSERT INTO corrections
                    (kind, cluster_id, other_id, item_ids, who, said_at)
                VALUES (?, ?, ?, ?, ?, ?)
                RETURNING id
                """,
                (
                    asked.kind,
                    asked.cluster_id,
                    asked.other_id,
                    json.dumps(asked.item_ids),
                    who,
                    text_of(now),
                ),
            ).fetchone()
            said = _SAID[asked.kind].format(
                other=asked.other_id, n=f"{n} item{'s' if n != 1 else ''}"
            )
            note = f"correction {row[0]}"
            note_audit(db, now, who, said, ("cluster", asked.cluster_id), note)
        return int(row[0])

    def undo_correction(self, correction_id: int, who: str, now: datetime) -> None:
        """Take a correction back, once."""
        with self._write() as db:
            row = db.execute(
                """
                UPDATE corrections SET undone_at = ?, undone_by = ?
                WHERE id = ? AND undone_at IS NULL
                RETURNING cluster_id, kind
                """,
                (text_of(now), who, correction_id),
            ).fetchone()
            if row is None:
                raise NotFound(f"correction {correction_id} that holds")
            undone = "unpinned" if row[1] == "pin" else f"took back a {row[1]} of"
            note = f"correction {correction_id}"
            note_audit(db, now, who, undone, ("cluster", row[0]), note)


def _must_be(db: sqlite3.Connection, cluster_id: int) -> None:
    row = db.execute("SELECT 1 FROM clusters WHERE id = ?", (cluster_id,)).fetchone()
    if row is None:
        raise NotFound(f"cluster {cluster_id}")
