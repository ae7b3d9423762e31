"""Some members of a cluster -> how alike they are, and their best cut in two."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from aggregator.clustering.state import ClusterState, Floats, Mask, Member, overlap

_DENSE = 30_000  # numbers up to which a dense product is done before a sparse starts
_ROUNDS = 20  # of bisecting; it settles in three or four
_MANY = 24  # members from which on a matrix of cosines is kept
_KEPT = 400_000  # numbers of them in all: 3 MB
_NONE: Floats = np.empty((0, 0))
_TINY = float(np.finfo(float).tiny)


def bisect(gram: Floats) -> tuple[Mask, float]:
    """Return the best cut of some members in two, and how well its sides agree.

    The agreement is the mean cosine between the two sides over the geometric mean of
    the mean cosines inside them: near 1 for one event told by many, far below it for
    two events that share a place or a cast. It is infinite where there is no cut with
    two members or more on either side.

    Notes
    -----
    Spherical 2-means from the two members that are least alike, on the matrix of
    cosines: no vector is averaged, so terms need not be lined up twice.
    """
    i, j = divmod(int(gram.argmin()), len(gram))
    side: Mask = gram[i] > gram[j]
    for _ in range(_ROUNDS):
        if side.all() or not side.any():
            break
        sums, blocks = _sides(gram, side)
        # rows without a word have no direction; a person may have put them here
        sums /= np.sqrt(np.maximum(blocks.diagonal(), _TINY))
        pull = sums[:, 0] > sums[:, 1]
        if (pull == side).all():
            break
        side = pull
    n = int(np.count_nonzero(side))
    m = len(side) - n
    if min(n, m) < 2:
        return side, np.inf
    _, blocks = _sides(gram, side)
    own = gram.diagonal()
    inside = (blocks[0, 0] - own[side].sum()) / (n * (n - 1))
    inside *= (blocks[1, 1] - own[~side].sum()) / (m * (m - 1))
    if inside <= 0.0:
        return side, np.inf
    return side, float(blocks[0, 1]) / (n * m) / math.sqrt(inside)


def _sides(gram: Floats, side: Mask) -> tuple[Floats, Floats]:
    """Return the sums of each member's cosines with either side, and of the sides'.

    They are of shape (n, 2) and (2, 2).
    """
    sides = np.empty((len(side), 2))
    sides[:, 0] = side
    np.subtract(1.0, sides[:, 0], out=sides[:, 1])
    sums: Floats = gram @ sides
    return sums, sides.T @ sums


def gram_of(members: Sequence[Member]) -> Floats:
    """Return the matrix of cosines of some members, of shape (n, n).

    What their meanings have in common comes on top.
    """
    gram = _gram_of_words(members)
    if len(members[0].meaning):
        M = np.stack([member.meaning for member in members]).astype(float)
        gram += M @ M.T
    return gram


def _gram_of_words(members: Sequence[Member]) -> Floats:
    columns = np.concatenate([member.columns for member in members])
    vocabulary, places = np.unique(columns, return_inverse=True)
    lengths = [len(member.columns) for member in members]
    weights = np.concatenate([member.weights for member in members]).astype(float)
    shape = (len(members), len(vocabulary))
    if shape[0] * shape[1] > _DENSE:
        X = csr_matrix((weights, places, np.cumsum([0, *lengths])), shape=shape)
        return np.asarray((X @ X.T).toarray())
    dense = np.zeros(shape)
    dense[np.repeat(np.arange(shape[0]), lengths), places] = weights
    gram: Floats = dense @ dense.T
    return gram


class Grams:
    """The matrices of cosines of clusters, kept so that new members only add to them.

    A cluster that many items join is looked at after every batch. Those looked at last
    are kept, up to `most` numbers in all; of small clusters none, they are as soon made.
    """

    def __init__(self, most: int = _KEPT) -> None:
        self.most = most
        self._kept: dict[int, tuple[dict[int, int], Floats]] = {}
        self._n_kept = 0

    def of(self, cluster: ClusterState) -> Floats:
        """Return what `gram_of` returns of its members."""
        members = cluster.members
        places, known = self._forget(cluster.id)
        old = [n for n, member in enumerate(members) if member.key in places]
        if 2 * len(old) < len(members):
            gram = gram_of(members)
        else:
            gram = np.empty((len(members), len(members)))
            rows = [places[members[n].key] for n in old]
            gram[np.ix_(old, old)] = known[np.ix_(rows, rows)]
            new = [n for n, member in enumerate(members) if member.key not in places]
            if new:
                gram[new] = _rows_of(members, new)
                gram[:, new] = gram[new].T
        if len(members) >= _MANY:
            self._keep(cluster, gram)
        return gram

    def _forget(self, id: int) -> tuple[dict[int, int], Floats]:
        places, gram = self._kept.pop(id, ({}, _NONE))
        self._n_kept -= gram.size
        return places, gram

    def _keep(self, cluster: ClusterState, gram: Floats) -> None:
        places = {member.key: n for n, member in enumerate(cluster.members)}
        self._kept[cluster.id] = places, gram
        self._n_kept += gram.size
        while self._n_kept > self.most:
            self._forget(next(iter(self._kept)))


def _rows_of(members: Sequence[Member], new: Sequence[int]) -> Floats:
    """Return the rows of `gram_of` for some members, of shape (n_new, n)."""
    vocabulary = np.unique(np.concatenate([members[n].columns for n in new]))
    columns = np.concatenate([member.columns for member in members])
    weights = np.concatenate([member.weights for member in members])
    rows = np.repeat(np.arange(len(members)), [len(m.columns) for m in members])
    places, shared = overlap(vocabulary, columns)
    X = np.zeros((len(members), len(vocabulary)))
    X[rows[shared], places[shared]] = weights[shared]
    gram: Floats = X[new] @ X.T
    if len(members[0].meaning):
        M = np.stack([member.meaning for member in members]).astype(float)
        gram += M[new] @ M.T
    return gram
