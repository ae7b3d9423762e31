"""Guids that change: what was stored before is found again, what is new stays new."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.limits import Limits
from aggregator.models import FeedConfig, Item, Outcome, Poll
from aggregator.parse.entries import document_of
from aggregator.parse.said import Said, SaidFeed
from aggregator.store import Store, open_store

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SITE = "https://e.example"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(tmp_path / "test.db")) as store:
        store.sync_feeds([FeedConfig(f"{SITE}/feed", "E")], NOW)
        yield store


def said(
    title: str,
    guid: str = "",
    link: str = "",
    text: str = "",
    days: float | None = None,
) -> Said:
    at = None if days is None else NOW - days * DAY
    return Said(
        guid=guid,
        link=f"{SITE}{link}" if link else "",
        title=title,
        summary=text,
        published_at=at,
    )


def save(store: Store, *documents: Sequence[Said]) -> list[Item]:
    """Poll documents, one after the other; return the items that are stored then."""
    feed = store.feeds()[0]
    for number, entries in enumerate(documents):
        at = NOW + number * DAY
        document = document_of(SaidFeed("", "", "", tuple(entries)), SITE, at, Limits())
        store.save_poll(
            Poll(feed.id, at, at, Outcome.OK, at + DAY, entries=document.entries)
        )
    items = list(store.feed_items(feed.id, limit=500))
    assert store.feeds()[0].item_count == len(items)
    return items


def test_guids_that_change_with_every_poll_make_no_doubles(store: Store) -> None:
    polls = [
        [said(f"T{n}", f"{n}-{k}", f"/{n}", f"Text {n}", n) for n in range(5)]
        for k in range(4)
    ]
    assert len(save(store, *polls)) == 5


def test_guids_and_dates_that_change_with_every_poll_make_no_doubles(
    store: Store,
) -> None:
    polls = [
        [said(f"T{n}", f"{n}-{k}", f"/{n}", "Text", -k) for n in range(5)]
        for k in range(4)
    ]
    assert len(save(store, *polls)) == 5


def test_without_links_title_and_text_tell_that_only_the_guid_changed(
    store: Store,
) -> None:
    polls = [
        [said(f"T{n}", f"{n}-{k}", text=f"Text {n}") for n in range(5)]
        for k in range(3)
    ]
    assert len(save(store, *polls)) == 5


def test_a_title_edited_along_with_its_guid_is_a_revision(
    store: Store, tmp_path: Path
) -> None:
    first = [said(f"T{n}", f"{n}-1", f"/{n}", days=n) for n in range(3)]
    edited = [said(f"T{n}!", f"{n}-2", f"/{n}", days=n) for n in range(3)]
    items = save(store, first, edited)
    assert {item.title for item in items} == {"T0!", "T1!", "T2!"}
    with closing(sqlite3.connect(tmp_path / "test.db")) as db:
        revised = db.execute("SELECT item_id FROM item_revisions").fetchall()
    assert sorted(revised) == sorted((item.id,) for item in items)


def test_undated_titles_edited_along_with_all_guids_are_revisions(
    store: Store,
) -> None:
    polls = [[said(f"T{n} {k}", f"{n}-{k}", f"/{n}") for n in range(3)] for k in "abc"]
    assert len(save(store, *polls)) == 3


@pytest.mark.parametrize("turn", [1, -1])
def test_a_guid_shared_in_one_document_and_alone_in_another_makes_no_doubles(
    store: Store, turn: int
) -> None:
    many = [said(f"T{n}", "same", f"/{n}", days=n) for n in range(3)]
    assert len(save(store, *[many, many[:1], many][::turn])) == 3


def test_items_that_all_share_one_link_stay_apart(store: Store) -> None:
    polls = [
        [said(f"T{n} of {k}", f"{n}-{k}", "/news", f"Text {n} {k}") for n in range(4)]
        for k in range(3)
    ]
    assert len(save(store, *polls)) == 12


def test_items_that_all_share_one_link_are_known_by_title_and_text(
    store: Store,
) -> None:
    polls = [
        [said(f"T{n}", f"{n}-{k}", "/news", f"Text {n}") for n in range(4)]
        for k in range(3)
    ]
    assert len(save(store, *polls)) == 4


def test_a_bulletin_that_keeps_its_link_is_a_new_item_every_hour(store: Store) -> None:
    polls = [[said(f"News at {k}", f"g{k}", "/bulletin", days=-k)] for k in range(6)]
    assert len(save(store, *polls)) == 6


def test_a_show_of_one_title_and_link_is_new_with_every_text_and_date(
    store: Store,
) -> None:
    polls = [[said("Tonight", f"g{k}", "/tonight", f"Guest {k}", -k)] for k in range(6)]
    assert len(save(store, *polls)) == 6


def test_an_item_that_is_still_there_is_nobody_else(store: Store) -> None:
    first = said("T", "1", "/t", "Text", 1)
    second = said("T", "2", "/other", "Text", 1)
    assert len(save(store, [first], [second, first])) == 2
    assert len(save(store, [first], [said("T", "3", "/t", "Text", 1), first])) == 3


def test_two_entries_never_become_one_item(store: Store) -> None:
    first = [said("T", "1", "/t", "Text")]
    both = [said("T", "2", "/t", "Text"), said("T", "3", "/t", "Text")]
    assert len(save(store, first, both)) == 3


def test_a_link_that_changes_without_any_guid_makes_no_doubles(store: Store) -> None:
    polls = [[said("T", link=f"/t?sid={k}", text="Text", days=1)] for k in range(3)]
    assert len(save(store, *polls)) == 1


def test_after_a_change_of_all_guids_the_new_ones_count(store: Store) -> None:
    old = [said(f"T{n}", f"old-{n}", f"/{n}", days=n) for n in range(3)]
    new = [said(f"T{n}", f"new-{n}", f"/{n}", days=n) for n in range(3)]
    edited = [said(f"T{n}!", f"new-{n}", f"/moved/{n}", days=9) for n in range(3)]
    items = save(store, old, new, edited)
    assert {item.title for item in items} == {"T0!", "T1!", "T2!"}
