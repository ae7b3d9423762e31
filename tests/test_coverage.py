"""Which stretches of time a feed told us all of, by what its polls brought."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.models import Entry, FeedConfig, Outcome, Poll
from aggregator.store import Store, open_store

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
Stretches = list[tuple[float, float]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "a.db")
    opened.sync_feeds([FeedConfig("https://a.example/", "A")], NOW)
    yield opened
    opened.close()


def poll(
    hour: float,
    outcome: Outcome = Outcome.OK,
    *,
    status: int | None = 200,
    said: tuple[float, ...] = (),
    undated: int = 0,
    failures: int = 0,
) -> Poll:
    """Make a poll `hour` hours after `NOW` that brought entries of these hours."""
    entries = [
        Entry(f"{at}", f"https://a.example/{at}", f"Title {at}", "", "", "", when)
        for at in said
        if (when := NOW + at * HOUR)
    ]
    entries += [
        Entry(f"{hour}-{n}", f"https://a.example/{hour}/{n}", f"Undated {hour} {n}", "")
        for n in range(undated)
    ]
    at = NOW + hour * HOUR
    return Poll(*(1, at, at, outcome, None, failures, status), entries=tuple(entries))


def stretches(store: Store) -> Stretches:
    return [
        ((row.from_at - NOW) / HOUR, (row.until_at - NOW) / HOUR)
        for row in store.deliveries(NOW - 1000 * HOUR)
    ]


ERROR, SAME = Outcome.ERROR, Outcome.NOT_MODIFIED


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        ([], []),
        ([poll(0, ERROR)], []),
        # the first document reaches back to its oldest entry
        ([poll(0, said=(-9, -1))], [(-9, 0)]),
        ([poll(0, undated=2)], [(0, 0)]),
        ([poll(0)], [(0, 0)]),
        # polls that go on from one another are one stretch, however far apart
        ([poll(0, said=(-1,)), poll(1, SAME), poll(12, SAME)], [(-1, 12)]),
        ([poll(0, said=(-1,)), poll(12, said=(-1, 3, 9))], [(-1, 12)]),
        # failures end nothing where the next document still holds what we had
        (
            [poll(0, said=(-1,)), poll(5, ERROR), poll(30, said=(-1, 2, 20))],
            [(-1, 30)],
        ),
        # they do where it does not: what came before its oldest entry is lost
        (
            [poll(0, said=(-1,)), poll(5, ERROR), poll(30, said=(18, 20))],
            [(-1, 0), (18, 30)],
        ),
        # and so does a daemon that stood still
        ([poll(0, said=(-1,)), poll(50, said=(48, 49))], [(-1, 0), (48, 50)]),
        # all is new but reaches back to before the last poll: nothing was lost
        ([poll(1, said=(0.5,)), poll(2, said=(0.9, 1.5))], [(0.5, 2)]),
        # without dates only a short gap is believed
        ([poll(0, undated=2), poll(1, undated=2)], [(0, 1)]),
        ([poll(0, undated=2), poll(9, undated=2)], [(0, 0), (9, 9)]),
        # pushes hold nothing that we had: they go on while the feed does not fail
        ([poll(0, said=(-1,)), poll(8, status=None, said=(7,))], [(-1, 8)]),
        (
            [poll(0, said=(-1,)), poll(8, status=None, said=(7,), failures=1)],
            [(-1, 0), (7, 8)],
        ),
        ([poll(0, said=(-1,)), poll(40, status=None, said=(39,))], [(-1, 0), (39, 40)]),
        # a date in the future is no reach
        ([poll(0, said=(3,))], [(0, 0)]),
    ],
)
def test_stretches(store: Store, polls: list[Poll], expected: Stretches) -> None:
    for one in polls:
        store.save_poll(one)
    assert stretches(store) == expected


def test_a_batch_says_what_polls_one_by_one_say(store: Store) -> None:
    store.save_polls(
        [
            *(poll(0, said=(-1,)), poll(1, SAME), poll(5, ERROR)),
            *(poll(30, said=(18, 20)), poll(31, SAME)),
        ]
    )
    assert stretches(store) == [(-1, 1), (18, 31)]


def test_what_came_before_the_time_asked_for_is_left_out(store: Store) -> None:
    store.save_polls([poll(0, said=(-1,)), poll(30, said=(18,)), poll(90, said=(80,))])
    assert [row.from_at for row in store.deliveries(NOW + 40 * HOUR)] == [
        NOW + 18 * HOUR,
        NOW + 80 * HOUR,
    ]


def test_a_log_of_polls_from_before_becomes_stretches(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store = open_store(path)
    store.sync_feeds([FeedConfig("https://a.example/", "A")], NOW)
    for hour in (0, 1, 2, 40, 41):
        store.save_poll(poll(hour, SAME))
    store.save_poll(poll(42, ERROR))
    store.save_poll(poll(43, SAME))
    store.close()
    with sqlite3.connect(path) as db:  # as a database was before
        db.execute("DROP TABLE deliveries")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'deliveries'")
    db.close()
    store = open_store(path)
    assert stretches(store) == [(0, 2), (40, 41), (43, 43)]
    store.close()
