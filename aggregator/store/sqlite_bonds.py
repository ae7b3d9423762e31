"""What people said that holds, and what is clustered again, in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from aggregator.models import (
    Bonds,
    Constraint,
    Item,
)
from aggregator.store.sqlite_connection import (
    ReadConnections,
    text_of,
)
from aggregator.store.sqlite_items import ITEM_COLUMNS, item_of

_HOLDS = "c.taken_at IS NOT NULL AND c.undone_at IS NULL AND c.problem = ''"


class BondReads(ReadConnections):
    """What the clusterer must obey, and the items to obey it with afresh."""

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
