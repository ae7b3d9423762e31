"""Polls saved together: searchable at once, told apart where one cannot be saved."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings
from aggregator.models import Entry, FeedConfig, Outcome, Poll
from aggregator.passes.polls import PollPass
from aggregator.store import Store, open_store
from tests.feedhouse import feed_house, rss

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "a.db")
    opened.sync_feeds(
        [FeedConfig(f"https://{name}.example/", name) for name in "abc"], NOW
    )
    yield opened
    opened.close()


def poll(feed_id: int, *entries: Entry, at: datetime = NOW) -> Poll:
    return Poll(
        feed_id, at, at, Outcome.OK, at + HOUR, status=200, etag="e", entries=entries
    )


def entry(key: str, title: str) -> Entry:
    return Entry(key, f"https://e.example/{key}", title, "words of a summary")


def titles(store: Store, query: str) -> list[str]:
    return sorted(hit.item.title for hit in store.search(query))


def check_index(path: Path) -> None:
    """Have SQLite hold the search index against the items; it raises where they differ."""
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO items_fts (items_fts, rank) VALUES ('integrity-check', 1)"
    )
    connection.close()


def test_items_of_many_polls_are_found_at_once(store: Store, tmp_path: Path) -> None:
    counts = store.save_polls(
        [
            poll(1, entry("1", "Harbour closed"), entry("2", "Harbour open")),
            poll(2),
            poll(3, entry("1", "Ferry late")),
        ]
    )
    assert list(counts) == [2, 0, 1]
    assert titles(store, "harbour") == ["Harbour closed", "Harbour open"]
    assert titles(store, "ferry") == ["Ferry late"]
    check_index(tmp_path / "a.db")


def test_an_edit_in_the_same_batch_as_the_item_is_found(
    store: Store, tmp_path: Path
) -> None:
    store.save_polls(
        [
            poll(1, entry("1", "Ferry late")),
            poll(2, entry("2", "Bridge shut")),
            poll(1, entry("1", "Ferry cancelled"), at=NOW + HOUR),
        ]
    )
    assert titles(store, "late") == []
    assert titles(store, "cancelled") == ["Ferry cancelled"]
    check_index(tmp_path / "a.db")


def test_an_entry_that_cannot_be_stored_costs_itself_alone(
    store: Store, tmp_path: Path
) -> None:
    bad = replace(entry("bad", "lone \ud800 half"), key="bad")
    counts = store.save_polls(
        [poll(1, entry("1", "One"), bad, entry("3", "Three")), poll(2, entry("1", "X"))]
    )
    assert list(counts) == [2, 1]
    assert store.polls(1)[0].skipped_count == 1
    assert titles(store, "words") == ["One", "Three", "X"]
    check_index(tmp_path / "a.db")


def test_polls_are_stored_all_or_none(store: Store) -> None:
    bad = replace(poll(2), title="lone \ud800 half")
    with pytest.raises(UnicodeEncodeError):
        store.save_polls([poll(1, entry("1", "One")), bad])
    assert titles(store, "one") == []
    assert store.feed(1).etag == ""  # validators are never ahead of the items
    assert store.save_poll(poll(1, entry("1", "One"))) == 1


def test_a_pass_polls_every_feed_once_however_often_it_is_asked(
    tmp_path: Path,
) -> None:
    with feed_house() as house:
        for number in range(30):
            house.serve(f"{number}", rss((f"Title {number}", "words", NOW - HOUR)))
        settings = replace(
            Settings(),
            feeds=tuple(FeedConfig(house.url(f"{n}"), f"{n}") for n in range(30)),
            allow_private=("127.0.0.0/8",),
            per_host_spacing=timedelta(0),
            per_host_concurrency=8,
        )
        store = open_store(tmp_path / "a.db")
        store.sync_feeds(settings.feeds, NOW)
        polls = PollPass(store, settings, lambda: NOW, threading.Event())
        for _ in range(3):
            assert polls.run(due_only=False).polled == 30
        polls.close()
        assert len(store.search("words")) == 30
        store.close()
