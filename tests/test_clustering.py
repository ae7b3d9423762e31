"""Rows join the cluster they resemble, ids stay, and every decision can be told."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, vstack
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from aggregator.clustering import NONE, ClusterState, Member, StreamingClusterer
from aggregator.clustering.cutting import gram_of
from aggregator.clustering.vectors import StreamingTfidf
from tests.spanish import EVENTS

with warnings.catch_warnings():
    # It warns of every estimator that keeps the contract without its base class.
    warnings.filterwarnings("ignore", ".*does not inherit from", UserWarning)
    every_check = parametrize_with_checks([StreamingClusterer()])


@every_check  # type: ignore[untyped-decorator]
def test_the_clusterer_keeps_scikit_learns_contract(estimator: Any, check: Any) -> None:
    check(estimator)


def test_an_estimator_tells_and_takes_its_parameters() -> None:
    clusterer = StreamingClusterer(threshold=0.5)
    assert clone(clusterer).get_params() == clusterer.get_params()
    assert clusterer.set_params(carriers=2.0).carriers == 2.0
    assert repr(clusterer).startswith("StreamingClusterer(agreement=")
    with pytest.raises(ValueError, match="'tresh', only agreement, carriers"):
        clusterer.set_params(tresh=1)
    assert clusterer.fit_predict(rows([1, 0], [1, 0])).tolist() == [0, 0]
    assert StreamingTfidf().fit_transform([("Chile", "")]).shape[0] == 1


def test_clustering_does_not_import_scikit_learn() -> None:
    code = "import sys, aggregator.grouping; sys.exit('sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


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


def test_one_word_that_two_texts_happen_to_share_does_not_bring_them_together() -> None:
    X = rows([0.4, 0.9, 0, 0], [0.4, 0, 0.9, 0], [0.4, 0, 0.6, 0.7])
    clusterer = StreamingClusterer(threshold=0.1).partial_fit(X, times=[0, 0, 0])
    assert clusterer.labels_.tolist() == [0, 1, 1]
    assert clusterer.vetoed_.tolist() == [False, True, False]
    clusterer = StreamingClusterer(threshold=0.1, carriers=1.0)
    assert clusterer.partial_fit(X, times=[0, 0, 0]).labels_.tolist() == [0, 0, 0]


def test_equal_texts_of_one_word_are_together() -> None:
    X = rows(*[[1.0, 0.0]] * 5)
    assert set(StreamingClusterer().partial_fit(X, times=[0] * 5).labels_) == {0}


def test_a_cluster_keeps_its_id_as_items_arrive_and_after_it_is_forgotten() -> None:
    clusterer = StreamingClusterer(threshold=0.5, window_hours=24)
    seen = []
    for cycle in range(6):
        X = rows([1, 0.1 * cycle], [1, 0])
        seen += clusterer.partial_fit(X, times=[cycle * 5] * 2).labels_.tolist()
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


def b_cubed(gold: list[str], labels: list[int]) -> float:
    pairs = Counter(zip(gold, labels, strict=True))
    stories, clusters = Counter(gold), Counter(labels)
    n = len(gold)
    precision = sum(c * c / clusters[label] for (_, label), c in pairs.items()) / n
    recall = sum(c * c / stories[story] for (story, _), c in pairs.items()) / n
    return 2 * precision * recall / (precision + recall)


def test_spanish_events_are_found_with_the_same_settings() -> None:
    items = [(event, text) for event, texts in EVENTS.items() for text in texts]
    Random(7).shuffle(items)  # noqa: S311 - an order, not a secret
    X = StreamingTfidf().partial_fit_transform([text for _, text in items])
    clusterer = StreamingClusterer().partial_fit(X, times=np.arange(len(items)))
    labels = regrouped(clusterer)
    assert b_cubed([event for event, _ in items], labels) > 0.85


def regrouped(clusterer: StreamingClusterer) -> list[int]:
    """Regroup, and return the labels of the last call as they stand after it."""
    by_key = dict(enumerate(clusterer.labels_.tolist()))
    clusterer.regroup()
    for split in clusterer.splits_:
        assert {by_key[key] for key in split.keys} == {split.id}
        by_key |= dict.fromkeys(split.keys, split.child)
    for merge in clusterer.merges_:
        by_key = {k: merge.kept if id == merge.gone else id for k, id in by_key.items()}
    for out in clusterer.put_outs_:
        by_key |= dict.fromkeys(out.keys, out.child)
    assert set(by_key.values()) <= set(clusterer.clusters_)
    return list(by_key.values())


def two_look_alikes() -> csr_matrix:
    """Six rows about one event and five about another in the same place."""
    generator = np.random.default_rng(3)
    X = np.zeros((11, 30))
    X[:, :3] = 0.45  # the place
    X[:6, 3:10], X[6:, 10:17] = 0.4, 0.4
    X[:, 17:] = generator.random((11, 13)) * 0.1
    return rows(*X.tolist())


def test_two_events_in_one_place_are_split_and_the_larger_keeps_the_id() -> None:
    clusterer = StreamingClusterer().partial_fit(two_look_alikes(), times=np.zeros(11))
    assert set(clusterer.labels_.tolist()) == {0}
    assert regrouped(clusterer) == [0] * 6 + [1] * 5
    (split,) = clusterer.splits_
    assert split.agreement < split.limit
    assert clusterer.changed_.tolist() == [0, 1]
    assert [clusterer.clusters_[id].size for id in (0, 1)] == [6, 5]
    assert regrouped(clusterer.partial_fit(two_look_alikes()[:1], times=[1])) == [0]
    assert clusterer.splits_ == []


def members(X: csr_matrix, first_key: int = 0) -> list[Member]:
    return [
        Member(first_key + i, float(i), X[i].indices, X[i].data)
        for i in range(X.shape[0])
    ]


def test_fragments_that_an_item_brings_together_are_merged() -> None:
    X = rows(*np.random.default_rng(1).random((13, 12)).tolist())
    clusterer = StreamingClusterer(threshold=0.2).restore(
        [
            ClusterState.of(4, members(X[:5])),
            ClusterState.of(7, members(X[5:12], first_key=5)),
        ],
        9,
    )
    clusterer.partial_fit(X[12], times=[1], keys=[12]).regroup()
    (merge,) = clusterer.merges_
    assert merge.kept == 7, "the larger one"
    assert merge.agreement >= merge.limit
    assert list(clusterer.clusters_) == clusterer.changed_.tolist() == [7]
    assert sorted(m.key for m in clusterer.clusters_[7].members) == list(range(13))


def test_what_a_person_has_decided_is_left_alone() -> None:
    clusterer = StreamingClusterer().partial_fit(two_look_alikes(), times=np.zeros(11))
    clusterer.regroup(frozen={0})
    assert clusterer.splits_ == []


def test_a_bridge_does_not_chain_two_events_into_one() -> None:
    texts = [
        *[(f"Ferry sinks off Harwick, {n} rescued", "The ferry Aurora sank near Harwick harbour.") for n in (12, 14, 15, 18)],
        ("Live: ferry rescue off Harwick, budget vote in Norland", "Aurora ferry passengers rescued; Norland parliament votes on the budget."),
        *[(f"Norland parliament passes budget, {n} votes to spare", "The Norland budget passed after a long debate in parliament.") for n in (2, 3, 4, 5)],
    ]  # fmt: skip
    X = StreamingTfidf().partial_fit_transform(texts)
    clusterer = StreamingClusterer().partial_fit(X, times=np.zeros(9))
    labels = regrouped(clusterer)
    assert not set(labels[:4]) & set(labels[5:])
    assert len(set(labels[:4])) == len(set(labels[5:])) == 1


def test_a_story_of_weeks_opens_new_chapters() -> None:
    X = vstack([rows([0.6, 0.8])] * 60).tocsr()
    clusterer = StreamingClusterer()
    for day in range(60):
        clusterer.partial_fit(X[day], times=[day * 24]).regroup()
    spans = [c.last - c.first for c in clusterer.clusters_.values()]
    assert clusterer.next_id_ > 1
    assert max(spans) < 30 * 24


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_passes_lose_no_row_and_keep_sums_exact(seed: int) -> None:
    X = drawn(seed, 60, 12)
    clusterer = StreamingClusterer(threshold=0.3, cohesion=0.5)
    for start in range(0, 60, 20):
        clusterer.partial_fit(X[start : start + 20], times=np.zeros(20)).regroup()
    keys = [m.key for c in clusterer.clusters_.values() for m in c.members]
    assert sorted(keys) == list(range(60))
    for cluster in clusterer.clusters_.values():
        whole = ClusterState.of(cluster.id, cluster.members)
        assert cluster.size == whole.size
        assert cluster.n_terms == whole.n_terms
        assert (cluster.first, cluster.last) == (whole.first, whole.last)
        dense = np.zeros((2, 12))
        dense[0, cluster.columns], dense[1, whole.columns] = (
            cluster.weights,
            whole.weights,
        )
        np.testing.assert_allclose(dense[0], dense[1], atol=1e-5)


def test_a_cluster_keeps_its_newest_rows_and_parts_with_them_exactly() -> None:
    X = two_look_alikes()
    whole = ClusterState.of(0, members(X))
    newest = whole.trimmed(max_terms=100, max_members=8)
    assert [member.key for member in newest.members] == list(range(3, 11))
    leaving = ClusterState.of(1, newest.members[3:])
    left = newest.without(leaving)
    assert (left.size, left.n_terms) == (6, whole.n_terms - leaving.n_terms)
    rest = ClusterState.of(0, whole.members[:6])
    places = np.searchsorted(left.columns, rest.columns)
    np.testing.assert_allclose(left.weights[places], rest.weights, atol=1e-5)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_every_member_is_over_the_core_floor(seed: int) -> None:
    X = drawn(seed, 50, 25)
    clusterer = StreamingClusterer(threshold=0.15, core=0.2)
    clusterer.partial_fit(X, times=np.zeros(50)).regroup()
    for cluster in clusterer.clusters_.values():
        if cluster.size > 2:
            gram = gram_of(cluster.members)
            closeness = (gram.sum(axis=1) - 1) / (cluster.size - 1)
            assert closeness.min() >= 0.2 - 1e-6


def test_the_next_package_is_another_event_than_the_last() -> None:
    texts = [
        *[(f"Council adopts 12th sanctions package{tail}", "The 12th package bans diamond imports and tightens the oil price cap.") for tail in ("", " after talks", ", diamonds banned", " with oil cap")],
        *[(f"Council proposes 13th sanctions package{tail}", "The 13th package lists drone makers and shipping firms in Asia.") for tail in ("", " on drones", ", shipping listed", " for Asia")],
    ]  # fmt: skip
    X = StreamingTfidf().partial_fit_transform(texts)
    labels = regrouped(StreamingClusterer().partial_fit(X, times=np.arange(8) * 6.0))
    assert not set(labels[:4]) & set(labels[4:])


def test_more_is_asked_of_a_row_where_more_clusters_are_open() -> None:
    X = csr_matrix(np.eye(1001, dtype=np.float32))
    clusterer = StreamingClusterer().partial_fit(X[:1000], times=np.zeros(1000))
    few, many = clusterer.thresholds_[0], clusterer.thresholds_[-1]
    assert few == clusterer.threshold
    assert many == pytest.approx(few + clusterer.crowding, abs=1e-4)
