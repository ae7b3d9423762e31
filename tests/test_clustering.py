"""Rows join the cluster they resemble, ids stay, and every decision can be told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, vstack
from sklearn.utils.estimator_checks import parametrize_with_checks

from aggregator.clustering import NONE, StreamingClusterer
from aggregator.vectors import StreamingTfidf


@parametrize_with_checks([StreamingClusterer()])
def test_the_clusterer_keeps_scikit_learns_contract(estimator: Any, check: Any) -> None:
    check(estimator)


def rows(*vectors: list[float]) -> csr_matrix:
    X = np.array(vectors, dtype=np.float32)
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    return csr_matrix(X / np.where(lengths == 0, 1, lengths))


def drawn(seed: int, n_rows: int, n_columns: int = 40) -> csr_matrix:
    generator = np.random.default_rng(seed)
    X = generator.random((n_rows, n_columns)) ** 8
    X[X < 0.3] = 0.0
    return rows(*X.tolist())


def test_a_row_joins_the_cluster_it_resembles_and_otherwise_opens_one() -> None:
    clusterer = StreamingClusterer(threshold=0.5)
    X = rows([1, 0, 0], [0, 1, 0], [0.9, 0.3, 0], [0, 0, 1])
    clusterer.partial_fit(X, times=[0, 0, 1, 1])
    assert clusterer.labels_.tolist() == [0, 1, 0, 2]
    assert clusterer.opened_.tolist() == [True, True, False, True]
    assert clusterer.runner_up_.tolist()[2] == 1
    assert clusterer.scores_[2] > clusterer.runner_up_scores_[2] > 0


def test_a_row_that_opens_a_cluster_names_the_best_one_it_was_refused_by() -> None:
    clusterer = StreamingClusterer(threshold=0.9, decay_hours=1e9)
    clusterer.partial_fit(rows([1, 0], [0.6, 0.8]), times=[0, 0])
    assert clusterer.opened_.tolist() == [True, True]
    assert clusterer.runner_up_.tolist() == [NONE, 0]
    assert clusterer.scores_[1] == pytest.approx(0.6)


def test_a_cluster_keeps_its_id_as_items_arrive_and_after_it_is_forgotten() -> None:
    clusterer = StreamingClusterer(threshold=0.5, window_hours=24)
    seen = []
    for day in range(6):
        X = rows([1, 0.1 * day], [1, 0])
        seen += clusterer.partial_fit(X, times=[day * 20, day * 20]).labels_.tolist()
    assert set(seen) == {0}
    clusterer.partial_fit(rows([1, 0]), times=[1000])
    assert clusterer.closed_.tolist() == [0]
    assert clusterer.labels_.tolist() == [1]
    assert list(clusterer.clusters_) == [1]


def test_distance_in_time_lowers_the_score_and_the_window_ends_it() -> None:
    clusterer = StreamingClusterer(threshold=0.1, window_hours=48, decay_hours=24)
    clusterer.partial_fit(rows([1, 0]), times=[0])
    clusterer.partial_fit(rows([1, 0]), times=[24])
    assert clusterer.scores_[0] == pytest.approx(np.exp(-1))
    late = clusterer.partial_fit(rows([1, 0]), times=[24 + 49])
    assert late.opened_.tolist() == [True]


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(2, 40))
@settings(deadline=None, max_examples=40)
def test_batches_of_any_size_give_the_clusters_of_one_row_at_a_time(
    seed: int, size: int, n_rows: int
) -> None:
    X, times = drawn(seed, n_rows), np.arange(n_rows, dtype=float)
    alone, together = (
        StreamingClusterer(threshold=0.5),
        StreamingClusterer(threshold=0.5),
    )
    one = [
        alone.partial_fit(X[i], times=times[i : i + 1]).labels_ for i in range(n_rows)
    ]
    many = [
        together.partial_fit(X[i : i + size], times=times[i : i + size]).labels_
        for i in range(0, n_rows, size)
    ]
    assert np.concatenate(one).tolist() == np.concatenate(many).tolist()


@given(st.integers(0, 10_000), st.integers(1, 30))
@settings(deadline=None, max_examples=40)
def test_scores_are_the_sum_of_what_each_shared_term_gave(seed: int, cut: int) -> None:
    X = drawn(seed, 40)
    clusterer = StreamingClusterer(threshold=0.4)
    for part, start in ((X[:cut], 0), (X[cut:], cut)):
        clusterer.partial_fit(part, times=np.arange(start, start + part.shape[0]))
        given_parts = np.asarray(clusterer.contributions_.sum(axis=1)).ravel()
        np.testing.assert_allclose(given_parts, clusterer.scores_, atol=1e-5)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_a_restored_clusterer_goes_on_as_if_it_had_never_stopped(seed: int) -> None:
    X, times = drawn(seed, 60), np.arange(60, dtype=float)
    whole, half = StreamingClusterer(threshold=0.5), StreamingClusterer(threshold=0.5)
    whole.partial_fit(X[:30], times=times[:30]).partial_fit(X[30:], times=times[30:])
    half.partial_fit(X[:30], times=times[:30])
    again = StreamingClusterer(threshold=0.5)
    again.restore(half.clusters_.values(), half.next_id_)
    again.partial_fit(X[30:], times=times[30:])
    assert again.labels_.tolist() == whole.labels_.tolist()
    np.testing.assert_allclose(again.scores_, whole.scores_, atol=1e-6)


def test_restoring_never_mints_an_id_again() -> None:
    clusterer = StreamingClusterer().restore([], 41)
    assert clusterer.partial_fit(rows([1, 0]), times=[0]).labels_.tolist() == [41]
    again = StreamingClusterer().restore(clusterer.clusters_.values(), 0)
    assert again.next_id_ == 42


def test_rows_without_a_word_stand_alone_and_break_nothing() -> None:
    X = csr_matrix((3, 8), dtype=np.float32)
    clusterer = StreamingClusterer().partial_fit(X, times=[0, 0, 0])
    clusterer.partial_fit(X, times=[1, 1, 1])
    assert clusterer.labels_.tolist() == [3, 4, 5]
    assert clusterer.scores_.tolist() == [0, 0, 0]


def test_a_quiet_cycle_is_no_error() -> None:
    clusterer = StreamingClusterer().partial_fit(rows([1, 0]), times=[0])
    clusterer.partial_fit(csr_matrix((0, 2), dtype=np.float32), times=[])
    assert clusterer.labels_.shape == (0,)
    assert clusterer.contributions_.shape == (0, 2)


def test_a_thousand_identical_items_are_one_cluster() -> None:
    X = vstack([rows([0.6, 0.8])] * 1300).tocsr()
    clusterer = StreamingClusterer().partial_fit(X, times=np.zeros(1300))
    assert set(clusterer.labels_.tolist()) == {0}
    assert clusterer.clusters_[0].size == 1300


def test_only_the_heaviest_terms_of_a_cluster_are_kept() -> None:
    clusterer = StreamingClusterer(max_terms=2, threshold=0.1)
    clusterer.partial_fit(rows([0.1, 0.9, 0.5, 0.2]), times=[0])
    assert clusterer.clusters_[0].columns.tolist() == [1, 2]


def test_times_must_be_as_many_as_rows() -> None:
    with pytest.raises(ValueError, match="2 rows need as many times"):
        StreamingClusterer().partial_fit(rows([1, 0], [0, 1]), times=[0])


def test_items_in_any_script_find_each_other() -> None:
    texts = [
        ("Terremoto de magnitud 7 sacude Chile", "El sismo se sintió en Santiago."),
        ("習近平国家主席が東京を訪問", "首相と会談した。"),
        ("Un sismo de magnitud 7 golpea Chile", "Santiago tembló; no hay víctimas."),
        ("東京を訪問した習近平国家主席", "首相との会談は二時間。"),
        ("", ""),
        ("…!?", "—"),
    ]
    X = StreamingTfidf().partial_fit_transform(texts)
    labels = StreamingClusterer().partial_fit(X, times=np.zeros(6)).labels_.tolist()
    assert labels == [0, 1, 0, 1, 2, 3]
