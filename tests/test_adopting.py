"""Lone rows go into clusters that grew towards them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from aggregator.clustering import ClusterState, Constraints, Member, StreamingClusterer
from aggregator.clustering.cutting import Grams, gram_of
from aggregator.clustering.meaning import Sense
from aggregator.clustering.passes import ADOPTED
from aggregator.grouping import Grouper
from aggregator.models import Bonds, Constraint, DecisionKind
from aggregator.topics import TopicScorer, compile_topics
from aggregator.words.titles import Title
from tests.test_clustering import rows
from tests.test_constraints import (
    SIZES,
    drifting,
    follow,
    kept_pairs,
    parts,
    said,
    violated,
)
from tests.test_constraints import rows as drawn
from tests.test_guards import items_of
from tests.test_meanings import directions

SENSE = Sense("test", np.zeros(12, dtype=np.float32))
NO_MEANING = np.zeros((5, 12), dtype=np.float32)

# The second text shares nothing with the first; those that follow share words of both.
GROWING = rows(
    [1, 1, 1, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 1, 1, 1],
    [1, 1, 1, 0.5, 0.7, 0.7, 0, 0],
    [1, 1, 0.5, 1, 0, 0.7, 0.7, 0],
    [1, 0.5, 1, 1, 0, 0, 0.7, 0.7],
)
LONE_WORD = rows(
    [1, 1, 1, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 1, 1, 1],
    *[[1, 1, 1, 1, 1.8, 0, 0, 0]] * 3,
)


def clustered(
    X: csr_matrix,
    *,
    meanings: bool = True,
    apart: bool = False,
    roundups: Collection[int] = (),
    **given: float,
) -> StreamingClusterer:
    """Cluster the first two rows, then the others; none are alike enough to merge."""
    clusterer = StreamingClusterer(threshold=0.2, merge_margin=9.0, **given)
    for keys in ([0, 1], [2, 3, 4]):
        clusterer.partial_fit(
            X[keys],
            times=np.zeros(len(keys)),
            keys=keys,
            titles=[Title(is_roundup=key in roundups) for key in keys],
            meanings=NO_MEANING[keys] if meanings else None,
        ).regroup()
        if apart and keys == [0, 1]:
            said = Constraint(1, frozenset(), (frozenset({0}), frozenset({1})))
            clusterer.obey(Constraints(Bonds((said,), ((0, 0), (1, 1)))))
    return clusterer


def sizes(clusterer: StreamingClusterer) -> list[int]:
    return [cluster.size for cluster in clusterer.clusters_.values()]


def test_a_lone_row_goes_into_the_cluster_that_grew_towards_it() -> None:
    clusterer = clustered(GROWING)
    (merge,) = clusterer.merges_
    assert (merge.kept, merge.gone) == (0, 1)
    assert merge.why == ADOPTED
    assert merge.agreement >= merge.limit == clusterer.asked() == 0.2
    assert clusterer.clusters_[0].size == 5
    assert clusterer.changed_.tolist() == list(clusterer.clusters_) == [0]


def test_it_does_so_by_words_alone() -> None:
    assert sizes(clustered(GROWING, meanings=False)) == [5]


def test_a_roundup_draws_no_lone_row_into_its_cluster() -> None:
    assert sizes(clustered(GROWING, roundups=(2, 3, 4))) == [4, 1]


def test_a_roundup_stays_where_it_is_until_it_scores_twice_as_much() -> None:
    assert sizes(clustered(GROWING, roundups=(1,))) == [4, 1]


def test_it_stays_where_people_say_that_it_is_another_event() -> None:
    assert sizes(clustered(GROWING, apart=True)) == [4, 1]


def test_one_shared_word_is_no_home() -> None:
    assert sizes(clustered(LONE_WORD)) == [4, 1]
    assert sizes(clustered(LONE_WORD, carriers=0.9)) == [5]


@pytest.mark.parametrize("floor", [{"core": 0.3}, {"cohesion": 0.55}])
def test_a_cluster_that_would_not_hold_together_is_no_home(
    floor: dict[str, float],
) -> None:
    assert sizes(clustered(GROWING, **floor)) == [4, 1]


@given(st.integers(0, 10_000), SIZES, st.data())
@settings(deadline=None, max_examples=25)
def test_with_meanings_nothing_goes_against_people_and_no_row_is_lost(
    seed: int, size: int, data: st.DataObject
) -> None:
    X, places = drawn(seed, 70), dict[int, int]()
    M = SENSE.rows(directions(seed, 70), np.diff(X.indptr))
    clusterer = drifting()
    batches = [range(30), *(keys for _, _, keys in parts(X, size) if keys.start >= 30)]
    pairs: set[tuple[int, int, bool]] = set()
    for number, keys in enumerate(batches):
        chosen = list(keys)
        clusterer.partial_fit(
            X[chosen], times=np.array(chosen, float), keys=chosen, meanings=M[chosen]
        ).regroup()
        follow(places, clusterer, keys)
        assert violated(pairs, places) == []
        held = {m.key: id for id, c in clusterer.clusters_.items() for m in c.members}
        assert held == places
        if number == 0:
            constraints = data.draw(said(30))
            pairs = kept_pairs(constraints, places)
            here = {id for c in constraints for id in c.item_ids}
            bonds = Bonds(constraints, tuple((id, places[id]) for id in here))
            clusterer.obey(Constraints(bonds))


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_with_meanings_too_every_member_is_over_the_core_floor(seed: int) -> None:
    X = drawn(seed, 60, 25)
    M = SENSE.rows(directions(seed, 60), np.diff(X.indptr))
    clusterer = StreamingClusterer(threshold=0.15, core=0.2)
    clusterer.partial_fit(X, times=np.zeros(60), meanings=M).regroup()
    for cluster in clusterer.clusters_.values():
        if cluster.size > 2:
            gram = gram_of(cluster.members)
            closeness = (gram.sum(axis=1) - gram.diagonal()) / (cluster.size - 1)
            assert closeness.min() >= 0.2 - 1e-6


def test_the_ledger_has_it_as_a_merge_with_that_rule() -> None:
    sense = Sense("test", np.zeros(12, dtype=np.float32))
    grouper = Grouper(TopicScorer(compile_topics(())), timedelta(days=10), sense=sense)
    grouper.clusterer.set_params(merge_margin=9.0)
    titles = [
        "Ferry capsizes near harbour wall",
        "Minister promises inquiry into Santa Brisa disaster",
        "Ferry capsizes near harbour wall: inquiry into Santa Brisa",
        "Ferry near harbour wall capsizes: minister speaks of disaster",
        "Ferry capsizes near harbour wall, Santa Brisa in grief",
    ]
    items = items_of([(title, "") for title in titles])
    grouper.assign(items[:2], items[1].at)
    (moves,) = grouper.assign(items[2:], items[4].at).moves
    (merge,) = moves.merges
    row = next(row for row in moves.decisions if row.kind is DecisionKind.MERGED)
    assert (row.cluster_id, row.runner_up_id) == (merge.kept_id, merge.gone_id)
    assert row.rule == ADOPTED
    assert row.score >= row.threshold == 0.1


@given(
    st.lists(st.lists(st.integers(0, 59), min_size=3, max_size=40, unique=True)),
    st.integers(0, 2_000),
)
@settings(deadline=None, max_examples=40)
def test_a_kept_matrix_of_cosines_is_what_it_would_be_made_anew(
    groups: list[list[int]], most: int
) -> None:
    """Whatever joined the cluster or left it, in whatever order, since it was kept."""
    X = drawn(3, 60)
    M = SENSE.rows(directions(3, 60), np.diff(X.indptr))
    everybody = [
        Member(n, float(n), X[n].indices, X[n].data, meaning=M[n]) for n in range(60)
    ]
    grams = Grams(most)
    for number, places in enumerate(groups):
        cluster = ClusterState.of(number % 3, [everybody[n] for n in places])
        np.testing.assert_allclose(
            grams.of(cluster), gram_of(cluster.members), atol=1e-6
        )
