"""Rows of clusters, as every query about them reads them."""

from __future__ import annotations

import json
import sqlite3

from aggregator.models import Cluster, LifecycleState
from aggregator.store.sqlite_connection import time_of, time_or_none

CLUSTER_COLUMNS = """
    c.id, c.headline, c.words, c.item_count, c.source_count, c.first_at, c.last_at,
    c.merged_into, c.split_from, c.report_count, c.independent_count,
    c.state, c.state_since
"""


def cluster_of(row: sqlite3.Row) -> Cluster:
    """Return the cluster of a row with `CLUSTER_COLUMNS`."""
    return Cluster(
        id=row["id"],
        headline=row["headline"],
        words=tuple(json.loads(row["words"])),
        item_count=row["item_count"],
        source_count=row["source_count"],
        first_at=time_of(row["first_at"]),
        last_at=time_of(row["last_at"]),
        merged_into=row["merged_into"],
        split_from=row["split_from"],
        report_count=row["report_count"],
        independent_count=row["independent_count"],
        state=LifecycleState(row["state"]),
        state_since=time_or_none(row["state_since"]),
    )
