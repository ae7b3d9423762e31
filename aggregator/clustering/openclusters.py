"""The open clusters: by id, and all at once as one sparse matrix that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from aggregator.clustering.state import ClusterState, Floats

Ints = npt.NDArray[np.int64]

_TINY = 1e-12
_GONE = -1  # the column of a term whose cluster has changed or closed
_AT_ONCE = 8192  # clusters multiplied at once: bounds memory, changes no result
_ROOM = 1024


class Products(NamedTuple):
    """Dot products of rows with scaled clusters, one a pair that came near."""

    rows: npt.NDArray[np.intp]
    places: npt.NDArray[np.intp]
    values: npt.NDArray[np.float32]


class OpenClusters(MutableMapping[int, ClusterState]):
    """A mapping of id to state, beside which each cluster has a place in arrays.

    To lay 50,000 clusters side by side for each batch would cost more than to compare
    them. So their scaled sums lie in one pool: a cluster that changed gets a new place
    at the end of it at the next look, its old place is blanked, and when more than half
    of the pool is blank, what stands is moved together.
    """

    def __init__(self, clusters: Iterable[ClusterState] = ()) -> None:
        self._states = {cluster.id: cluster for cluster in clusters}
        self._changed = dict.fromkeys(self._states)  # as a set, but in order
        self._places: dict[int, int] = {}
        self._clear(_ROOM, _ROOM)

    def __getitem__(self, id: int) -> ClusterState:
        return self._states[id]

    def __setitem__(self, id: int, cluster: ClusterState) -> None:
        self._states[id] = cluster
        self._changed[id] = None

    def __delitem__(self, id: int) -> None:
        del self._states[id]
        self._changed[id] = None

    def __contains__(self, id: object) -> bool:
        return id in self._states

    def __iter__(self) -> Iterator[int]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)

    def place(self, id: int) -> int | None:
        """Return where a cluster stood at the last `settle`, None if it did not."""
        return self._places.get(id)

    def settle(self) -> None:
        """Give what changed since the last call its place."""
        for id in self._changed:
            place = self._places.pop(id, None)
            if place is not None:
                part = slice(self._ends[place], self._ends[place + 1])
                self._columns[part] = _GONE
                self._ids[place] = _GONE
                self._meanings[place] = 0.0
                self._n_blank += part.stop - part.start
        if 2 * self._n_blank > self._ends[self._n] + _ROOM:
            self._changed = dict.fromkeys(self._states)
            self._places.clear()
            self._clear(_ROOM, _ROOM)
        fresh = [self._states[id] for id in self._changed if id in self._states]
        self._changed = {}
        if fresh:
            self._append(fresh)

    @property
    def ids(self) -> Ints:
        """The id of the cluster at each place, -1 where none is."""
        return self._ids[: self._n]

    @property
    def middles(self) -> Floats:
        """The hour in the middle of the span of the cluster at each place."""
        return self._middles[: self._n]

    def last_before(self, hour: float) -> list[int]:
        """Return the clusters whose last row is older, by id."""
        self.settle()
        old = (self._lasts[: self._n] < hour) & (self.ids != _GONE)
        return sorted(self.ids[old].tolist())

    def products(
        self,
        vocabulary: npt.NDArray[Any],
        rows: csr_matrix,
        meanings: npt.NDArray[np.float32],
        floor: float,
        width: int,
    ) -> Products:
        """Return the dot products from `floor` on of `rows` with each cluster's sum.

        `rows` are over the columns that `vocabulary` names, of `width`; `meanings`
        are their second vectors; sums are scaled to what makes a score of the product.
        """
        found = [Products(*[np.empty(0, dtype=t) for t in (np.intp, np.intp, "f4")])]
        wanted = np.zeros(width + 1, dtype=bool)  # the last is for _GONE
        wanted[vocabulary] = True
        # the number of each wanted column; the others' is junk. Small, as it is as wide
        # as the hashing, and every page of it is touched.
        small = np.uint16 if len(vocabulary) < 2**16 else np.int32
        number = np.empty(width, dtype=small)
        number[vocabulary] = np.arange(len(vocabulary))
        turned = rows.T.tocsr()
        for start in range(0, self._n, _AT_ONCE):
            ends = self._ends[start : min(start + _AT_ONCE, self._n) + 1]
            columns = self._columns[ends[0] : ends[-1]]
            shared = np.flatnonzero(wanted[columns])
            kept = np.searchsorted(shared, ends - ends[0]).astype(np.int32)
            clusters = csr_matrix(
                (
                    self._weights[ends[0] : ends[-1]][shared],
                    number[columns[shared]].astype(np.int32),
                    kept,
                ),
                shape=(len(ends) - 1, len(vocabulary)),
            )
            # Clusters times rows, not rows times clusters: the accumulator of the
            # product is then as wide as the batch, and stays in the processor's cache.
            product = clusters @ turned
            if meanings.shape[1]:
                part = self._meanings[start : start + len(ends) - 1]
                product = _from(floor, product.toarray() + part @ meanings.T)
            close = np.flatnonzero(product.data >= floor)
            place = np.searchsorted(product.indptr, close, side="right") - 1 + start
            found.append(Products(product.indices[close], place, product.data[close]))
        return Products(*map(np.concatenate, zip(*found, strict=True)))

    def _clear(self, n_places: int, n_terms: int) -> None:
        self._n = 0
        self._n_blank = 0
        self._ids = np.empty(n_places, dtype=np.int64)
        self._middles = np.empty(n_places)
        self._lasts = np.empty(n_places)
        self._ends = np.zeros(n_places + 1, dtype=np.int64)
        self._columns = np.empty(n_terms, dtype=np.int32)
        self._weights = np.empty(n_terms, dtype=np.float32)
        self._meanings = np.empty((n_places, 0), dtype=np.float32)

    def _append(self, fresh: list[ClusterState]) -> None:
        n, m = self._n, self._n + len(fresh)
        lengths = [len(cluster.columns) for cluster in fresh]
        scales = scale(
            np.array([cluster.size for cluster in fresh]),
            np.array([cluster.square for cluster in fresh]),
        ).astype(np.float32)
        begin = int(self._ends[n])
        ends = begin + np.cumsum(lengths)
        self._ids = _roomy(self._ids, m)
        self._middles = _roomy(self._middles, m)
        self._lasts = _roomy(self._lasts, m)
        self._ends = _roomy(self._ends, m + 1)
        self._columns = _roomy(self._columns, int(ends[-1]))
        self._weights = _roomy(self._weights, int(ends[-1]))
        self._ids[n:m] = [cluster.id for cluster in fresh]
        self._middles[n:m] = [cluster.middle for cluster in fresh]
        self._lasts[n:m] = [cluster.last for cluster in fresh]
        self._ends[n + 1 : m + 1] = ends
        part = slice(begin, int(ends[-1]))
        np.concatenate([c.columns for c in fresh], out=self._columns[part])
        np.concatenate([c.weights for c in fresh], out=self._weights[part])
        self._weights[part] *= np.repeat(scales, lengths)
        meanings = np.stack([cluster.meaning.vector for cluster in fresh])
        if (
            not n
        ):  # the first say how many dimensions there are, none without an encoder
            self._meanings = np.empty((len(self._ids), meanings.shape[1]), np.float32)
        self._meanings = _roomy(self._meanings, m)
        self._meanings[n:m] = meanings * scales[:, None]
        self._places.update(zip((c.id for c in fresh), range(n, m), strict=True))
        self._n = m


def scale(sizes: Any, squares: Any) -> Floats:
    """Return what a dot product with a summed cluster is multiplied by to score it."""
    scales: Floats = 1.0 / np.sqrt(np.maximum(sizes * np.sqrt(squares), _TINY))
    return scales


def _from(floor: float, values: npt.NDArray[np.float32]) -> csr_matrix:
    """Return what is `floor` or more as a sparse matrix."""
    rows, columns = np.nonzero(values >= floor)
    return csr_matrix((values[rows, columns], (rows, columns)), shape=values.shape)


def _roomy(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """Return `array`, or a copy with more room where `length` would not fit."""
    if length <= len(array):
        return array
    shape = (length + length // 4, *array.shape[1:])
    grown = np.empty(shape, dtype=array.dtype)
    grown[: len(array)] = array
    return grown
