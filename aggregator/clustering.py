"""Unit vectors in, cluster ids out: each row joins an open cluster or opens one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import validate_data

Ints = npt.NDArray[np.int64]
Columns = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float32]

NONE = -1
"""The id that stands for no cluster."""

_TINY = 1e-12
_NO_COLUMNS = np.empty(0, dtype=np.int32)
_NO_PARTS = np.empty(0, dtype=np.float32)
_CHUNK = 512  # rows compared at once: bounds memory, changes no result
_NEAR = 0.25  # the part of the threshold below which a cluster is not even a runner-up


@dataclass(frozen=True, slots=True)
class ClusterState:
    """One open cluster: the sum of its members' rows, their number, their times.

    `columns` ascend; `weights` stand beside them; `first` and `last` are hours.
    """

    id: int
    columns: Columns
    weights: Weights
    size: int
    first: float
    last: float

    @property
    def length(self) -> float:
        """The Euclidean length of the sum."""
        return float(np.sqrt(np.dot(self.weights, self.weights)))


class _Choice(NamedTuple):
    """One row's best cluster and the next best, `NONE` where nothing came near."""

    id: int
    score: float
    runner_up: int
    runner_up_score: float
    columns: Columns
    parts: Weights


class StreamingClusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Cluster unit rows as they arrive, over a sliding window of open clusters.

    Parameters
    ----------
    threshold : float
        The score from which a row joins; below it, it opens a cluster.
    window_hours : float
        How far in time a row may lie from a cluster's span and still join it.
        Clusters whose last row is older than the newest time seen by more than this
        are forgotten.
    decay_hours : float
        Scores fall by a factor e for each so many hours outside a cluster's span.
    max_terms : int
        How many columns a cluster keeps between calls, the heaviest first.

    Attributes
    ----------
    labels_ : ndarray of shape (n_items,), int
        The cluster of each row of the last call. Ids are minted once.
    scores_ : ndarray of shape (n_items,), float
        Score with that cluster, or with the best one refused where it opened one.
    runner_up_, runner_up_scores_ : ndarray of shape (n_items,)
        The next best cluster and its score; -1 and 0 where nothing came near. Where
        a row opened a cluster, the runner-up is the best one refused.
    opened_ : ndarray of shape (n_items,), bool
        Whether the row opened its cluster.
    contributions_ : csr_matrix of shape (n_items, n_features)
        What each shared column gave to `scores_`: a row sums to its score.
    clusters_ : dict of int to ClusterState
        The open clusters, all of them.
    changed_, closed_ : ndarray of int
        Clusters that gained a row, and clusters forgotten, in the last call.
    next_id_ : int
        The id that the next cluster will get.

    Notes
    -----
    The score is the cosine with the cluster's summed rows, times
    exp(-gap / `decay_hours`), where gap is the time outside [first, last]. Rows are
    taken in the order given: sort a batch by (time, id) and the order of arrival
    inside it does not matter. Ties go to the older cluster. Clamp times that lie
    in the future: they would close every window.

    Examples
    --------
    >>> import numpy as np
    >>> clusterer = StreamingClusterer(threshold=0.5)
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]])
    >>> clusterer.partial_fit(X, times=[0.0, 1.0, 2.0]).labels_.tolist()
    [0, 1, 0]
    """

    def __init__(
        self,
        *,
        threshold: float = 0.17,
        window_hours: float = 240.0,
        decay_hours: float = 100.0,
        max_terms: int = 1000,
    ) -> None:
        self.threshold = threshold
        self.window_hours = window_hours
        self.decay_hours = decay_hours
        self.max_terms = max_terms

    def fit(self, X: Any, y: object = None, *, times: Any = None) -> Self:
        """Forget every cluster, then cluster `X`."""
        self.restore([], 0)
        return self._partial_fit(X, times, reset=True)

    def partial_fit(self, X: Any, y: object = None, *, times: Any = None) -> Self:
        """Assign each row of `X`, in order; `times` are hours (all 0 when left out)."""
        if not hasattr(self, "clusters_"):
            self.restore([], 0)
        return self._partial_fit(X, times, reset=not hasattr(self, "n_features_in_"))

    def restore(self, clusters: Iterable[ClusterState], next_id: int) -> Self:
        """Go on from `clusters`, minting from `next_id` or past the highest id."""
        self.clusters_ = {cluster.id: cluster for cluster in clusters}
        self.next_id_ = max([next_id, *(id + 1 for id in self.clusters_)])
        self.newest_ = max((c.last for c in self.clusters_.values()), default=-np.inf)
        return self

    def __sklearn_tags__(self) -> Any:
        """Say that sparse rows are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _partial_fit(self, X: Any, times: Any, *, reset: bool) -> Self:
        X = csr_matrix(
            validate_data(
                self,
                X,
                accept_sparse="csr",
                dtype=np.float32,
                reset=reset,
                ensure_min_samples=int(times is None),  # a quiet cycle has no rows
            )
        )
        hours = np.zeros(X.shape[0]) if times is None else np.asarray(times, float)
        if hours.shape != (X.shape[0],):
            raise ValueError(f"{X.shape[0]} rows need as many times, not {hours.shape}")
        self._forget(hours)
        choices: list[_Choice] = []
        labels: list[int] = []
        for start in range(0, X.shape[0], _CHUNK):
            rows = slice(start, start + _CHUNK)
            self._assign(X[rows], hours[rows], labels, choices)
        self._trim(labels)
        self._tell(labels, choices, X.shape)
        return self

    def _forget(self, hours: Floats) -> None:
        self.newest_ = float(np.max(hours, initial=self.newest_))
        oldest = self.newest_ - self.window_hours
        closed = [id for id, c in self.clusters_.items() if c.last < oldest]
        for id in closed:
            del self.clusters_[id]
        self.closed_ = np.array(closed, dtype=np.int64)

    def _assign(
        self, X: csr_matrix, hours: Floats, labels: list[int], choices: list[_Choice]
    ) -> None:
        board = _Board(self.clusters_, X, hours, self._decay, _NEAR * self.threshold)
        for row in range(X.shape[0]):
            choice = board.choose(row)
            if choice.score >= self.threshold:
                label = choice.id
            else:
                label = self.next_id_
                self.next_id_ += 1
            board.join(row, label)
            labels.append(label)
            choices.append(choice)

    def _decay(self, gaps: Floats) -> Floats:
        """Return what is left of a score after `gaps` hours, 0 outside the window."""
        left: Floats = np.exp(gaps / -self.decay_hours)
        left[gaps > self.window_hours] = 0.0
        return left

    def _trim(self, labels: list[int]) -> None:
        self.changed_ = np.unique(np.array(labels, dtype=np.int64))
        for id in self.changed_.tolist():
            cluster = self.clusters_[id]
            if len(cluster.columns) > self.max_terms:
                heaviest = np.argpartition(-cluster.weights, self.max_terms)
                kept = np.sort(heaviest[: self.max_terms])
                self.clusters_[id] = replace(
                    cluster,
                    columns=cluster.columns[kept],
                    weights=cluster.weights[kept],
                )

    def _tell(
        self, labels: list[int], choices: list[_Choice], shape: tuple[int, int]
    ) -> None:
        self.labels_ = np.array(labels, dtype=np.int64)
        self.scores_ = np.array([choice.score for choice in choices], dtype=float)
        best = np.array([choice.id for choice in choices], dtype=np.int64)
        self.opened_ = best != self.labels_
        self.runner_up_ = np.array([choice.runner_up for choice in choices], np.int64)
        self.runner_up_scores_ = np.array([c.runner_up_score for c in choices], float)
        self.runner_up_[self.opened_] = best[self.opened_]
        self.runner_up_scores_[self.opened_] = self.scores_[self.opened_]
        self.contributions_ = csr_matrix(
            (
                np.concatenate([_NO_PARTS, *(choice.parts for choice in choices)]),
                np.concatenate([_NO_COLUMNS, *(choice.columns for choice in choices)]),
                np.cumsum([0, *(len(choice.parts) for choice in choices)]),
            ),
            shape=shape,
        )


