"""The pool of clusters is what laying all of them side by side would be."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from aggregator.clustering import ClusterState, Member
from aggregator.clustering.openclusters import OpenClusters, scale

WIDTH = 30


def state(id: int, generator: np.random.Generator) -> ClusterState:
    n = int(generator.integers(0, 8))
    columns = np.sort(generator.choice(WIDTH, n, replace=False)).astype(np.int32)
    weights = generator.random(n, dtype=np.float32)
    hour = float(generator.integers(0, 100))
    return ClusterState.of(id, [Member(id, hour, columns, weights)])


def side_by_side(
    clusters: OpenClusters, rows: csr_matrix
) -> dict[tuple[int, int], float]:
    products = {}
    for id, cluster in clusters.items():
        dense = np.zeros(WIDTH)
        dense[cluster.columns] = cluster.weights
        dense *= scale(cluster.size, cluster.square)
        for row, value in enumerate(rows @ dense):
            if value > 0.05:
                products[row, id] = value
    return products


@given(st.integers(0, 10_000), st.integers(1, 12))
@settings(deadline=None, max_examples=30)
def test_the_pool_says_what_the_clusters_say(seed: int, rounds: int) -> None:
    generator = np.random.default_rng(seed)
    clusters = OpenClusters(state(id, generator) for id in range(5))
    for _ in range(rounds):
        for id in generator.integers(0, 400, 300).tolist():
            if id in clusters and generator.random() < 0.4:
                del clusters[id]
            else:
                clusters[id] = state(id, generator)
        clusters.settle()
        vocabulary = np.sort(generator.choice(WIDTH, 12, replace=False))
        rows = csr_matrix(generator.random((4, 12), dtype=np.float32))
        no_meanings = np.empty((4, 0), dtype=np.float32)
        found = clusters.products(vocabulary, rows, no_meanings, 0.05, WIDTH)
        ids = clusters.ids[found.places].tolist()
        said = dict(
            zip(zip(found.rows.tolist(), ids, strict=True), found.values, strict=True)
        )
        whole = np.zeros((4, WIDTH))
        whole[:, vocabulary] = rows.toarray()
        expected = side_by_side(clusters, csr_matrix(whole))
        assert {pair for pair, v in said.items() if v > 0.051} <= set(expected)
        assert {pair for pair, v in expected.items() if v > 0.051} <= set(said)
        for pair in set(said) & set(expected):
            np.testing.assert_allclose(said[pair], expected[pair], rtol=1e-4)
        for id, place in ((id, clusters.place(id)) for id in clusters):
            assert place is not None
            assert clusters.ids[place] == id
            assert clusters.middles[place] == clusters[id].middle
        assert len(clusters.ids) <= 2 * len(clusters) + 2048, "blanks are cleared away"
        old = {id for id, cluster in clusters.items() if cluster.last < 50}
        assert clusters.last_before(50) == sorted(old)
