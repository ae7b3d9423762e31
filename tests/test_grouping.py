"""Batches through the `Grouper` and the store: the plan, and going on after a restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config import Settings
from aggregator.demo import load_week
from aggregator.grouping import Grouper
from aggregator.models import DecisionKind, Entry, FeedConfig, Item, Outcome, Poll
from aggregator.passes import groups
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from aggregator.topics import TopicScorer, compile_topics

NOW = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)
WINDOW = timedelta(days=5)


def week() -> list[Item]:
    """Return the demo's items, with ids in the order of their times."""
    told = sorted(
        (item for item in load_week().items if item.age is not None),
        key=lambda item: (-(item.age or WINDOW), item.title),
    )
    return [
        Item(
            id=number,
            feed_id=1,
            feed_name=item.outlet,
            source=item.outlet,
            url="",
            title=item.title,
            summary=item.summary,
            author="",
            published_at=None,
            first_seen_at=NOW,
            at=(NOW - (item.age or WINDOW)).replace(microsecond=0),
        )
        for number, item in enumerate(told, 1)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "test.db")
    yield store
    store.close()


def pour(store: Store, items: Sequence[Item], batch: int, *, restart: bool) -> None:
    """Store the items and cluster them in batches, each by a new process or by one."""
    configs = [FeedConfig("https://demo.example/feed", "Demo")]
    pipeline = Pipeline(store, Settings(feeds=tuple(configs)), now=lambda: NOW)
    for start in range(0, len(items), batch):
        entries = tuple(
            Entry(str(i.id), "", i.title, i.summary, published_at=i.at)
            for i in items[start : start + batch]
        )
        poll = Poll(1, NOW, NOW, Outcome.OK, None, status=200, entries=entries)
        store.save_poll(poll)
        if restart:
            pipeline = Pipeline(store, pipeline.settings, now=lambda: NOW)
        pipeline.groups.run()


def partition(store: Store) -> set[frozenset[str]]:
    found: dict[int | None, set[str]] = {}
    for item in store.feed_items(1, limit=1000):
        found.setdefault(item.cluster_id, set()).add(item.title)
    assert None not in found
    return set(map(frozenset, found.values()))


def test_a_process_that_restarts_after_every_batch_makes_the_same_clusters(
    tmp_path: Path,
) -> None:
    items = week()
    found = []
    for restart in (False, True):
        store = open_store(tmp_path / f"{restart}.db")
        pour(store, items, 40, restart=restart)
        found.append(partition(store))
        store.close()
    assert found[0] == found[1]


def test_batches_that_are_stored_together_make_the_same_clusters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = week()
    monkeypatch.setattr(groups, "BATCH", 30)
    found = []
    for together in (30, len(items)):
        store = open_store(tmp_path / f"{together}.db")
        pour(store, items, together, restart=False)
        ids = [item.id for item in store.feed_items(1, limit=1000)]
        origins = {id: one.origin_id for id, one in store.carriers(ids).items()}
        counts = [
            (store.cluster(id).item_count, store.cluster(id).split_from)
            for id in range(1, store.last_cluster_id() + 1)
        ]
        found.append((partition(store), origins, counts))
        store.close()
    assert found[0] == found[1]
    assert any(split_from for _, split_from in found[0][2])


def test_a_cluster_that_closed_before_its_batches_are_stored_has_its_name(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "BATCH", 40)
    items = [
        replace(item, at=item.at - (timedelta(days=30) if item.id <= 60 else WINDOW))
        for item in week()
    ]
    pour(store, items, len(items), restart=False)
    for item in store.feed_items(1, limit=1000):
        cluster = store.cluster(item.cluster_id or 0)
        assert cluster.headline
        assert cluster.words


def test_the_store_holds_what_the_clusterer_holds(store: Store) -> None:
    pour(store, week(), 60, restart=False)
    for cluster in store.open_clusters(NOW - WINDOW):
        items = store.cluster_items(cluster.id)
        assert cluster.size == len(items) == len(cluster.members)
        assert (cluster.first_at, cluster.last_at) == (items[0].at, items[-1].at)
        card = store.cluster(cluster.id)
        assert card.item_count == len(items)
        assert card.headline


def test_every_membership_is_explained_by_the_ledger(store: Store) -> None:
    """The last row about an item, with the merges after it, leads to where it is."""
    pour(store, week(), 30, restart=False)
    kinds = set()
    for item in store.feed_items(1, limit=1000):
        decisions = store.item_decisions(item.id)
        kinds |= {decision.kind for decision in decisions}
        last = decisions[-1].cluster_id
        assert last is not None
        cluster = store.cluster(last)
        assert item.cluster_id == (cluster.merged_into or cluster.id)
    assert kinds >= {DecisionKind.OPENED, DecisionKind.JOINED}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_inside_a_batch_changes_nothing(random) -> None:  # type: ignore[no-untyped-def]
    items = week()[:90]
    shuffled = items.copy()
    random.shuffle(shuffled)
    plans = []
    for batch in (items, shuffled):
        grouper = Grouper(TopicScorer(compile_topics(())), WINDOW)
        plans.append(grouper.assign(batch, NOW))
    assert plans[0] == plans[1]


@pytest.mark.parametrize("text", ["", "the", "🙂", "的", "a b c", "2026"])
def test_a_thousand_equal_items_break_nothing(text: str) -> None:
    item = replace(week()[0], title=text, summary="")
    items = [replace(item, id=number) for number in range(1, 1001)]
    grouper = Grouper(TopicScorer(compile_topics(())), WINDOW)
    for start in range(0, 1000, 500):
        batch = items[start : start + 500]
        assignment = grouper.assign(batch, NOW)
        assert len(assignment.joins) == 500
        grouper.plan([assignment], {}, {}, {}, NOW)


def test_words_that_carried_a_score_are_words_of_the_item() -> None:
    grouper = Grouper(TopicScorer(compile_topics(())), WINDOW)
    assignment = grouper.assign(week()[:80], NOW)
    by_id = {item.id: item for item in assignment.items}
    joined = [j for j in assignment.joins if j.kind is DecisionKind.JOINED]
    assert joined
    for join in joined:
        item = by_id[join.item_id or 0]
        text = f"{item.title} {item.summary}".casefold()
        assert join.shared_terms
        assert sum(term.part for term in join.shared_terms) <= 1.001
        assert any(term.term[:4] in text for term in join.shared_terms)
        assert all(term.term != "?" for term in join.shared_terms)
