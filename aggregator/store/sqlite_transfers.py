"""Items moved by corrections and by clustering again, into SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from aggregator.models import (
    Constraint,
    Moves,
    TakenUp,
    Transfer,
)
from aggregator.store.sqlite_memberships import move
from aggregator.store.sqlite_storylines import compare_anew, follow_merge


def save_transfers(
    db: sqlite3.Connection, moves: Moves, taken: TakenUp | None, at: str
) -> None:
    """Carry out transfers, and note what a correction moved and left empty."""
    for id in sorted({transfer.to_id for transfer in moves.transfers}):
        _stand_again(db, id, taken)
    for transfer in moves.transfers:
        move(db, transfer.item_ids, transfer.from_id, transfer.to_id, at)
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
