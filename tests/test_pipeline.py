"""From feeds on loopback to clusters in SQLite, through the real pipeline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings
from aggregator.models import DecisionKind, FeedConfig, FeedState, Topic
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from aggregator.topics import TopicScorer
from tests.feedhouse import FeedHouse, feed_house, rss

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
BRIDGE = (
    (
        "Santa Brisa bridge closed after inspectors find a cracked pier",
        "Inspectors closed the Santa Brisa bridge on Friday after a crack was found in a pier.",
    ),
    (
        "Cracked pier shuts Santa Brisa bridge to all traffic",
        "The bridge at Santa Brisa is shut: a pier is cracked, inspectors said on Friday.",
    ),
)
OTHER = (
    "Orchard growers expect a late apple harvest",
    "Cold nights delayed the blossom by two weeks, growers in the valley say.",
)


@pytest.fixture
def house() -> Iterator[FeedHouse]:
    with feed_house() as house:
        yield house


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def make(tmp_path: Path, house: FeedHouse) -> Iterator[Callable[..., Pipeline]]:
    made: list[Pipeline] = []

    def make(*names: str, topics: tuple[Topic, ...] = ()) -> Pipeline:
        settings = Settings(
            allow_private=(f"127.0.0.1:{house.port}",),
            per_host_spacing=timedelta(0),
            per_host_concurrency=8,
            feeds=tuple(FeedConfig(house.url(name), name) for name in names),
            topics=topics,
        )
        pipeline = Pipeline(open_store(tmp_path / "test.db"), settings, now=Clock())
        made.append(pipeline)
        return pipeline

    yield make
    for pipeline in made:
        pipeline.close()
        pipeline.store.close()


def feed_named(store: Store, name: str):  # type: ignore[no-untyped-def]
    return next(feed for feed in store.feeds() if feed.name == name)


def test_items_are_clustered_in_the_cycle_they_were_fetched(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve(
        "a",
        rss((*BRIDGE[0], NOW - timedelta(hours=2)), (*OTHER, NOW - timedelta(hours=3))),
    )
    house.serve("b", rss((*BRIDGE[1], NOW - timedelta(hours=1))))
    pipeline = make("a", "b", topics=(Topic("Bridges", "bridges", any=("bridge",)),))
    counts = pipeline.cycle()
    assert (counts.polls.polled, counts.polls.new_items, counts.clustered) == (2, 3, 3)
    cards = pipeline.store.busiest_clusters(since=NOW - timedelta(days=1))
    assert [(card.cluster.item_count, card.cluster.source_count) for card in cards] == [
        (2, 2),
        (1, 1),
    ]
    assert [card.topics[0].slug for card in cards if card.topics] == ["bridges"]


def test_every_item_has_a_decision_with_the_words_that_carried_it(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve(
        "a",
        rss(
            (*BRIDGE[0], NOW - timedelta(hours=2)),
            (*BRIDGE[1], NOW - timedelta(hours=1)),
        ),
    )
    pipeline = make("a")
    pipeline.cycle()
    items = pipeline.store.cluster_items(1)
    first, second = (pipeline.store.item_decisions(item.id)[0] for item in items)
    assert (first.kind, second.kind) == (DecisionKind.OPENED, DecisionKind.JOINED)
    assert second.score >= second.threshold > first.score
    words = [term.term for term in second.shared_terms]
    assert "bridge" in words
    assert "pier" in words
    assert sum(term.part for term in second.shared_terms) == pytest.approx(1, abs=0.35)
    assert second.config_hash == first.config_hash != ""


def test_the_second_poll_is_conditional_and_a_304_changes_nothing(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve("a", rss((*OTHER, NOW)), ETag='W/"a b"')
    pipeline = make("a")
    pipeline.cycle()
    counts = pipeline.cycle(due_only=False)
    assert (counts.polls.polled, counts.polls.failed, counts.polls.new_items) == (
        1,
        0,
        0,
    )
    assert house.requests("a")[0].headers.get("If-None-Match") is None
    assert house.requests("a")[1].headers["If-None-Match"] == 'W/"a b"'
    feed = feed_named(pipeline.store, "a")
    assert (feed.state, feed.last_status, feed.item_count) == (FeedState.OK, 304, 1)


def test_one_bad_feed_never_hurts_another(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve("good", rss((*OTHER, NOW)))
    house.serve(
        "html",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        Content_Type="text/html",
    )
    house.serve("torn", rss((*BRIDGE[0], NOW))[:300])
    house.serve("empty", b"")
    house.serve("down", b"oops", status=500)
    pipeline = make("good", "html", "torn", "empty", "down", "missing")
    pipeline.cycle()
    feeds = {feed.name: feed for feed in pipeline.store.feeds()}
    assert feeds["good"].state is FeedState.OK
    assert feeds["good"].item_count == 1
    assert "HTML" in feeds["html"].last_error
    assert "empty" in feeds["empty"].last_error.lower()
    assert "500" in feeds["down"].last_error
    assert "404" in feeds["missing"].last_error
    for name in ("html", "empty", "down", "missing"):
        feed = feeds[name]
        assert (feed.state, feed.failure_count, feed.etag) == (FeedState.ERROR, 1, "")
        assert feed.next_poll_at is not None
        assert feed.next_poll_at > NOW
    assert feeds["torn"].state in (FeedState.WARN, FeedState.ERROR)


def test_a_feed_recovers_by_itself(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve("a", b"", status=503)
    pipeline = make("a")
    pipeline.cycle()
    house.serve("a", rss((*OTHER, NOW)))
    pipeline.now.at = NOW + timedelta(days=2)  # type: ignore[attr-defined]
    pipeline.cycle()
    feed = feed_named(pipeline.store, "a")
    assert (feed.state, feed.last_error, feed.failure_count) == (FeedState.OK, "", 0)


def test_a_restart_goes_on_with_the_clusters_it_had(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve(
        "a",
        rss((*BRIDGE[0], NOW - timedelta(hours=2)), (*OTHER, NOW - timedelta(hours=3))),
    )
    first = make("a")
    first.cycle()
    before = first.store.term_counts()
    first.store.close()
    house.serve("b", rss((*BRIDGE[1], NOW - timedelta(hours=1))))
    again = make("a", "b")
    assert again.store.term_counts() == before
    again.cycle()
    bridge = again.store.busiest_clusters(since=NOW - timedelta(days=1))[0].cluster
    assert (bridge.item_count, bridge.source_count) == (2, 2)
    assert again.store.term_counts()[0] == 3


def test_one_item_at_a_time_or_all_at_once_gives_the_same_clusters_again_after_a_restart(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve("a", rss((*BRIDGE[0], NOW - timedelta(hours=2))))
    make("a").cycle()
    house.serve(
        "a",
        rss(
            (*BRIDGE[0], NOW - timedelta(hours=2)),
            (*BRIDGE[1], NOW - timedelta(hours=1)),
        ),
    )
    later = make("a")
    later.now.at = NOW + timedelta(hours=2)  # type: ignore[attr-defined]
    later.cycle()
    assert later.store.cluster(1).item_count == 2


def test_a_new_topic_finds_what_was_stored_before(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve("a", rss((*BRIDGE[0], NOW), (*OTHER, NOW)))
    pipeline = make("a")
    pipeline.cycle()
    topic = Topic("Orchards", "orchards", any=("apple", "orchard"))
    pipeline.use(replace(pipeline.settings, topics=(topic,)))
    pipeline.cycle()
    cards = pipeline.store.clusters(topic="orchards")
    assert [card.cluster.headline for card in cards] == [OTHER[0]]


def test_a_poison_item_is_set_aside_and_the_others_are_clustered(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    house.serve("a", rss((*BRIDGE[0], NOW), ("poison", "x"), (*OTHER, NOW)))
    pipeline = make("a")
    pipeline.polls.run()
    real = pipeline.groups.topics.scorer.matcher

    class Poisoned:
        """A matcher that one item breaks: what a bug in it would do."""

        thresholds = real.thresholds

        def score(self, title: str, summary: str, feed: str):  # type: ignore[no-untyped-def]
            if title == "poison":
                raise ZeroDivisionError
            return real.score(title, summary, feed)

    pipeline.groups.topics.scorer = TopicScorer(Poisoned())  # type: ignore[arg-type]
    pipeline.groups.run()
    assert pipeline.store.waiting_items() == ()
    items = pipeline.store.feed_items(feed_named(pipeline.store, "a").id)
    aside = [item for item in items if item.cluster_id is None]
    assert [item.title for item in aside] == ["poison"]
    assert pipeline.store.item_decisions(aside[0].id)[0].kind is DecisionKind.SET_ASIDE


@pytest.mark.parametrize(
    "title", ["", "...", "the of and", "🙂🙂", "的", "‏", "a" * 3000]
)
def test_items_without_a_usable_word_break_nothing(
    make: Callable[..., Pipeline], house: FeedHouse, title: str
) -> None:
    house.serve("a", rss((title, ""), (title + " ", ""), (*OTHER, NOW)))
    pipeline = make("a")
    pipeline.cycle()
    assert pipeline.store.waiting_items() == ()


def test_a_stop_gives_back_the_feeds_that_were_not_polled(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    names = [f"f{n}" for n in range(30)]
    for name in names:
        house.serve(name, rss((f"{name} says", "something")))
    pipeline = make(*names)
    pipeline.stop.set()
    assert pipeline.cycle().polls.polled == 0
    pipeline.stop.clear()
    assert pipeline.cycle().polls.polled == 30


def test_nothing_is_read_while_the_network_is_slow(
    make: Callable[..., Pipeline], house: FeedHouse
) -> None:
    """No transaction is open during a fetch: another writer gets through."""
    pipeline = make("a")
    release = threading.Event()

    class Slow(dict):  # type: ignore[type-arg]
        def get(self, *key):  # type: ignore[no-untyped-def]
            release.wait(5)
            return super().get(*key)

    house.answers = Slow(a=(200, {}, rss((*OTHER, NOW))))
    polling = threading.Thread(target=pipeline.cycle)
    polling.start()
    while not house.asked:
        threading.Event().wait(0.01)
    pipeline.store.sync_topics([], NOW)
    release.set()
    polling.join()
    assert feed_named(pipeline.store, "a").item_count == 1
