"""What the clusterer goes on from after a start: open clusters, members, term counts."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from datetime import datetime

from aggregator.models import ItemVector, OpenCluster
from aggregator.store.sqlite_connection import ReadConnections, text_of, time_of


class StateReads(ReadConnections):
    """What is read to go on clustering."""

    def open_clusters(
        self, since: datetime, model: str = ""
    ) -> tuple[OpenCluster, ...]:
        """Return the clusters whose newest item is at or after `since`, by id."""
        return self._states("c.last_at >= ?", text_of(since), model)

    def cluster_states(
        self, cluster_ids: Sequence[int], model: str = ""
    ) -> tuple[OpenCluster, ...]:
        """Return what the clusterer needs of these clusters, open or closed, by id."""
        ids = json.dumps(list(cluster_ids))
        return self._states("c.id IN (SELECT value FROM json_each(?))", ids, model)

    def _states(self, which: str, value: str, model: str) -> tuple[OpenCluster, ...]:
        # 50,000 clusters and more are read at a start: by place, not by name
        members: dict[int, list[ItemVector]] = {}
        for cluster_id, item_id, at, *kept in self._rows(
            f"""
            SELECT m.cluster_id, v.item_id, v.at, v.columns, v.weights, v.title,
                coalesce(e.vector, x'')
            FROM clusters AS c
            JOIN memberships AS m ON m.cluster_id = c.id AND m.to_at IS NULL
            JOIN item_vectors AS v ON v.item_id = m.item_id
            LEFT JOIN item_meanings AS e ON e.item_id = v.item_id AND e.model = ?
            WHERE {which} AND c.merged_into IS NULL
            ORDER BY v.at, v.item_id
            """,
            (model, value),
        ):
            members.setdefault(cluster_id, []).append(
                ItemVector(item_id, time_of(at), *kept)
            )
        rows = self._rows(
            f"""
            SELECT c.id, c.item_count, c.first_at, c.last_at, v.columns, v.weights,
                v.n_terms
            FROM clusters AS c JOIN cluster_vectors AS v ON v.cluster_id = c.id
            WHERE {which} AND c.merged_into IS NULL
            ORDER BY c.id
            """,
            (value,),
        )
        return tuple(
            OpenCluster(
                id,
                size,
                time_of(first_at),
                time_of(last_at),
                columns,
                weights,
                n_terms,
                tuple(members.get(id, ())),
            )
            for id, size, first_at, last_at, columns, weights, n_terms in rows
        )

    def last_cluster_id(self) -> int:
        """Return the highest cluster id ever given."""
        row = self._row("SELECT seq FROM sqlite_sequence WHERE name = 'clusters'")
        return int(row["seq"]) if row else 0

    def term_counts(self) -> tuple[int, bytes, bytes]:
        """Return (document count, int32 columns, int32 counts) of the stream."""
        # Half a million rows after a month: as two texts they are read in a tenth of
        # the time that as many rows take.
        columns, counts = self._rows(
            """
            SELECT json_group_array(column), json_group_array(count)
            FROM (SELECT column, count FROM term_counts ORDER BY column)
            """
        )[0]
        total = self._row("SELECT value FROM counters WHERE name = 'document_count'")
        return (
            int(total["value"]) if total else 0,
            array("i", json.loads(columns)).tobytes(),
            array("i", json.loads(counts)).tobytes(),
        )
