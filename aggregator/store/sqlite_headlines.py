"""Headlines that gave way to others, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from aggregator.models import ClusterUpdate, HeadlineChange
from aggregator.store.sqlite_connection import ReadConnections, text_of, time_of


class HeadlineReads(ReadConnections):
    """What is asked about headlines that changed."""

    def headline_changes(
        self,
        cluster_ids: Sequence[int] | None = None,
        since: datetime | None = None,
    ) -> tuple[HeadlineChange, ...]:
        """Return the changes of clusters' headlines, oldest first."""
        conditions = ["changed_at >= :since"] if since else []
        if cluster_ids is not None:
            conditions.append("cluster_id IN (SELECT value FROM json_each(:ids))")
        rows = self._rows(
            f"""
            SELECT cluster_id, old, new, changed_at, why
            FROM headline_changes
            {"WHERE " + " AND ".join(conditions) if conditions else ""}
            ORDER BY changed_at, rowid
            """,
            {
                "since": since and text_of(since),
                "ids": json.dumps(list(cluster_ids or ())),
            },
        )
        return tuple(
            HeadlineChange(
                row["cluster_id"],
                row["old"],
                row["new"],
                time_of(row["changed_at"]),
                row["why"],
            )
            for row in rows
        )


def save_headline_changes(
    db: sqlite3.Connection, updates: Sequence[ClusterUpdate], at: str
) -> None:
    """Note which clusters are about to get another headline than they have."""
    db.executemany(
        """
        INSERT INTO headline_changes (cluster_id, old, new, changed_at, why)
        SELECT id, headline, ?2, ?3, ?4 FROM clusters
        WHERE id = ?1 AND headline != ?2 AND headline != ''
        """,
        [(update.state.id, update.headline, at, update.why) for update in updates],
    )
