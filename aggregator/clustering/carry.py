"""What the clusterer knows <-> what the store keeps of it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from scipy.sparse import csr_matrix

from aggregator.clustering.state import ClusterState, Member
from aggregator.models import Item, ItemVector, OpenCluster
from aggregator.words.titles import NOTHING, Title, titled, written

HOUR = 3600.0


def vector_of(
    X: csr_matrix, row: int, item: Item, title: Title = NOTHING
) -> ItemVector:
    """Return one row as the store keeps it."""
    part = slice(X.indptr[row], X.indptr[row + 1])
    return ItemVector(
        item.id,
        item.at,
        X.indices[part].astype(np.int32).tobytes(),
        X.data[part].astype(np.float32).tobytes(),
        written(title),
    )


def state_of(cluster: OpenCluster) -> ClusterState:
    """Return a stored cluster as the clusterer knows it."""
    return ClusterState(
        cluster.id,
        np.frombuffer(cluster.columns, dtype=np.int32),
        np.frombuffer(cluster.weights, dtype=np.float32),
        cluster.size,
        hour_of(cluster.first_at),
        hour_of(cluster.last_at),
        tuple(map(member_of, cluster.members)),
        cluster.n_terms,
    )


def member_of(vector: ItemVector) -> Member:
    """Return a stored vector as the clusterer knows it."""
    return Member(
        vector.item_id,
        hour_of(vector.at),
        np.frombuffer(vector.columns, dtype=np.int32),
        np.frombuffer(vector.weights, dtype=np.float32),
        titled(vector.title),
    )


def hour_of(at: datetime) -> float:
    """Return a time as the clusterer counts it."""
    return at.timestamp() / HOUR


def time_of(hour: float) -> datetime:
    """Return an hour of the clusterer as a time, in whole seconds."""
    return datetime.fromtimestamp(round(hour * HOUR), UTC)
