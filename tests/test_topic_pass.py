"""Topics over a store: scored again when they change, taught when the stream grows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings
from aggregator.models import Entry, FeedConfig, Outcome, Poll, Topic
from aggregator.passes.groups import GroupPass
from aggregator.passes.topics import FIRST_TEXTS, TopicPass
from aggregator.store import Store, open_store
from tests.stops import StopAt

NOW = datetime(2026, 3, 6, 13, 30, tzinfo=UTC)
FEEDS = (
    FeedConfig("https://a.example/feed", "Wire", outlet="Wire"),
    FeedConfig("https://b.example/feed", "Port News", category="ports"),
)
PIECE = (
    "The harbour needs a deeper channel. Container ships of the new size cannot berth "
    "at the old quays, and the pilots refuse to bring large vessels in at low tide."
)
BY_EXAMPLE = Topic("Harbours", "harbours", examples=(PIECE,))
STRIKE = ("Stevedores strike", "Stevedores say that they will not return to work.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "test.db")
    store.sync_feeds(FEEDS, NOW)
    yield store
    store.close()


def save(store: Store, feed: str, *texts: tuple[str, str]) -> None:
    """Store items of a feed, a minute apart."""
    found = next(one for one in store.feeds() if one.name == feed)
    start = store.status().item_count
    entries = tuple(
        Entry(
            f"{start + n}",
            f"https://x.example/{start + n}",
            title,
            summary,
            "",
            "",
            published_at=NOW - timedelta(minutes=start + n),
        )
        for n, (title, summary) in enumerate(texts)
    )
    store.save_poll(Poll(found.id, NOW, NOW, Outcome.OK, None, entries=entries))


def group(store: Store, *topics: Topic) -> GroupPass:
    """Do what one cycle of a daemon does that has just started."""
    store.sync_topics(topics, NOW)
    settings = Settings(feeds=FEEDS, topics=topics)
    groups = GroupPass(store, settings, lambda: NOW, threading.Event())
    groups.topics.learn()
    groups.topics.run()
    groups.run()
    return groups


def harbours(start: int, count: int) -> list[tuple[str, str]]:
    """Texts of which one in ten is about harbours, and most of these of stevedores."""
    return [
        (f"Container ships wait, {n}", "Stevedores walk off the quays; pilots stay.")
        if n % 10 == 0
        else (f"Plum cake {n}", f"Stone the plums, beat the eggs, and bake {n} cakes.")
        for n in range(start, start + count)
    ]


def scores(store: Store, slug: str) -> dict[str, float]:
    feeds = store.feeds()
    items = [i for feed in feeds for i in store.feed_items(feed.id, limit=2000)]
    found = store.item_topics([item.id for item in items])
    return {
        item.title: score.score
        for item in items
        for score in found.get(item.id, ())
        if score.slug == slug
    }


def test_an_edited_definition_scores_the_last_month_again(store: Store) -> None:
    save(store, "Wire", ("A quay falls", "Into the water."), ("A crane", "It stands."))
    group(store, Topic("Harbours", "harbours", any=("quay",)))
    assert set(scores(store, "harbours")) == {"A quay falls"}
    groups = group(store, Topic("Harbours", "harbours", any=("crane",)))
    assert set(scores(store, "harbours")) == {"A crane"}
    assert store.stale_topics() == ()
    assert groups.topics.run() == 0


def test_a_topic_for_some_feeds_scores_what_they_bring(store: Store) -> None:
    save(store, "Wire", ("A quay falls", "Into the water."))
    save(store, "Port News", ("A quay stands", "On dry land."))
    group(store, Topic("Harbours", "harbours", any=("quay",), feeds=("Port News",)))
    assert set(scores(store, "harbours")) == {"A quay stands"}


def test_copies_of_one_text_are_one_voice_in_a_cluster(store: Store) -> None:
    text = (
        "The bridge over the lower river was closed for good after cracks, near a quay."
    )
    wire = [("Old bridge closed for good", f"(AP) — {text} {text}")]
    save(store, "Wire", *wire)
    save(store, "Port News", *wire)
    group(store, Topic("Harbours", "harbours", any=("quay",)))
    (card,) = store.clusters()
    assert (card.cluster.item_count, card.cluster.report_count) == (2, 1)
    assert dict(card.topics[0].parts) == {"reports": 1.0, "of": 1.0}
    store.sync_topics([Topic("Harbours", "harbours", any=("quay", "bridge"))], NOW)
    group(store, Topic("Harbours", "harbours", any=("quay", "bridge")))
    assert dict(store.clusters()[0].topics[0].parts) == {"reports": 1.0, "of": 1.0}


def test_examples_learn_from_the_stream_when_it_is_long_enough_and_has_doubled(
    store: Store,
) -> None:
    save(store, "Wire", STRIKE, *harbours(0, FIRST_TEXTS - 2))
    group(store, BY_EXAMPLE)
    assert store.topic_profiles()["harbours"].text_count == FIRST_TEXTS - 1
    assert STRIKE[0] in scores(store, "harbours")
    save(store, "Wire", *harbours(FIRST_TEXTS, FIRST_TEXTS - 10))
    groups = group(store, BY_EXAMPLE)
    groups.topics.learn()
    assert groups.topics.run() == 0
    assert store.topic_profiles()["harbours"].text_count == FIRST_TEXTS - 1
    save(store, "Wire", *harbours(2 * FIRST_TEXTS, 20))
    groups.topics.learn()
    assert groups.topics.run() > 0
    assert store.topic_profiles()["harbours"].text_count == 2 * FIRST_TEXTS + 9


def test_what_was_learned_is_kept_until_the_examples_change(store: Store) -> None:
    save(store, "Wire", STRIKE, *harbours(0, FIRST_TEXTS))
    first = group(store, BY_EXAMPLE)
    again = group(store, BY_EXAMPLE)
    assert again.topics.profiles == first.topics.profiles
    again.topics.learn()
    assert again.topics.run() == 0
    cake = Topic("Harbours", "harbours", examples=("Beat the eggs, stone the plums",))
    group(store, cake)
    assert store.topic_profiles()["harbours"].examples == cake.examples
    assert "Container ships wait, 0" not in scores(store, "harbours")


def test_a_stored_item_can_be_an_example(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    save(store, "Wire", ("Container ships wait", PIECE), *harbours(1, 30))
    asked = Topic(
        "Harbours",
        "harbours",
        examples=("http://x.example/0?utm_source=a", "https://x.example/unknown"),
    )
    group(store, asked)
    assert "Container ships wait" in scores(store, "harbours")
    assert (
        "example_unknown topic=harbours line=0 url=https://x.example/unknown"
        in caplog.text
    )


def test_an_example_that_comes_later_is_learned_from(store: Store) -> None:
    save(store, "Wire", *harbours(1, 30))
    wanted = "https://x.example/31"
    asked = Topic("Harbours", "harbours", examples=("Plum cake", wanted))
    groups = group(store, asked)
    assert store.topic_profiles()["harbours"].missing == (wanted,)
    before = store.topic_profiles()
    groups.topics.learn()
    assert store.topic_profiles() == before
    save(store, "Wire", STRIKE, ("Container ships wait", PIECE))
    assert store.items_at([wanted])[wanted].title == "Container ships wait"
    groups.topics.learn()  # it is looked for every five minutes
    assert store.topic_profiles() == before
    again = group(store, asked)  # and after a start
    assert store.topic_profiles()["harbours"].missing == ()
    assert "Container ships wait" in scores(store, "harbours")
    after = store.topic_profiles()
    again.topics.learn()
    assert store.topic_profiles() == after


def test_a_stop_ends_learning_and_the_next_start_learns_it_all(store: Store) -> None:
    save(store, "Wire", *harbours(1, 300))
    asked = Topic("Harbours", "harbours", examples=(PIECE,))
    store.sync_topics([asked], NOW)
    settings = Settings(feeds=FEEDS, topics=(asked,))
    looks = StopAt(50)
    TopicPass(store, settings, lambda: NOW, looks).learn()
    assert store.topic_profiles() == {}
    assert -5 < looks.n <= 0  # no text was read after it
    TopicPass(store, settings, lambda: NOW, threading.Event()).learn()
    assert store.topic_profiles()["harbours"].text_count == 300


def test_a_database_without_profiles_gets_their_table(tmp_path: Path) -> None:
    store = open_store(tmp_path / "test.db")
    assert store.topic_profiles() == {}
    assert store.items_at([]) == {}
    assert (store.newest_texts(5), store.count_items(5)) == ((), 0)
    store.close()
