"""Which item is in which cluster, since when: joins, splits, merges, and the counts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from aggregator.models import Merge, Split
from aggregator.store.sqlite_items import SOURCE
from aggregator.store.sqlite_storylines import follow_merge


def join(
    db: sqlite3.Connection, joins: Sequence[tuple[int | None, int | None, str]]
) -> None:
    """Put items into clusters: (item, cluster, time) each."""
    db.executemany(
        "INSERT INTO memberships (item_id, cluster_id, from_at) VALUES (?, ?, ?)", joins
    )


def split(db: sqlite3.Connection, parted: Split, at: str) -> None:
    """Move some items of a cluster into one of their own."""
    move(db, parted.item_ids, parted.cluster_id, parted.child_id, at)
    db.execute(
        "UPDATE clusters SET split_from = ? WHERE id = ?",
        (parted.cluster_id, parted.child_id),
    )


def move(
    db: sqlite3.Connection, item_ids: Sequence[int], old: int, new: int, at: str
) -> None:
    """Move items from one cluster to another; where they were is kept."""
    db.executemany(
        """
        UPDATE memberships SET to_at = ?
        WHERE item_id = ? AND cluster_id = ? AND to_at IS NULL
        """,
        [(at, item_id, old) for item_id in item_ids],
    )
    db.executemany(
        "INSERT INTO memberships (item_id, cluster_id, from_at) VALUES (?, ?, ?)",
        [(item_id, new, at) for item_id in item_ids],
    )


def merge(db: sqlite3.Connection, merged: Merge, at: str) -> None:
    """Move all members of a cluster; its address leads to the other from now on."""
    kept, gone = merged.kept_id, merged.gone_id
    moved = db.execute(
        "SELECT item_id FROM memberships WHERE cluster_id = ? AND to_at IS NULL",
        (gone,),
    ).fetchall()
    move(db, [row[0] for row in moved], gone, kept, at)
    # two statements: with OR, and one index for each side, SQLite reads all clusters
    for column in ("id", "merged_into"):
        db.execute(
            f"UPDATE clusters SET merged_into = ?1 WHERE {column} = ?2", (kept, gone)
        )
    db.execute("DELETE FROM cluster_topics WHERE cluster_id = ?", (gone,))
    db.execute("DELETE FROM cluster_vectors WHERE cluster_id = ?", (gone,))
    follow_merge(db, kept, gone)


def recount(db: sqlite3.Connection, cluster_ids: Iterable[int]) -> None:
    """Count the items, outlets, reports and independent voices of some clusters."""
    db.execute(
        f"""
        UPDATE clusters SET
            (item_count, source_count, report_count, independent_count) = (
            SELECT count(*),
                count(DISTINCT coalesce(r.family, {SOURCE})),
                count(DISTINCT coalesce(r.origin_id, i.id)),
                count(DISTINCT coalesce(r.voice, {SOURCE}))
            FROM memberships AS m
            JOIN items AS i ON i.id = m.item_id
            JOIN feeds AS f ON f.id = i.feed_id
            LEFT JOIN reports AS r ON r.item_id = i.id
            WHERE m.cluster_id = clusters.id AND m.to_at IS NULL
        )
        WHERE id IN (SELECT value FROM json_each(?))
        """,
        (json.dumps(sorted(cluster_ids)),),
    )
