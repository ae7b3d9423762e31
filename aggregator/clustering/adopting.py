"""Lone rows of the window, and clusters that grew: who by now has a home."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from aggregator.clustering.openclusters import OpenClusters, scale
from aggregator.clustering.state import Floats


class Home(NamedTuple):
    """The cluster that a lone row's own is near enough to, and the score of the two."""

    id: int
    lone: int
    score: float


def homes(
    clusters: OpenClusters,
    grown: Iterable[int],
    asked: float,
    decay: Callable[[Floats], Floats],
    width: int,
) -> list[Home]:
    """Return the lone rows that by now score `asked`, the nearest first.

    When its row came, the cluster that is to be its home may have been a text or two
    of other words. Each gets the nearest of those in `grown` that have two rows or
    more; rows are over columns below `width`.
    """
    clusters.settle()
    larger = [clusters[id] for id in sorted(grown) if clusters[id].size > 1]
    if not larger:
        return []
    lengths = [len(cluster.columns) for cluster in larger]
    scales = scale(
        np.array([cluster.size for cluster in larger]),
        np.array([cluster.square for cluster in larger]),
    ).astype(np.float32)
    vocabulary, places = np.unique(
        np.concatenate([cluster.columns for cluster in larger]), return_inverse=True
    )
    weights = np.concatenate([cluster.weights for cluster in larger])
    X = csr_matrix(
        (
            weights * np.repeat(scales, lengths),
            places.astype(np.int32),
            np.cumsum([0, *lengths], dtype=np.int32),
        ),
        shape=(len(larger), len(vocabulary)),
    )
    M = np.stack([cluster.meaning.vector for cluster in larger]) * scales[:, None]
    found = clusters.products(vocabulary, X, M, asked, width)
    middles = np.array([cluster.middle for cluster in larger])
    gaps = np.abs(middles[found.rows] - clusters.middles[found.places])
    scores = found.values * decay(gaps)
    best: dict[int, Home] = {}
    for row in np.flatnonzero(scores >= asked).tolist():
        lone = int(clusters.ids[found.places[row]])
        if lone not in clusters or clusters[lone].size > 1:
            continue
        home = Home(larger[found.rows[row]].id, lone, float(scores[row]))
        if lone not in best or _order(home) < _order(best[lone]):
            best[lone] = home
    return sorted(best.values(), key=_order)


def _order(home: Home) -> tuple[float, int, int]:
    return -home.score, home.id, home.lone
