"""Edits of headlines and leads: kept as they come, shown where the item stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.edits import LEAD_CHARS, Edit, edits_of, lead_of
from aggregator.models import Entry
from aggregator.store import Store
from tests import sample
from tests.browsing import empty_store, page, site_over, text_of
from tests.sample import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with empty_store(tmp_path / "own.db") as store:
        yield store


def say(store: Store, hours: int, title: str, summary: str) -> int:
    """Have a feed say this of its one item, so many hours after `NOW`."""
    at = NOW + hours * HOUR
    feed = store.feeds()[0]
    entry = Entry("1", "https://x.example/1", title, summary, published_at=NOW)
    store.save_poll(
        sample.poll(feed.id, at, started_at=at, finished_at=at, entries=(entry,))
    )
    return store.feed_items(feed.id)[0].id


def edits(store: Store, item_id: int) -> tuple[Edit, ...]:
    return edits_of(store.item(item_id), store.revisions([item_id]).get(item_id, ()))


def test_a_headline_and_a_lead_that_are_edited_are_told_apart(store: Store) -> None:
    item = say(store, 0, "Nine hurt at the lock", "A gate gave way.")
    assert edits(store, item) == ()
    say(store, 1, "Twelve hurt at the lock", "A gate gave way.")
    say(store, 2, "Twelve hurt at the lock", "A gate gave way at noon.")
    say(store, 3, "Twelve hurt as lock gate breaks", "A gate gave way at one.")
    assert edits(store, item) == (
        Edit(NOW + HOUR, True, "Nine hurt at the lock", "Twelve hurt at the lock"),
        Edit(NOW + 2 * HOUR, False, "A gate gave way.", "A gate gave way at noon."),
        Edit(
            NOW + 3 * HOUR,
            True,
            "Twelve hurt at the lock",
            "Twelve hurt as lock gate breaks",
        ),
        Edit(
            NOW + 3 * HOUR, False, "A gate gave way at noon.", "A gate gave way at one."
        ),
    )


def test_what_changes_below_the_lead_is_no_edit(store: Store) -> None:
    long = "word " * LEAD_CHARS
    item = say(store, 0, "Nine hurt", long)
    say(store, 1, "Nine hurt", f"{long} and more")
    assert edits(store, item) == ()
    assert store.item(item).summary.endswith("more")
    assert len(lead_of(long)) <= LEAD_CHARS + 2


def test_a_lead_that_changes_at_every_poll_does_not_fill_the_database(
    store: Store,
) -> None:
    for hours in range(30):
        item = say(store, hours, "Nine hurt", f"{hours} comments")
    assert len(store.revisions([item])[item]) == 10
    say(store, 31, "Ten hurt", "31 comments")
    assert edits(store, item)[-2].after == "Ten hurt"


def test_a_headline_that_changes_at_every_poll_does_not_fill_the_database(
    store: Store,
) -> None:
    for hours in range(110):
        item = say(store, hours, f"Live at {hours}", "A gate gave way.")
    assert len(store.revisions([item])[item]) == 100
    assert edits(store, item)[0].before == "Live at 0"
    assert edits(store, item)[-1] == Edit(
        NOW + 100 * HOUR, True, "Live at 99", "Live at 109"
    )


def test_pages_show_what_a_headline_was(store: Store, tmp_path: Path) -> None:
    sample.save_stories(store)
    told = sample.STORIES[0].told[0]
    feed = next(f for f in store.feeds() if f.name == sample.FEEDS[told.feed].name)
    entry = Entry(
        f"{told.feed}:{told.hours}:{told.title}",
        "",
        "Bridge to reopen at one",
        told.summary,
    )
    store.save_poll(sample.poll(feed.id, NOW, entries=(entry,)))
    item = next(i for i in store.cluster_items(1) if i.title == entry.title)
    with site_over(tmp_path / "own.db") as app:
        for path in ("/clusters/1", f"/items/{item.id}"):
            said = text_of(page(app.test_client(), path))
            assert f"headline edited 13:18 {told.title} → {entry.title}" in said