class _Board:
    """What one batch of rows sees of the open clusters.

    Clusters as they stood before the batch are compared with all rows at once; one
    that gains a row moves to a slot, where its dot product with every row of the
    batch is kept exact by adding that of the row that joined.
    """

    def __init__(
        self,
        clusters: dict[int, ClusterState],
        X: csr_matrix,
        hours: Floats,
        decay: Callable[[Floats], Floats],
        floor: float,
    ) -> None:
        self.clusters = clusters
        self.X, self.hours, self.decay, self.floor = X, hours, decay, floor
        n_rows = X.shape[0]
        self.vocabulary, places = np.unique(X.indices, return_inverse=True)
        self.local = csr_matrix(
            (X.data, places, X.indptr), shape=(n_rows, len(self.vocabulary))
        )
        self.gram = (self.local @ self.local.T).toarray()
        self.ids = np.fromiter(clusters, dtype=np.int64, count=len(clusters))
        self.position = {id: place for place, id in enumerate(clusters)}
        self.moved = np.zeros(len(clusters), dtype=bool)
        self.near = self._near()
        self.slots: dict[int, int] = {}
        self.slot_ids = np.full(n_rows, NONE, dtype=np.int64)
        self.dots = np.zeros((n_rows, n_rows))  # [row, slot]
        self.squares = np.ones(n_rows)
        self.spans = np.zeros((2, n_rows))

    def _near(self) -> csr_matrix:
        """Return the scores above the floor, of shape (n_rows, n_clusters)."""
        n_rows, n_terms = self.local.shape
        states = list(self.clusters.values())
        if not states or not n_terms:
            return csr_matrix((n_rows, len(states)))
        sizes = np.array([len(c.columns) for c in states])
        lengths = np.array([c.length for c in states])
        place = np.full(self.X.shape[1], NONE, dtype=np.int32)
        place[self.vocabulary] = np.arange(n_terms, dtype=np.int32)
        columns = place[np.concatenate([c.columns for c in states])]
        shared = columns >= 0
        ends = np.cumsum(sizes)
        kept = np.concatenate([[0], np.cumsum(shared)])
        index = csr_matrix(
            (
                np.concatenate([c.weights for c in states])[shared],
                columns[shared],
                kept[np.concatenate([[0], ends])],
            ),
            shape=(len(states), n_terms),
        )
        products = (index @ self.local.T.tocsr()).tocoo()
        cosines = products.data / np.maximum(lengths, _TINY)[products.row]
        far = cosines >= self.floor
        row, cluster, cosines = products.col[far], products.row[far], cosines[far]
        first = np.array([c.first for c in states])[cluster]
        last = np.array([c.last for c in states])[cluster]
        scores = cosines * self.decay(_gap(self.hours[row], first, last))
        return csr_matrix((scores, (row, cluster)), shape=(n_rows, len(states)))

    def choose(self, row: int) -> _Choice:
        """Return the best two clusters for `row`; ties go to the lower id."""
        part = slice(self.near.indptr[row], self.near.indptr[row + 1])
        places = self.near.indices[part]
        n = len(self.slots)
        cosines = self.dots[row, :n] / np.sqrt(self.squares[:n])
        gaps = _gap(self.hours[row], *self.spans[:, :n])
        scores = np.concatenate(
            [
                np.where(self.moved[places], 0.0, self.near.data[part]),
                cosines * self.decay(gaps),
            ]
        )
        ids = np.concatenate([self.ids[places], self.slot_ids[:n]])
        found = []
        for _ in range(2):
            score = float(scores.max(initial=0.0))
            if score < self.floor or score <= 0.0:
                found.append((NONE, 0.0))
                continue
            best = scores == score
            id = int(ids[best].min())
            found.append((id, score))
            scores[ids == id] = 0.0
        (id, score), (runner_up, runner_up_score) = found
        columns, parts = self._parts(row, id, score)
        return _Choice(id, score, runner_up, runner_up_score, columns, parts)

    def _row(self, row: int) -> tuple[Columns, Weights]:
        part = slice(self.X.indptr[row], self.X.indptr[row + 1])
        return self.X.indices[part], self.X.data[part]

    def _parts(self, row: int, id: int, score: float) -> tuple[Columns, Weights]:
        """Return what each column that `row` shares with cluster `id` gave."""
        columns, weights = self._row(row)
        if id == NONE:
            return columns[:0], weights[:0]
        cluster = self.clusters[id]
        places = np.searchsorted(cluster.columns, columns)
        places[places == len(cluster.columns)] = 0
        shared = cluster.columns[places] == columns
        products = weights[shared] * cluster.weights[places[shared]]
        return columns[shared], products * (score / products.sum())

    def join(self, row: int, id: int) -> None:
        """Add `row` to cluster `id`, which it opens if there is none."""
        columns, weights = self._row(row)
        hour = float(self.hours[row])
        if id not in self.clusters:
            self.clusters[id] = ClusterState(id, columns, weights, 1, hour, hour)
            slot = self._slot(id)
            self.squares[slot] = max(self.gram[row, row], _TINY)
            self.dots[:, slot] = self.gram[row]
        else:
            cluster = self.clusters[id]
            slot = self._slot(id)
            self.squares[slot] += 2 * self.dots[row, slot] + self.gram[row, row]
            self.dots[:, slot] += self.gram[row]
            self.clusters[id] = _joined(cluster, columns, weights, hour)
        self.spans[:, slot] = self.clusters[id].first, self.clusters[id].last

    def _slot(self, id: int) -> int:
        if id in self.slots:
            return self.slots[id]
        slot = self.slots[id] = len(self.slots)
        self.slot_ids[slot] = id
        if id in self.position:
            self.moved[self.position[id]] = True
            cluster = self.clusters[id]
            self.squares[slot] = cluster.length**2
            places = np.searchsorted(self.vocabulary, cluster.columns)
            places[places == len(self.vocabulary)] = 0
            shared = self.vocabulary[places] == cluster.columns
            dense = np.zeros(len(self.vocabulary))
            dense[places[shared]] = cluster.weights[shared]
            self.dots[:, slot] = self.local @ dense
        return slot


def _gap(hour: Any, first: Any, last: Any) -> Floats:
    """Return how many hours `hour` lies outside of [first, last]."""
    gaps: Floats = np.maximum(np.maximum(hour - last, first - hour), 0.0)
    return gaps


def _joined(
    cluster: ClusterState, columns: Columns, weights: Weights, hour: float
) -> ClusterState:
    union, places = np.unique(
        np.concatenate([cluster.columns, columns]), return_inverse=True
    )
    summed = np.bincount(places, np.concatenate([cluster.weights, weights]))
    return ClusterState(
        cluster.id,
        union,
        summed.astype(np.float32),
        cluster.size + 1,
        min(cluster.first, hour),
        max(cluster.last, hour),
    )
