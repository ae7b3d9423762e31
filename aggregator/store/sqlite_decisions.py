"""The decision ledger in SQLite: read here, written with the grouping it explains."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from aggregator.models import Decision, DecisionKind, SharedTerm
from aggregator.replay import LedgerRow
from aggregator.store.sqlite_connection import ReadConnections, time_of

_DECISION_COLUMNS = """
    item_id, cluster_id, kind, score, threshold, runner_up_id, runner_up_score, margin,
    shared_terms, rule, config_hash, decided_at, who, parts
"""


def _decision(row: sqlite3.Row) -> Decision:
    return Decision(
        item_id=row["item_id"],
        cluster_id=row["cluster_id"],
        kind=DecisionKind(row["kind"]),
        score=row["score"],
        threshold=row["threshold"],
        runner_up_id=row["runner_up_id"],
        runner_up_score=row["runner_up_score"],
        margin=row["margin"],
        shared_terms=tuple(
            SharedTerm(*pair) for pair in json.loads(row["shared_terms"])
        ),
        rule=row["rule"],
        config_hash=row["config_hash"],
        decided_at=time_of(row["decided_at"]),
        who=row["who"],
        parts=tuple((name, value) for name, value in json.loads(row["parts"])),
    )


class DecisionReads(ReadConnections):
    """What is asked about decisions."""

    def ledger(self) -> Iterator[LedgerRow]:
        """Yield every decision, in the order in which they were taken."""
        for row in self._each(
            """
            SELECT id, kind, item_id, cluster_id, runner_up_id FROM decisions
            ORDER BY id
            """
        ):
            yield LedgerRow(
                row["id"],
                DecisionKind(row["kind"]),
                row["item_id"],
                row["cluster_id"],
                row["runner_up_id"],
            )

    def memberships(self) -> Iterator[tuple[int, int]]:
        """Yield (item, cluster) of every item that is in one, by item."""
        for row in self._each(
            """
            SELECT item_id, cluster_id FROM memberships
            WHERE to_at IS NULL
            ORDER BY item_id
            """
        ):
            yield row["item_id"], row["cluster_id"]

    def cluster_decisions(
        self, cluster_id: int, limit: int = 500
    ) -> tuple[Decision, ...]:
        """Return the ledger's rows about one cluster, oldest first."""
        rows = self._rows(
            f"""
            SELECT {_DECISION_COLUMNS} FROM decisions
            WHERE cluster_id = ?
            ORDER BY id
            LIMIT ?
            """,
            (cluster_id, limit),
        )
        return tuple(map(_decision, rows))

    def item_decisions(self, item_id: int) -> tuple[Decision, ...]:
        """Return the ledger's rows about one item, oldest first."""
        rows = self._rows(
            f"SELECT {_DECISION_COLUMNS} FROM decisions WHERE item_id = ? ORDER BY id",
            (item_id,),
        )
        return tuple(map(_decision, rows))

    def placements(self, item_ids: Sequence[int]) -> Mapping[int, Decision]:
        """Return the last decision that put each of these items somewhere."""
        rows = self._rows(
            f"""
            SELECT {_DECISION_COLUMNS} FROM decisions
            WHERE id IN (
                SELECT max(id) FROM decisions
                WHERE item_id IN (SELECT value FROM json_each(?))
                    AND kind NOT IN ('merged', 'refused', 'set_aside')
                GROUP BY item_id
            )
            """,
            (json.dumps(list(item_ids)),),
        )
        return {row["item_id"]: _decision(row) for row in rows}
