"""Storylines in SQLite: which cluster tells on which, and by what words it is found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.models import (
    Chapter,
    Cluster,
    Comparison,
    SharedTerm,
    StoryLink,
    StoryVector,
)
from aggregator.store.sqlite_cluster_rows import CLUSTER_COLUMNS, cluster_of
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_of,
)

_LINK_COLUMNS = """
    l.cluster_id, l.previous_id, l.score, l.carriers, l.shared_terms, l.decided_at
"""
_CHAPTERS = 100
_ENTRIES = 1_000


def _link(row: sqlite3.Row) -> StoryLink:
    terms = json.loads(row["shared_terms"])
    return StoryLink(
        row["cluster_id"],
        row["previous_id"],
        row["score"],
        row["carriers"],
        tuple(SharedTerm(*pair) for pair in terms),
        time_of(row["decided_at"]),
    )


def _vector(row: sqlite3.Row) -> StoryVector:
    return StoryVector(
        row["id"], time_of(row["first_at"]), row["columns"], row["weights"]
    )


class StorylineReads(ReadConnections):
    """What is asked about storylines."""

    def storyline(self, cluster_id: int) -> tuple[Chapter, ...]:
        """Return the chapters of a cluster's storyline, oldest first; none of one alone."""
        rows = self._rows(
            f"""
            WITH RECURSIVE
                back (id) AS (
                    SELECT ?1 UNION
                    SELECT l.previous_id
                    FROM back JOIN storyline_links AS l ON l.cluster_id = back.id
                ),
                chapters (id) AS (
                    SELECT id FROM back UNION
                    SELECT l.cluster_id
                    FROM chapters JOIN storyline_links AS l ON l.previous_id = chapters.id
                    LIMIT ?2
                )
            SELECT {CLUSTER_COLUMNS}, {_LINK_COLUMNS}
            FROM chapters AS h
            JOIN clusters AS c ON c.id = h.id
            LEFT JOIN storyline_links AS l ON l.cluster_id = c.id
            ORDER BY c.first_at, c.id
            """,
            (cluster_id, _CHAPTERS),
        )
        if len(rows) < 2:
            return ()
        return tuple(
            Chapter(
                cluster_of(row), _link(row) if row["previous_id"] is not None else None
            )
            for row in rows
        )

    def uncompared_clusters(self, limit: int = 50) -> tuple[StoryVector, ...]:
        """Return clusters that are to be compared with the archive, oldest ids first.

        That is when they have two independent reports, and whenever these have doubled.
        """
        rows = self._rows(
            """
            SELECT c.id, c.first_at, v.columns, v.weights
            FROM clusters AS c JOIN cluster_vectors AS v ON v.cluster_id = c.id
            WHERE c.independent_count >= 2 AND c.independent_count >= 2 * c.compared_count
                AND c.merged_into IS NULL
            ORDER BY c.id
            LIMIT ?
            """,
            (limit,),
        )
        return tuple(map(_vector, rows))

    def story_candidates(
        self, keys: Mapping[int, int], before: datetime, limit: int
    ) -> tuple[StoryVector, ...]:
        """Return clusters that share two of these keys or more, those closest by them.

        Their last report came before `before`. Of a key that very many have, the newest
        `_ENTRIES` are looked at: a comparison then costs the same at any age.
        """
        if not keys:
            return ()
        entries = f"""
            SELECT * FROM (
                SELECT cluster_id, weight * ? AS part FROM storyline_terms
                WHERE column = ?
                ORDER BY cluster_id DESC
                LIMIT {_ENTRIES}
            )
        """
        rows = self._rows(
            f"""
            WITH found AS MATERIALIZED (
                SELECT cluster_id, sum(part) AS likeness
                FROM ({"UNION ALL".join([entries] * len(keys))})
                GROUP BY cluster_id
                HAVING count(*) >= 2
                ORDER BY likeness DESC, cluster_id DESC
            ),
            near AS MATERIALIZED (
                SELECT c.id, c.first_at
                FROM found AS f CROSS JOIN clusters AS c ON c.id = f.cluster_id
                WHERE c.last_at < ? AND c.merged_into IS NULL
                LIMIT ?
            )
            SELECT n.id, n.first_at, v.columns, v.weights
            FROM near AS n JOIN cluster_vectors AS v ON v.cluster_id = n.id
            """,
            (
                *(value for key, weight in keys.items() for value in (weight, key)),
                text_of(before),
                limit,
            ),
        )
        return tuple(map(_vector, rows))

    def previous_clusters(self, cluster_ids: Sequence[int]) -> Mapping[int, Cluster]:
        """Return the chapter before each of these clusters, where there is one."""
        rows = self._rows(
            """
            SELECT cluster_id FROM storyline_links
            WHERE cluster_id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(list(cluster_ids)),),
        )
        return {row[0]: self._previous(row[0]) for row in rows}

    def _previous(self, cluster_id: int) -> Cluster:
        """Return the last chapter that ended before this one began.

        Not always the one that it is linked to, which is the one most like it: that a
        story returns after 41 days must not be said where a chapter is 3 days old.
        """
        chapters = {one.cluster.id: one for one in self.storyline(cluster_id)}
        this = chapters[cluster_id]
        linked = chapters[this.link.previous_id].cluster if this.link else this.cluster
        ended = [
            one.cluster
            for one in chapters.values()
            if linked.last_at <= one.cluster.last_at < this.cluster.first_at
        ]
        return max(ended, key=lambda one: (one.last_at, one.id), default=linked)


class StorylineWrites(WriteConnection):
    """What changes storylines."""

    def save_comparisons(self, comparisons: Sequence[Comparison]) -> None:
        """Put these in place of what was found before; they were found just now."""
        ids = [(one.cluster_id,) for one in comparisons]
        with self._write() as db:
            db.executemany("DELETE FROM storyline_terms WHERE cluster_id = ?", ids)
            db.executemany("DELETE FROM storyline_links WHERE cluster_id = ?", ids)
            db.executemany(
                "UPDATE clusters SET compared_count = independent_count WHERE id = ?",
                ids,
            )
            db.executemany(
                "INSERT INTO storyline_terms (column, cluster_id, weight) VALUES (?, ?, ?)",
                [
                    (column, one.cluster_id, weight)
                    for one in comparisons
                    for column, weight in one.keys.items()
                ],
            )
            db.executemany(
                """
                INSERT INTO storyline_links
                    (cluster_id, previous_id, score, carriers, shared_terms, decided_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [_values(one.link) for one in comparisons if one.link],
            )


def _values(link: StoryLink) -> tuple[object, ...]:
    return (
        link.cluster_id,
        link.previous_id,
        link.score,
        link.carriers,
        json.dumps(
            [(term.term, term.part) for term in link.shared_terms], ensure_ascii=False
        ),
        text_of(link.decided_at),
    )


def compare_anew(db: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Have clusters that were parted again, and what tells on them, compared anew.

    Links followed the merge; which of them was whose is not kept.
    """
    db.execute(
        """
        UPDATE clusters SET compared_count = 0
        WHERE id IN (SELECT value FROM json_each(?1)) OR id IN (
            SELECT cluster_id FROM storyline_links
            WHERE previous_id IN (SELECT value FROM json_each(?1))
        )
        """,
        (json.dumps(list(ids)),),
    )


def follow_merge(db: sqlite3.Connection, kept: int, gone: int) -> None:
    """Have what links to a cluster that is gone link to where it went.

    The link of the one that stays holds, else it inherits the other's. Nothing links
    to itself.
    """
    db.execute(
        "UPDATE storyline_links SET previous_id = ?1 WHERE previous_id = ?2",
        (kept, gone),
    )
    db.execute(
        "UPDATE OR IGNORE storyline_links SET cluster_id = ?1 WHERE cluster_id = ?2",
        (kept, gone),
    )
    db.execute(
        "DELETE FROM storyline_links WHERE cluster_id = ? OR cluster_id = previous_id",
        (gone,),
    )
    db.execute("DELETE FROM storyline_terms WHERE cluster_id = ?", (gone,))
