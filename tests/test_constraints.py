"""No plan goes against what people said, whatever the rows and whatever was said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from aggregator.clustering import NONE, Constraints, StreamingClusterer
from aggregator.models import Bonds, Constraint

SIZES = st.sampled_from([1, 4, 10, 30])
"""Of batches."""


def rows(seed: int, n_rows: int, n_columns: int = 10) -> csr_matrix:
    generator = np.random.default_rng(seed)
    X = generator.random((n_rows, n_columns)) ** 6
    X[X < 0.2] = 0.0
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    return csr_matrix((X / np.where(lengths == 0, 1, lengths)).astype(np.float32))


def parts(X: csr_matrix, size: int) -> list[tuple[csr_matrix, np.ndarray, range]]:
    hours = np.arange(X.shape[0], dtype=float)
    return [
        (X[i : i + size], hours[i : i + size], range(i, min(i + size, X.shape[0])))
        for i in range(0, X.shape[0], size)
    ]


def follow(places: dict[int, int], clusterer: StreamingClusterer, keys: range) -> None:
    """Note where the last batch and its passes put every row."""
    places.update(zip(keys, clusterer.labels_.tolist(), strict=True))
    for split in clusterer.splits_:
        places.update(dict.fromkeys(split.keys, split.child))
    for merge in clusterer.merges_:
        for key, id in places.items():
            if id == merge.gone:
                places[key] = merge.kept
    for out in clusterer.put_outs_:
        places.update(dict.fromkeys(out.keys, out.child))


def drifting(**given: float) -> StreamingClusterer:
    """Return a clusterer that joins, splits and merges all the time."""
    values = {"threshold": 0.3, "carriers": 1.0, "agreement": 0.9, "cohesion": 0.3}
    return StreamingClusterer(**{**values, "merge_margin": 1.0, **given})


@st.composite
def said(draw: st.DrawFn, n_rows: int) -> tuple[Constraint, ...]:
    """Draw what people say: any groups, however they contradict each other."""
    ids = st.integers(0, n_rows - 1)
    found = []
    for number in range(draw(st.integers(1, 4))):
        chosen = draw(st.lists(ids, min_size=2, max_size=9, unique=True))
        cut = draw(st.integers(0, len(chosen)))
        one, other = frozenset(chosen[:cut]), frozenset(chosen[cut:])
        kind = draw(st.sampled_from(["together", "apart", "both"]))
        found.append(
            Constraint(
                number,
                frozenset(chosen)
                if kind == "together"
                else one
                if kind == "both"
                else frozenset(),
                (one, other) if kind != "together" and one and other else (),
            )
        )
    return tuple(found)


def kept_pairs(
    constraints: tuple[Constraint, ...], places: dict[int, int]
) -> set[tuple[int, int, bool]]:
    """Return the pairs (a, b, together) of which the places are as they were said."""
    found = set()
    for constraint in constraints:
        for a in constraint.together:
            found |= {
                (a, b, True) for b in constraint.together if places[a] == places[b]
            }
        for side in constraint.apart:
            for other in constraint.apart:
                if side is not other:
                    found |= {
                        (a, b, False)
                        for a in side
                        for b in other
                        if places[a] != places[b]
                        # a side that a newer word brought to the other parts no more
                        and not {places[x] for x in side} & {places[y] for y in other}
                    }
    return found


def violated(pairs: set[tuple[int, int, bool]], places: dict[int, int]) -> list[object]:
    return [pair for pair in pairs if (places[pair[0]] == places[pair[1]]) != pair[2]]


@given(st.integers(0, 10_000), SIZES, st.data())
@settings(deadline=None, max_examples=40)
def test_no_batch_and_no_pass_goes_against_a_pair(
    seed: int, size: int, data: st.DataObject
) -> None:
    X = rows(seed, 70)
    clusterer, places = drifting(), dict[int, int]()
    batches = parts(X, 30)[:1] + [
        (Y, hours + 30, range(keys.start + 30, keys.stop + 30))
        for Y, hours, keys in parts(X[30:], size)
    ]
    pairs: set[tuple[int, int, bool]] = set()
    for number, (Y, hours, keys) in enumerate(batches):
        clusterer.partial_fit(Y, times=hours, keys=list(keys)).regroup()
        follow(places, clusterer, keys)
        assert violated(pairs, places) == []
        if number == 0:
            constraints = data.draw(said(30))
            pairs = kept_pairs(constraints, places)
            here = {id for c in constraints for id in c.item_ids}
            bonds = Bonds(constraints, tuple((id, places[id]) for id in here))
            clusterer.obey(Constraints(bonds))


@given(st.integers(0, 10_000), SIZES, st.data())
@settings(deadline=None, max_examples=40)
def test_clustering_all_again_goes_against_no_pair(
    seed: int, size: int, data: st.DataObject
) -> None:
    X = rows(seed, 60)
    before = dict(enumerate(np.random.default_rng(seed).integers(0, 5, 60).tolist()))
    constraints = data.draw(said(60))
    pairs = kept_pairs(constraints, before)
    here = {id for c in constraints for id in c.item_ids}
    bonds = Bonds(constraints, tuple((id, before[id]) for id in here))
    # a window so short that clusters would close before all of theirs have come
    clusterer, places = drifting(window_hours=8.0), dict[int, int]()
    clusterer.restore([], 0).obey(Constraints(bonds, afresh=True))
    for Y, hours, keys in parts(X, size):
        clusterer.partial_fit(Y, times=hours, keys=list(keys)).regroup()
        follow(places, clusterer, keys)
    assert violated(pairs, places) == []


@given(st.integers(0, 10_000), SIZES)
@settings(deadline=None, max_examples=20)
def test_pinned_clusters_take_rows_and_nothing_else(seed: int, size: int) -> None:
    X = rows(seed, 70)
    clusterer, places = drifting(), dict[int, int]()
    pins: dict[int, set[int]] = {}
    for number, (Y, hours, keys) in enumerate(parts(X, size)):
        clusterer.partial_fit(Y, times=hours, keys=list(keys)).regroup()
        follow(places, clusterer, keys)
        for id, members in pins.items():
            now = {key for key, at in places.items() if at == id}
            assert members <= now
            assert now - members <= set(keys)  # no merge brought any
            pins[id] = now
        if number == 2:
            pins = {
                id: {k for k, at in places.items() if at == id}
                for id in set(places.values())
            }
            clusterer.obey(Constraints(Bonds(pins=tuple((id, "") for id in pins))))


def test_the_engine_would_have_gone_against_pairs() -> None:
    """Else the tests above could not fail."""
    together = apart = 0
    for seed in range(8):
        X = rows(seed, 70)
        clusterer, places = drifting(), dict[int, int]()
        before: dict[int, int] = {}
        for Y, hours, keys in parts(X, 30):
            clusterer.partial_fit(Y, times=hours, keys=list(keys)).regroup()
            follow(places, clusterer, keys)
            before = before or dict(places)
        for a in before:
            for b in before:
                together += before[a] == before[b] and places[a] != places[b]
                apart += before[a] != before[b] and places[a] == places[b]
    assert together > 50
    assert apart > 50


def placed(
    *constraints: Constraint, places: dict[int, int], afresh: bool = False
) -> Constraints:
    return Constraints(Bonds(constraints, tuple(places.items())), afresh=afresh)


def test_a_row_takes_the_runner_up_where_the_best_is_barred() -> None:
    X = csr_matrix(
        np.array([[1, 0, 0], [0.8, 0.6, 0], [0.95, 0.3, 0.05]], dtype=np.float32)
    )
    apart = Constraint(1, apart=(frozenset({0}), frozenset({2})))
    clusterer = StreamingClusterer(threshold=0.5, carriers=1.0)
    clusterer.restore([], 0).obey(placed(apart, places={0: 7, 1: 8, 2: 9}, afresh=True))
    clusterer.set_params(threshold=0.85)
    clusterer.partial_fit(X[:2], times=[0, 0], keys=[0, 1])
    assert clusterer.labels_.tolist() == [0, 1]
    clusterer.set_params(threshold=0.5)
    clusterer.partial_fit(X[2:], times=[0], keys=[2])
    assert clusterer.labels_.tolist() == [1]
    assert clusterer.barred_.tolist() == [0]
    assert clusterer.bound_.tolist() == [False]


def test_a_row_opens_its_own_cluster_where_all_are_barred() -> None:
    X = csr_matrix(np.array([[1, 0], [1, 0.1]], dtype=np.float32))
    apart = Constraint(1, apart=(frozenset({0}), frozenset({1})))
    clusterer = StreamingClusterer(threshold=0.5, carriers=1.0).restore([], 0)
    clusterer.obey(placed(apart, places={0: 1, 1: 2}, afresh=True))
    clusterer.partial_fit(X, times=[0, 0], keys=[0, 1])
    assert clusterer.labels_.tolist() == [0, 1]
    assert clusterer.opened_.tolist() == [True, True]
    assert clusterer.barred_.tolist() == [NONE, 0]


def test_a_row_goes_where_it_belongs_however_unlike_it_is() -> None:
    X = csr_matrix(np.array([[1, 0], [0, 1], [0.1, 1]], dtype=np.float32))
    together = Constraint(1, together=frozenset({0, 2}))
    clusterer = StreamingClusterer(threshold=0.5, carriers=1.0).restore([], 0)
    clusterer.obey(placed(together, places={0: 1, 2: 1}, afresh=True))
    clusterer.partial_fit(X, times=[0, 0, 0], keys=[0, 1, 2])
    assert clusterer.labels_.tolist() == [0, 1, 0]
    assert clusterer.bound_.tolist() == [False, False, True]
    assert clusterer.runner_up_.tolist()[2] == 1


@pytest.mark.parametrize("n_said", [0, 3])
def test_rows_nobody_spoke_of_are_not_known(n_said: int) -> None:
    constraint = Constraint(1, together=frozenset(range(n_said)))
    constraints = placed(constraint, places=dict.fromkeys(range(n_said), 1))
    assert (5 in constraints) is False
    assert bool(constraints) is (n_said > 0)


def test_a_merge_that_people_forbid_is_told_once() -> None:
    X = csr_matrix(np.array([[0.9, 0.44, 0], [0.9, 0, 0.44]], np.float32))
    told = []
    for forbidden in (True, False):
        clusterer = StreamingClusterer(threshold=0.99, carriers=1.0).restore([], 0)
        clusterer.partial_fit(X[:2], times=[0, 0], keys=[0, 1])
        assert clusterer.labels_.tolist() == [0, 1]
        apart = Constraint(1, apart=(frozenset({0}), frozenset({1})))
        if forbidden:
            clusterer.obey(placed(apart, places={0: 0, 1: 1}))
        for _ in range(2):
            clusterer._pairs = {(0, 1)}
            clusterer.regroup()
            told.append(len(clusterer.refused_merges_))
        assert len(clusterer.clusters_) == (2 if forbidden else 1)
    assert told == [1, 0, 0, 0]
