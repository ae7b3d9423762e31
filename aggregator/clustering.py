"""Unit vectors in, cluster ids out: each row joins an open cluster or opens one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import validate_data

from aggregator.clusterboard import NONE, Board, Choice
from aggregator.clusterstate import ClusterState, Floats, Member, bisect, dot

__all__ = ["NONE", "ClusterState", "Member", "Merge", "Split", "StreamingClusterer"]

Ints = npt.NDArray[np.int64]

_CHUNK = 512  # rows compared at once: bounds memory, changes no result
_NEAR = 1 / 3  # the part of the threshold below which a cluster is no runner-up
_MERGE_COSINE = 0.3
_NO_COLUMNS = np.empty(0, dtype=np.int32)
_NO_PARTS = np.empty(0, dtype=np.float32)


class Split(NamedTuple):
    """A cluster's smaller side became cluster `child`; `keys` are those that went."""

    id: int
    child: int
    keys: tuple[int, ...]
    agreement: float
    limit: float


class Merge(NamedTuple):
    """All of cluster `gone` went into cluster `kept`."""

    kept: int
    gone: int
    agreement: float
    limit: float


class StreamingClusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Cluster unit rows as they arrive, over a sliding window of open clusters.

    Parameters
    ----------
    threshold : float
        The score from which a row joins; below it, it opens a cluster.
    agreement : float
        How alike two groups of long texts must be, as a part of how alike their own
        members are, to be one event: `regroup` splits below it, merges above it.
    merge_margin : float
        By what factor a merge must beat `agreement`, so that no pair is split and
        merged in turns.
    cohesion : float
        The mean cosine of two members below which a cluster is a subject, not an
        event: it is cut whatever its sides agree on, and no merge may lead there.
    window_hours : float
        How far in time a row may lie from the middle of a cluster's span and still
        join it. Clusters whose last row is older than the newest time seen by more
        than this are forgotten.
    decay_hours : float
        Scores fall by a factor e for each so many hours from that middle.
    max_terms, max_members : int
        How many columns, the heaviest, and rows, the newest, a cluster keeps.

    Attributes
    ----------
    labels_ : ndarray of shape (n_items,), int
        The cluster of each row of the last call, before `regroup`. Ids are minted
        once.
    scores_ : ndarray of shape (n_items,), float
        Score with that cluster, or with the best one refused where it opened one.
    runner_up_, runner_up_scores_ : ndarray of shape (n_items,)
        The next best cluster and its score; -1 and 0 where nothing came near. Where
        a row opened a cluster, the runner-up is the best one refused.
    opened_ : ndarray of shape (n_items,), bool
        Whether the row opened its cluster.
    contributions_ : csr_matrix of shape (n_items, n_features)
        What each shared column gave to `scores_`: a row sums to its score.
    splits_, merges_ : list of Split, list of Merge
        What the last `regroup` did, in order, all splits before all merges.
    clusters_ : dict of int to ClusterState
        The open clusters, all of them.
    changed_, closed_ : ndarray of int
        Clusters whose state changed in the last call and still stand, and clusters
        forgotten in the last `partial_fit`.
    next_id_ : int
        The id that the next cluster will get.

    Notes
    -----
    The score is the geometric mean of two cosines, that with the cluster's centroid
    and the mean of those with its members, times exp(-gap / `decay_hours`), where gap
    is the time from the middle of the cluster's span. The first cosine alone lets large
    clusters grow without end, the second alone shuts them too early; and a story that
    goes on for weeks closes behind itself and opens a new chapter.

    Rows are taken in the order given: sort a batch by (time, id) and the order of
    arrival inside it does not matter. Ties go to the older cluster. Clamp times that
    lie in the future: they would close every window.

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
        threshold: float = 0.1,
        agreement: float = 0.6,
        cohesion: float = 0.16,
        merge_margin: float = 1.05,
        window_hours: float = 240.0,
        decay_hours: float = 100.0,
        max_terms: int = 2000,
        max_members: int = 400,
    ) -> None:
        self.threshold = threshold
        self.agreement = agreement
        self.cohesion = cohesion
        self.merge_margin = merge_margin
        self.window_hours = window_hours
        self.decay_hours = decay_hours
        self.max_terms = max_terms
        self.max_members = max_members

    def __sklearn_tags__(self) -> Any:
        """Say that sparse rows are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def restore(self, clusters: Iterable[ClusterState], next_id: int) -> Self:
        """Go on from `clusters`, minting from `next_id` or past the highest id."""
        self.clusters_ = {cluster.id: cluster for cluster in clusters}
        self.next_id_ = max([next_id, *(id + 1 for id in self.clusters_)])
        self.newest_ = max((c.last for c in self.clusters_.values()), default=-np.inf)
        self.n_seen_ = 0
        self.changed_: Ints = np.empty(0, dtype=np.int64)
        self._pairs: set[tuple[int, int]] = set()
        return self

    def fit(
        self,
        X: Any,
        y: object = None,
        *,
        times: npt.ArrayLike | None = None,
        keys: Sequence[int] | None = None,
    ) -> Self:
        """Forget every cluster, then assign each row of `X`."""
        self.restore([], 0)
        return self._partial_fit(X, times, keys, reset=True)

    def partial_fit(
        self,
        X: Any,
        y: object = None,
        *,
        times: npt.ArrayLike | None = None,
        keys: Sequence[int] | None = None,
    ) -> Self:
        """Assign each row of `X`, in order.

        `times` are hours, all 0 when left out; `keys` name the rows in `splits_` and
        in the members of a state, and count on from 0 when left out.
        """
        if not hasattr(self, "clusters_"):
            self.restore([], 0)
        return self._partial_fit(
            X, times, keys, reset=not hasattr(self, "n_features_in_")
        )

    def regroup(self, frozen: Collection[int] = ()) -> Self:
        """Split what the last call mixed and merge what it brought together.

        Only clusters that the call touched are looked at, and pairs of clusters that
        one of its rows was near to. Ids in `frozen` are left as they are: a person
        has decided on them. The larger side keeps the id, then the older.
        """
        changed = set(self.changed_.tolist())
        self.splits_: list[Split] = []
        self.merges_: list[Merge] = []
        todo = sorted(changed - set(frozen))
        while todo:
            id = todo.pop(0)
            child = self._split(id)
            if child != NONE:
                changed.add(child)
                todo += [id, child]
        for kept, gone in self._merge(frozen):
            changed.discard(gone)
            changed.add(kept)
        self.changed_ = np.array(sorted(changed), dtype=np.int64)
        return self

    def _partial_fit(
        self,
        X: Any,
        times: npt.ArrayLike | None,
        keys: Sequence[int] | None,
        *,
        reset: bool,
    ) -> Self:
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
        n_rows = X.shape[0]
        hours = np.zeros(n_rows) if times is None else np.asarray(times, float)
        if keys is None:
            keys = range(self.n_seen_, self.n_seen_ + n_rows)
        if hours.shape != (n_rows,) or len(keys) != n_rows:
            raise ValueError(
                f"{n_rows} rows need as many times and keys, not {hours.shape} times "
                f"and {len(keys)} keys"
            )
        self.n_seen_ += n_rows
        self._forget(hours)
        choices: list[Choice] = []
        labels: list[int] = []
        for start in range(0, n_rows, _CHUNK):
            rows = slice(start, start + _CHUNK)
            self._assign(X[rows], hours[rows], keys[rows], labels, choices)
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
        self,
        X: csr_matrix,
        hours: Floats,
        keys: Sequence[int],
        labels: list[int],
        choices: list[Choice],
    ) -> None:
        floor = _NEAR * self.threshold
        board = Board(self.clusters_, X, hours, keys, self._decay, floor)
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
        for id in set(labels):
            self.clusters_[id] = self.clusters_[id].trimmed(
                self.max_terms, self.max_members
            )

    def _decay(self, gaps: Floats) -> Floats:
        """Return what is left of a score after `gaps` hours, 0 outside the window."""
        left: Floats = np.exp(gaps / -self.decay_hours)
        left[gaps > self.window_hours] = 0.0
        return left

    def _tell(
        self, labels: list[int], choices: list[Choice], shape: tuple[int, int]
    ) -> None:
        self.labels_ = np.array(labels, dtype=np.int64)
        self.changed_ = np.unique(self.labels_)
        self.scores_ = np.array([choice.score for choice in choices], dtype=float)
        best = np.array([choice.id for choice in choices], dtype=np.int64)
        self.opened_ = best != self.labels_
        self.runner_up_ = np.array([choice.runner_up for choice in choices], np.int64)
        self.runner_up_scores_ = np.array([c.runner_up_score for c in choices], float)
        self.runner_up_[self.opened_] = best[self.opened_]
        self.runner_up_scores_[self.opened_] = self.scores_[self.opened_]
        self._pairs = {
            (min(label, near), max(label, near))
            for label, choice in zip(labels, choices, strict=True)
            for near in (choice.id, choice.runner_up)
            if near not in (NONE, label)
        }
        self.contributions_ = csr_matrix(
            (
                np.concatenate([_NO_PARTS, *(choice.parts for choice in choices)]),
                np.concatenate([_NO_COLUMNS, *(choice.columns for choice in choices)]),
                np.cumsum([0, *(len(choice.parts) for choice in choices)]),
            ),
            shape=shape,
        )

    def _limit(self, terms_per_item: float) -> float:
        """Return the agreement asked for: less of short texts, which agree by luck."""
        return self.agreement * terms_per_item / (terms_per_item + 3.0)

    def _split(self, id: int) -> int:
        """Split cluster `id` if its members disagree; return the child's id or NONE."""
        cluster = self.clusters_[id]
        if len(cluster.members) < 4:
            return NONE
        limit = self._limit(cluster.terms_per_item)
        if cluster.cohesion < self.cohesion:
            limit = np.inf  # no event holds together so little: cut it anyway
        side, agreement = bisect(cluster.members)
        if agreement >= limit:
            return NONE
        smaller = bool(2 * side.sum() < len(side))
        leaving = ClusterState.of(
            self.next_id_,
            [
                m
                for m, left in zip(cluster.members, side == smaller, strict=True)
                if left
            ],
        )
        self.next_id_ += 1
        self.clusters_[id] = cluster.without(leaving)
        self.clusters_[leaving.id] = leaving
        keys = tuple(member.key for member in leaving.members)
        self.splits_.append(Split(id, leaving.id, keys, agreement, limit))
        return leaving.id

    def _merge(self, frozen: Collection[int]) -> list[tuple[int, int]]:
        """Merge near pairs that agree, the most agreeing first; return (kept, gone)."""
        done: list[tuple[int, int]] = []
        waiting = {
            pair: self._agreement(*pair)
            for pair in sorted(self._pairs)
            if not set(pair) & set(frozen) and self.clusters_.keys() >= set(pair)
        }
        while waiting:
            (a, b), (agreement, limit) = max(
                waiting.items(), key=lambda item: item[1][0] / item[1][1]
            )
            if agreement < limit:
                break
            one, other = self.clusters_[a], self.clusters_[b]
            kept, gone = (b, a) if other.size > one.size else (a, b)
            self.clusters_[kept] = (
                self.clusters_[kept]
                .merged(self.clusters_.pop(gone))
                .trimmed(self.max_terms, self.max_members)
            )
            self.merges_.append(Merge(kept, gone, agreement, limit))
            done.append((kept, gone))
            for pair in [pair for pair in waiting if {kept, gone} & set(pair)]:
                del waiting[pair]
                low, high = sorted(kept if id == gone else id for id in pair)
                if low != high:
                    waiting[low, high] = self._agreement(low, high)
        return done

    def _agreement(self, a: int, b: int) -> tuple[float, float]:
        """Return how well two clusters agree, and how well they must to be merged."""
        one, other = self.clusters_[a], self.clusters_[b]
        gap = abs(one.middle - other.middle)
        common = float(self._decay(np.array([gap]))[0]) * dot(one, other)
        n_terms = one.terms_per_item * one.size + other.terms_per_item * other.size
        limit = self._limit(n_terms / (one.size + other.size)) * self.merge_margin
        # Cosine of the centroids: two lone texts may agree by their own measure, which
        # for one text is a belief, and still share next to nothing.
        if common < _MERGE_COSINE * np.sqrt(one.square * other.square):
            return 0.0, limit
        between = common / (one.size * other.size)
        if one.merged_cohesion(other, common) < self.cohesion:
            return 0.0, limit
        return between / float(np.sqrt(one.cohesion * other.cohesion)), limit
