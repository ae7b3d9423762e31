"""Clusters' lives in the store: with a grouping, with time, and through an outage."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator.models import (
    Carrier,
    Entry,
    Evidence,
    Grouping,
    LifecycleState,
    Merge,
    Moves,
    Split,
)
from aggregator.passes.lives import LifePass
from aggregator.store import Store, open_store
from tests import sample
from tests.browsing import empty_store, page, site_over, text_of
from tests.sample import NOW, Story, Told

EMERGING, DEVELOPING, PEAK, FADING, DORMANT, REVIVED = LifecycleState
HOUR = timedelta(hours=1)
QUAKE = "Quake shakes Port Alder"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with empty_store(tmp_path / "own.db") as store:
        yield store


def story(title: str, *told: tuple[int, float]) -> Story:
    """Make one of (feed, hours before `NOW`): a voice of its own for each feed."""
    return Story(
        title,
        ("quake",),
        tuple(Told(feed, hours, f"{title}, {feed} {hours}") for feed, hours in told),
    )


def tell(store: Store, title: str, *told: tuple[int, float]) -> int:
    """Store a cluster; return its id."""
    sample.save_stories(store, [story(title, *told)])
    return store.last_cluster_id()


def tell_more(
    store: Store, cluster_id: int, now: datetime, told: Sequence[tuple[int, float]]
) -> None:
    """Add items to a cluster in a grouping of its own."""
    more = story(QUAKE, *told)
    ids = sample.save_items(store, more.told)
    members = [ids[one.title] for one in more.told]
    store.save_grouping(
        Grouping(
            decided_at=now,
            clusters=(sample.update_of(cluster_id, more, members),),
            moves=(Moves(tuple(sample.decisions_of(cluster_id, more, members))),),
        )
    )


def hear(
    store: Store,
    now: datetime,
    feeds: int = len(sample.FEEDS),
    listed: timedelta | None = None,
) -> None:
    """Have so many feeds answer: nothing new, or new entries that reach so far back."""
    for feed in store.feeds()[:feeds]:
        answer = sample.poll(feed.id, now, finished_at=now)
        if listed is not None:
            oldest = Entry(f"{now}", "", "Ferry", "", published_at=now - listed)
            answer = replace(answer, entries=(oldest,))
        store.save_poll(answer)
    store.note_heard(now)


def states(store: Store, cluster_id: int) -> list[LifecycleState]:
    return [change.state for change in store.state_changes(cluster_ids=[cluster_id])]


def test_a_grouping_leaves_no_cluster_without_its_state(store: Store) -> None:
    new = tell(store, QUAKE, (0, 3), (1, 2))
    old = tell(store, "Ferry strike", (0, 60), (1, 58), (2, 50))
    assert (store.cluster(new).state, store.cluster(old).state) == (EMERGING, FADING)
    assert store.cluster(new).state_since == NOW - 3 * HOUR
    assert store.cluster(old).state_since == NOW - 26 * HOUR
    assert store.state_changes(cluster_ids=[new]) == ()
    (change,) = store.state_changes(cluster_ids=[old])
    assert (change.state, change.since) == (FADING, NOW - 26 * HOUR)
    assert change.from_at == NOW - timedelta(minutes=11)


def test_copies_of_one_text_and_houses_of_one_publisher_are_one_voice(
    store: Store,
) -> None:
    cluster = tell(store, QUAKE, (0, 3), (1, 2), (2, 1))
    assert store.cluster(cluster).state is DEVELOPING
    first, *copies = store.cluster_items(cluster)
    store.save_carriers(
        [
            Carrier(
                item.id,
                first.id,
                1.0,
                Evidence.TEXT,
                "Wire",
                f"family {item.id}",
                "Wire",
            )
            for item in (first, *copies)
        ]
    )
    assert store.renew_states(NOW) == 1
    assert store.cluster(cluster).state is EMERGING


def test_time_alone_makes_a_cluster_fade_and_sleep_and_only_then_is_it_read(
    store: Store,
) -> None:
    cluster = tell(store, QUAKE, (0, 3), (1, 2), (2, 1))
    hear(store, NOW + 22 * HOUR)
    assert store.renew_states(NOW + 22 * HOUR) == 0
    hear(store, NOW + 23 * HOUR)
    assert store.renew_states(NOW + 23 * HOUR) == 1
    assert store.renew_states(NOW + 23 * HOUR) == 0
    assert store.cluster(cluster).state is FADING
    hear(store, NOW + 50 * HOUR)
    hear(store, NOW + 71 * HOUR)
    assert store.renew_states(NOW + 71 * HOUR) == 1
    hear(store, NOW + 400 * HOUR)
    assert store.renew_states(NOW + 400 * HOUR) == 0
    assert states(store, cluster) == [DEVELOPING, FADING, DORMANT]


def test_a_report_wakes_a_cluster_and_says_how_long_it_was_quiet(store: Store) -> None:
    cluster = tell(store, QUAKE, (0, 103), (1, 102), (2, 101))
    assert store.cluster(cluster).state is DORMANT
    tell_more(store, cluster, NOW, [(3, 2), (4, 1)])
    found = store.cluster(cluster)
    assert (found.state, found.state_since) == (REVIVED, NOW - HOUR)
    (change,) = store.state_changes(since=NOW)
    assert (change.cluster_id, change.quiet) == (cluster, 99 * HOUR)


def test_a_state_that_stays_keeps_its_time_and_adds_no_row(store: Store) -> None:
    cluster = tell(store, QUAKE, (0, 9), (1, 8), (2, 7))
    before = store.cluster(cluster)
    tell_more(store, cluster, NOW, [(0, 1)])
    assert store.cluster(cluster).state_since == before.state_since
    assert states(store, cluster) == [DEVELOPING]


def test_a_merge_and_a_split_renew_both_sides(store: Store) -> None:
    one = tell(store, QUAKE, (0, 4), (1, 3))
    two = tell(store, "Schools check walls", (2, 2), (3, 1))
    assert store.cluster(one).state is store.cluster(two).state is EMERGING
    store.save_grouping(
        Grouping(decided_at=NOW, moves=(Moves(merges=(Merge(one, two),)),))
    )
    assert store.cluster(one).state is DEVELOPING
    hear(store, NOW + 99 * HOUR)
    assert store.renew_states(NOW) == 1, "the one that is gone is never due"
    moved = [item.id for item in store.cluster_items(one)[2:]]
    more = sample.update_of(3, story("Walls", (2, 2), (3, 1)), moved)
    store.save_grouping(
        Grouping(
            decided_at=NOW,
            clusters=(more,),
            moves=(Moves(splits=(Split(one, 3, tuple(moved)),)),),
        )
    )
    assert store.cluster(3).state_since is not None


# --- what feeds answered for


def test_while_nothing_is_heard_nothing_fades(store: Store) -> None:
    cluster = tell(store, QUAKE, (0, 3), (1, 2), (2, 1))
    hear(store, NOW)
    store.note_heard(NOW + 30 * HOUR)
    assert store.renew_states(NOW + 30 * HOUR) == 0
    assert store.cluster(cluster).state is DEVELOPING


def test_a_few_feeds_that_answer_do_not_stand_for_all(store: Store) -> None:
    cluster = tell(store, QUAKE, (0, 3), (1, 2), (2, 1))
    hear(store, NOW)
    hear(store, NOW + 30 * HOUR, feeds=len(sample.FEEDS) // 2)
    assert store.renew_states(NOW + 30 * HOUR) == 0
    hear(store, NOW + 30 * HOUR, feeds=len(sample.FEEDS) // 2 + 1)
    assert store.renew_states(NOW + 30 * HOUR) == 1
    assert store.cluster(cluster).state is FADING


def test_after_an_outage_what_feeds_still_list_is_heard(store: Store) -> None:
    cluster = tell(store, QUAKE, (0, 3), (1, 2), (2, 1))
    hear(store, NOW)
    back = NOW + 60 * HOUR
    hear(store, back, listed=61 * HOUR)
    assert store.renew_states(back) == 1
    assert store.cluster(cluster).state is FADING


def test_and_what_they_no_longer_list_is_no_silence(store: Store) -> None:
    cluster = tell(store, QUAKE, (0, 3), (1, 2), (2, 1))
    hear(store, NOW)
    back = NOW + 60 * HOUR
    hear(store, back, listed=10 * HOUR)
    assert store.renew_states(back) == 1, "looked at, and found as it was"
    assert store.cluster(cluster).state is DEVELOPING
    hear(store, back + 12 * HOUR)
    assert store.renew_states(back + 12 * HOUR) == 0
    hear(store, back + 13 * HOUR)
    store.renew_states(back + 13 * HOUR)
    assert store.cluster(cluster).state is FADING
    assert store.cluster(cluster).state_since == back + 13 * HOUR


# --- the pass, the migration, the pages


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


def test_a_tick_that_polled_nothing_looks_once_a_minute(
    store: Store, make_pass: Callable[[Clock], LifePass]
) -> None:
    clock = Clock()
    lives = make_pass(clock)
    tell(store, QUAKE, (0, 3))
    clock.at = NOW + 30 * HOUR
    assert lives.run(is_asked=False) == 1
    tell(store, "Ferry strike", (1, 0))
    clock.at += timedelta(seconds=59)
    assert lives.run(is_asked=False) == 0
    assert lives.run(is_asked=True) == 1


@pytest.fixture
def make_pass(store: Store) -> Callable[[Clock], LifePass]:
    return lambda clock: LifePass(store, clock, threading.Event())


def test_clusters_of_an_older_version_get_their_state_at_the_first_look(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.db"
    with empty_store(path) as store:
        cluster = tell(store, QUAKE, (0, 60), (1, 58), (2, 50))
    with sqlite3.connect(path) as db:
        for statement in (
            "DROP TABLE state_changes",
            "DROP TABLE outages",
            "DROP INDEX clusters_due",
            "DROP INDEX clusters_state",
            "ALTER TABLE clusters DROP COLUMN state",
            "ALTER TABLE clusters DROP COLUMN state_since",
            "ALTER TABLE clusters DROP COLUMN state_due_at",
            "DELETE FROM _sqlite_migrations WHERE name = 'lifecycle'",
        ):
            db.execute(statement)
    db.close()
    store = open_store(path)
    assert store.cluster(cluster).state_since == NOW - 60 * HOUR
    assert store.renew_states(NOW) == 1
    assert store.cluster(cluster).state is FADING
    store.close()


def test_clusters_can_be_listed_by_state(store: Store, tmp_path: Path) -> None:
    tell(store, QUAKE, (0, 3), (1, 2))
    old = tell(store, "Ferry strike", (0, 60), (1, 58), (2, 50))
    assert [card.cluster.id for card in store.clusters(state=FADING)] == [old]
    with site_over(tmp_path / "own.db") as app:
        client = app.test_client()
        assert "Ferry strike" in text_of(page(client, "/clusters/?state=fading"))
        assert QUAKE not in text_of(page(client, "/clusters/?state=fading"))
        assert "No cluster is peak now" in text_of(
            page(client, "/clusters/?state=peak")
        )
        assert QUAKE in text_of(page(client, "/clusters/?state=nonsense"))


def test_the_page_of_a_cluster_tells_its_life(store: Store, tmp_path: Path) -> None:
    cluster = tell(store, QUAKE, (0, 103), (1, 102), (2, 101))
    tell_more(store, cluster, NOW, [(3, 2), (4, 1)])
    with site_over(tmp_path / "own.db") as app:
        client: FlaskClient = app.test_client()
        said = text_of(page(client, f"/clusters/{cluster}"))
        assert "revived since 12:30, after 4 d without a report" in said
        for state in ("emerging", "dormant", "revived"):
            assert state in said.partition("Its life so far")[2]
        assert "revived" in text_of(page(client, "/"))
