"""What the clusterer knows <-> what the store keeps of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import overload

import numpy as np
from scipy.sparse import csr_matrix

from aggregator.clustering.meaning import NO_MEANING, Meaning, Sense, Vector
from aggregator.clustering.state import ClusterState, Member, meaning_of
from aggregator.models import Item, ItemVector, OpenCluster
from aggregator.words.titles import NOTHING, Title, titled, written

HOUR = 3600.0


def vector_of(
    X: csr_matrix, row: int, item: Item, title: Title = NOTHING, meaning: bytes = b""
) -> ItemVector:
    """Return one row as the store keeps it."""
    part = slice(X.indptr[row], X.indptr[row + 1])
    return ItemVector(
        item.id,
        item.at,
        X.indices[part].astype(np.int32, copy=False).tobytes(),
        X.data[part].astype(np.float32, copy=False).tobytes(),
        written(title),
        meaning,
    )


class KeptMembers(Sequence[Member]):
    """A stored cluster's members, read when one is asked for: of most none ever is."""

    __slots__ = ("_members", "_vectors")

    def __init__(self, vectors: Sequence[ItemVector]) -> None:
        self._vectors = vectors
        self._members: tuple[Member, ...] | None = None

    def __len__(self) -> int:
        return len(self._vectors)

    @overload
    def __getitem__(self, place: int) -> Member: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Member]: ...
    def __getitem__(self, place: int | slice) -> Member | Sequence[Member]:
        return self._read()[place]

    def __iter__(self) -> Iterator[Member]:
        return iter(self._read())

    def _read(self) -> tuple[Member, ...]:
        if self._members is None:
            self._members = members_of(self._vectors, None)
        return self._members


def state_of(cluster: OpenCluster, sense: Sense | None = None) -> ClusterState:
    """Return a stored cluster as the clusterer knows it, with `sense` its meaning too."""
    members: Sequence[Member] = KeptMembers(cluster.members)
    meaning = NO_MEANING
    if sense is not None:
        members = members_of(cluster.members, sense)
        meaning = meaning_of(members) if members else Meaning.of(0 * sense.common)
        # of a cluster with more members than are kept, those stand for all
        meaning = meaning.times(cluster.size / max(len(members), 1))
    return ClusterState(
        cluster.id,
        np.frombuffer(cluster.columns, dtype=np.int32),
        np.frombuffer(cluster.weights, dtype=np.float32),
        cluster.size,
        hour_of(cluster.first_at),
        hour_of(cluster.last_at),
        members,
        cluster.n_terms,
        meaning,
    )


def open_cluster_of(state: ClusterState) -> OpenCluster:
    """Return a cluster as the store keeps it; members are kept as items' vectors."""
    return OpenCluster(
        state.id,
        state.size,
        time_of(state.first),
        time_of(state.last),
        state.columns.astype(np.int32).tobytes(),
        state.weights.astype(np.float32).tobytes(),
        state.n_terms,
    )


def members_of(
    vectors: Sequence[ItemVector], sense: Sense | None
) -> tuple[Member, ...]:
    """Return stored vectors as the clusterer knows them, with `sense` their meanings."""
    members = tuple(map(_member_of, vectors))
    if sense is None:
        return members
    raw = [raw_of(vector.meaning, len(sense.common)) for vector in vectors]
    n_terms = np.array([len(member.columns) for member in members], dtype=int)
    rows = sense.rows(np.array(raw).reshape(-1, len(sense.common)), n_terms)
    return tuple(
        member._replace(meaning=row) for member, row in zip(members, rows, strict=True)
    )


def _member_of(vector: ItemVector) -> Member:
    return Member(
        vector.item_id,
        hour_of(vector.at),
        np.frombuffer(vector.columns, dtype=np.int32),
        np.frombuffer(vector.weights, dtype=np.float32),
        titled(vector.title),
    )


def raw_of(meaning: bytes, dimension: int) -> Vector:
    """Return a stored meaning, all 0 where there is none."""
    if len(meaning) != 2 * dimension:
        return np.zeros(dimension, dtype=np.float32)
    return np.frombuffer(meaning, dtype=np.float16).astype(np.float32)


def hour_of(at: datetime) -> float:
    """Return a time as the clusterer counts it."""
    return at.timestamp() / HOUR


def time_of(hour: float) -> datetime:
    """Return an hour of the clusterer as a time, in whole seconds."""
    return datetime.fromtimestamp(round(hour * HOUR), UTC)
