"""What people said about clusters, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from aggregator.errors import NotFound
from aggregator.models import (
    Asked,
    Bonds,
    Cluster,
    Constraint,
    Correction,
    CorrectionKind,
    Item,
    Moves,
    TakenUp,
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
from aggregator.store.sqlite_items import ITEM_COLUMNS, item_of
from aggregator.store.sqlite_storylines import compare_anew, follow_merge

_COLUMNS = """
    id, kind, cluster_id, other_id, item_ids, who, said_at, taken_at, problem,
    result_id, undone_at, undone_by, restored_at
"""
_HOLDS = "c.taken_at IS NOT NULL AND c.undone_at IS NULL AND c.problem = ''"
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

    def count_active(self, since: datetime) -> int:
        """Return how many items the clusters have that were active from then on."""
        row = self._row(
            """
            SELECT sum(item_count) AS n FROM clusters
            WHERE last_at >= ? AND merged_into IS NULL
            """,
            (text_of(since),),
        )
        return int(row["n"] or 0) if row else 0

    def active_items(self, since: datetime) -> Iterator[Item]:
        """Yield all items of these clusters, however old, oldest first."""
        for row in self._each(
            f"""
            SELECT {ITEM_COLUMNS}, m.cluster_id
            FROM clusters AS c
            JOIN memberships AS m ON m.cluster_id = c.id AND m.to_at IS NULL
            JOIN items AS i ON i.id = m.item_id
            JOIN feeds AS f ON f.id = i.feed_id
            WHERE c.last_at >= ? AND c.merged_into IS NULL
            ORDER BY i.at, i.id
            """,
            (text_of(since),),
        ):
            yield item_of(row)

    def bonds(self) -> Bonds:
        """Return all that people said and did not take back."""
        return Bonds(self._constraints(), self._stated_places(), self._pins())

    def _constraints(self) -> tuple[Constraint, ...]:
        rows = self._rows(
            f"""
            SELECT i.correction_id, i.item_id, i.is_together, i.side
            FROM corrections AS c JOIN correction_items AS i ON i.correction_id = c.id
            WHERE {_HOLDS}
            ORDER BY i.correction_id, i.item_id
            """
        )
        together: dict[int, set[int]] = {}
        apart: dict[int, dict[int, set[int]]] = {}
        for row in rows:
            tied = together.setdefault(row["correction_id"], set())
            if row["is_together"]:
                tied.add(row["item_id"])
            if row["side"] is not None:
                sides = apart.setdefault(row["correction_id"], {})
                sides.setdefault(row["side"], set()).add(row["item_id"])
        return tuple(
            Constraint(
                id,
                frozenset(tied),
                tuple(frozenset(rows) for _, rows in sorted(apart.get(id, {}).items())),
            )
            for id, tied in together.items()
        )

    def _stated_places(self) -> tuple[tuple[int, int], ...]:
        rows = self._rows(
            f"""
            SELECT item_id, cluster_id FROM memberships
            WHERE to_at IS NULL AND item_id IN (
                SELECT i.item_id
                FROM corrections AS c JOIN correction_items AS i ON i.correction_id = c.id
                WHERE {_HOLDS}
            )
            """
        )
        return tuple((row["item_id"], row["cluster_id"]) for row in rows)

    def _pins(self) -> tuple[tuple[int, str], ...]:
        rows = self._rows(
            f"""
            SELECT DISTINCT k.id, k.headline
            FROM corrections AS c JOIN clusters AS k ON k.id = c.result_id
            WHERE c.kind = 'pin' AND {_HOLDS} AND k.merged_into IS NULL
            ORDER BY k.id
            """
        )
        return tuple((row["id"], row["headline"]) for row in rows)


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


def save_transfers(
    db: sqlite3.Connection, moves: Moves, taken: TakenUp | None, at: str
) -> None:
    """Carry out transfers, and note what a correction moved and left empty."""
    for id in sorted({transfer.to_id for transfer in moves.transfers}):
        _stand_again(db, id, taken)
    for transfer in moves.transfers:
        db.executemany(
            """
            UPDATE memberships SET to_at = ?
            WHERE item_id = ? AND cluster_id = ? AND to_at IS NULL
            """,
            [(at, item_id, transfer.from_id) for item_id in transfer.item_ids],
        )
        db.executemany(
            "INSERT INTO memberships (item_id, cluster_id, from_at) VALUES (?, ?, ?)",
            [(item_id, transfer.to_id, at) for item_id in transfer.item_ids],
        )
        if transfer.is_split:
            db.execute(
                "UPDATE clusters SET split_from = ? WHERE id = ?",
                (transfer.from_id, transfer.to_id),
            )
    emptied = _lead_on(db, moves.transfers)
    if taken is not None and not taken.is_undoing:
        _note_origins(db, taken.correction_id, moves.transfers, emptied)


def _stand_again(db: sqlite3.Connection, id: int, taken: TakenUp | None) -> None:
    """Let a cluster that gets items stand; what led to it before does so again."""
    (target,) = db.execute(
        "SELECT merged_into FROM clusters WHERE id = ?", (id,)
    ).fetchone()
    if target is None:
        return
    db.execute("UPDATE clusters SET merged_into = NULL WHERE id = ?", (id,))
    compare_anew(db, (id, target))
    if taken is not None and taken.is_undoing:
        (led_here,) = db.execute(
            "SELECT led_here FROM corrections WHERE id = ?", (taken.correction_id,)
        ).fetchone()
        db.executemany(
            "UPDATE clusters SET merged_into = ? WHERE id = ? AND merged_into = ?",
            [(id, other, target) for other in json.loads(led_here).get(str(id), ())],
        )


def _lead_on(
    db: sqlite3.Connection, transfers: Sequence[Transfer]
) -> Mapping[int, list[int]]:
    """Let clusters without an item left lead to where most of their items went.

    Returns them, each with those that led to it before.
    """
    found: dict[int, list[int]] = {}
    for transfer in sorted(
        transfers, key=lambda transfer: (-len(transfer.item_ids), transfer.to_id)
    ):
        left = db.execute(
            "SELECT 1 FROM memberships WHERE cluster_id = ? AND to_at IS NULL LIMIT 1",
            (transfer.from_id,),
        ).fetchone()
        if left or transfer.from_id in found:
            continue
        rows = db.execute(
            "SELECT id FROM clusters WHERE merged_into = ?", (transfer.from_id,)
        )
        found[transfer.from_id] = [row[0] for row in rows]
        db.execute(
            "UPDATE clusters SET merged_into = ?1 WHERE id = ?2 OR merged_into = ?2",
            (transfer.to_id, transfer.from_id),
        )
        db.execute(
            "DELETE FROM cluster_topics WHERE cluster_id = ?", (transfer.from_id,)
        )
        db.execute(
            "DELETE FROM cluster_vectors WHERE cluster_id = ?", (transfer.from_id,)
        )
        follow_merge(db, transfer.to_id, transfer.from_id)
    return found


def _note_origins(
    db: sqlite3.Connection,
    correction_id: int,
    transfers: Sequence[Transfer],
    emptied: Mapping[int, list[int]],
) -> None:
    """Keep what undoing needs: where items came from, what led to emptied clusters."""
    db.execute(
        "UPDATE corrections SET led_here = ? WHERE id = ?",
        (json.dumps(emptied), correction_id),
    )
    db.executemany(
        """
        INSERT INTO correction_items (correction_id, item_id, is_together, from_id)
        VALUES (?, ?, 0, ?)
        """,
        [
            (correction_id, item_id, transfer.from_id)
            for transfer in transfers
            for item_id in transfer.item_ids
        ],
    )


def note_taken(db: sqlite3.Connection, taken: TakenUp, at: str) -> None:
    """Note that the clusters followed a correction, and the pairs to obey from now on."""
    if taken.is_undoing:
        db.execute(
            """
            UPDATE corrections SET restored_at = ?1, taken_at = coalesce(taken_at, ?1)
            WHERE id = ?2
            """,
            (at, taken.correction_id),
        )
        return
    db.execute(
        "UPDATE corrections SET taken_at = ?, problem = ?, result_id = ? WHERE id = ?",
        (at, taken.problem, taken.result_id, taken.correction_id),
    )
    constraint = taken.constraint or Constraint(taken.correction_id)
    sides = {item_id: n for n, ids in enumerate(constraint.apart) for item_id in ids}
    db.executemany(
        """
        INSERT INTO correction_items (correction_id, item_id, is_together, side)
        VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
            is_together = excluded.is_together,
            side = excluded.side
        """,
        [
            (
                taken.correction_id,
                item_id,
                int(item_id in constraint.together),
                sides.get(item_id),
            )
            for item_id in sorted(constraint.item_ids)
        ],
    )
