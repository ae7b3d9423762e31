"""One batch of rows against all open clusters: who resembles whom, kept exact."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from aggregator.clustering.openclusters import Ints, OpenClusters, scale
from aggregator.clustering.state import (
    ClusterState,
    Columns,
    Floats,
    Member,
    Weights,
    overlap,
)
from aggregator.words.titles import Title

NONE = -1
"""The id that stands for no cluster."""

_TINY = 1e-12  # a score is more than nothing


class Choice(NamedTuple):
    """One row's best cluster and the next best, `NONE` where nothing came near."""

    id: int
    score: float
    runner_up: int
    runner_up_score: float
    columns: Columns
    parts: Weights
    meaning: float
    """What the meanings gave to the score; the rest is the sum of `parts`."""
    factors: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Cosine with the centroid, mean cosine with members, what time left of both."""


class Board:
    """What one batch of rows sees of the open clusters.

    Clusters as they stood before the batch are compared with all rows at once; one
    that gains a row moves to a slot, where its dot product with every row of the
    batch is kept exact by adding that of the row that joined.
    """

    def __init__(
        self,
        clusters: OpenClusters,
        X: csr_matrix,
        M: Weights,
        hours: Floats,
        keys: Sequence[int],
        titles: Sequence[Title],
        decay: Callable[[Floats], Floats],
        floor: float,
    ) -> None:
        self.clusters = clusters
        self.X, self.M, self.hours = X, M, hours
        self.members = _members(X, M, hours, keys, titles)
        self.decay, self.floor = decay, max(floor, _TINY)
        n_rows = X.shape[0]
        self.vocabulary, places = np.unique(X.indices, return_inverse=True)
        self.local = csr_matrix(
            (X.data, places.astype(np.int32), X.indptr.astype(np.int32)),
            shape=(n_rows, len(self.vocabulary)),
        )
        self.gram = (self.local @ self.local.T).toarray() + M @ M.T
        clusters.settle()
        self.near = self._near()
        self.ends = self.near.indptr.tolist()
        self.unmoved = np.ones(len(clusters.ids))  # by place; 0 for those with a slot
        self.slots: dict[int, int] = {}
        self.slot_ids = np.full(n_rows, NONE, dtype=np.int64)
        self.dots = np.zeros((n_rows, n_rows))  # [row, slot]
        self.squares = np.ones(n_rows)
        self.scales = np.ones(n_rows)
        self.middles = np.zeros(n_rows)

    def _near(self) -> csr_matrix:
        """Return the scores above the floor, of shape (n_rows, n_places)."""
        found = self.clusters.products(
            self.vocabulary, self.local, self.M, self.floor, self.X.shape[1]
        )
        gaps = np.abs(self.hours[found.rows] - self.clusters.middles[found.places])
        return csr_matrix(
            (found.values * self.decay(gaps), (found.rows, found.places)),
            shape=(self.X.shape[0], len(self.clusters.ids)),
        )

    def choose(
        self, row: int, barred: Collection[int] = (), home: int | None = None
    ) -> Choice:
        """Return the best two clusters for `row`; ties go to the lower id.

        Those `barred` are passed over; where there is a `home`, it comes first
        whatever its score.
        """
        part = slice(self.ends[row], self.ends[row + 1])
        places = self.near.indices[part]
        n = len(self.slots)
        gaps = np.abs(self.middles[:n] - self.hours[row])
        fresh = self.dots[row, :n] * self.scales[:n] * self.decay(gaps)
        scores = np.concatenate([self.near.data[part] * self.unmoved[places], fresh])
        ids = np.concatenate([self.clusters.ids[places], self.slot_ids[:n]])
        if barred:
            scores[np.isin(ids, list(barred))] = 0.0
        found = []
        if home is not None:
            found.append((home, float(scores[ids == home].max(initial=0.0))))
            scores[ids == home] = 0.0
        while len(found) < 2:
            best = int(scores.argmax()) if len(scores) else NONE
            if best == NONE or scores[best] < self.floor:
                found.append((NONE, 0.0))
                continue
            score = float(scores[best])
            tied = (scores == score).nonzero()[0]
            if len(tied) > 1:
                best = tied[ids[tied].argmin()]
            found.append((int(ids[best]), score))
            scores[best] = 0.0
        (id, score), (runner_up, runner_up_score) = found
        told = self._parts(row, id, score)
        return Choice(id, score, runner_up, runner_up_score, *told)

    def _parts(
        self, row: int, id: int, score: float
    ) -> tuple[Columns, Weights, float, tuple[float, float, float]]:
        """Return what each column that `row` shares with cluster `id` gave, and why.

        Beside it what the meanings gave.
        """
        member = self.members[row]
        if id == NONE or score <= 0.0:
            return member.columns[:0], member.weights[:0], 0.0, (0.0, 0.0, 0.0)
        cluster = self.clusters[id]
        places, shared = overlap(cluster.columns, member.columns)
        products = member.weights[shared] * cluster.weights[places[shared]]
        meaning = float(np.dot(member.meaning, cluster.meaning.vector))
        product = float(products.sum()) + meaning
        centroid = product / max(math.sqrt(cluster.square), _TINY)
        members = product / cluster.size
        left = score / max(math.sqrt(max(centroid * members, 0.0)), _TINY)
        factors = (centroid, members, min(left, 1.0))
        share = score / product
        return member.columns[shared], products * share, meaning * share, factors

    def join(self, row: int, id: int) -> None:
        """Add `row` to cluster `id`, which it opens if there is none."""
        member = self.members[row]
        cluster = self.clusters.get(id)
        slot = self._slot(id)
        if cluster is None:
            joined = ClusterState.opened(id, member)
            self.squares[slot] = self.gram[row, row]
            self.dots[:, slot] = self.gram[row]
        else:
            joined = cluster.joined(member)
            self.squares[slot] += 2 * self.dots[row, slot] + self.gram[row, row]
            self.dots[:, slot] += self.gram[row]
        self.clusters[id] = joined
        self.scales[slot] = scale(joined.size, self.squares[slot])
        self.middles[slot] = joined.middle

    def near_lone(self, floor: float) -> Iterator[tuple[int, int]]:
        """Yield each row and cluster of one other row that score `floor` together."""
        # few of a million pairs are close: nothing but a bit is made for each of them
        close = (self.near.data >= floor).nonzero()[0]
        close = close[self.unmoved[self.near.indices[close]] > 0.0]
        rows = self.near.indptr.searchsorted(close, side="right") - 1
        ids = self.clusters.ids[self.near.indices[close]]
        yield from self._lone(rows, ids)
        n = len(self.slots)
        gaps = np.abs(self.hours[:, None] - self.middles[:n])
        scores = self.dots[:, :n] * self.scales[:n] * self.decay(gaps)
        fresh, slots = (scores >= floor).nonzero()
        yield from self._lone(fresh, self.slot_ids[slots])

    def _lone(self, rows: Ints, ids: Ints) -> Iterator[tuple[int, int]]:
        for row, id in zip(rows.tolist(), ids.tolist(), strict=True):
            cluster = self.clusters[id]
            if cluster.size == 1 and cluster.members[0].key != self.members[row].key:
                yield row, id

    def _slot(self, id: int) -> int:
        """Return where cluster `id` is kept exact, from now on if not before."""
        if id in self.slots:
            return self.slots[id]
        slot = self.slots[id] = len(self.slots)
        self.slot_ids[slot] = id
        place = self.clusters.place(id)
        if place is not None:
            self.unmoved[place] = 0.0
            cluster = self.clusters[id]
            self.squares[slot] = cluster.square
            if not len(self.vocabulary):  # rows without a word, sent here by a person
                return slot
            places, shared = overlap(self.vocabulary, cluster.columns)
            dense = np.zeros(len(self.vocabulary))
            dense[places[shared]] = cluster.weights[shared]
            self.dots[:, slot] = self.local @ dense + self.M @ cluster.meaning.vector
        return slot


def _members(
    X: csr_matrix,
    M: Weights,
    hours: Floats,
    keys: Sequence[int],
    titles: Sequence[Title],
) -> list[Member]:
    """Return each row as a cluster keeps it.

    With copies: a view would keep the whole batch in memory as long as the cluster.
    """
    ends = X.indptr.tolist()
    return [
        Member(
            key,
            hour,
            X.indices[start:end].copy(),
            X.data[start:end].copy(),
            title,
            meaning.copy(),
        )
        for key, hour, start, end, title, meaning in zip(
            keys, hours.tolist(), ends[:-1], ends[1:], titles, M, strict=True
        )
    ]
