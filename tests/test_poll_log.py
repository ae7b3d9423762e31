"""The log of polls ends somewhere, and nobody who asks it is told anything else."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config import Settings
from aggregator.limits import BOUNDS, NEWEST_POLLS, Limits
from aggregator.models import FeedConfig, Outcome
from aggregator.passes.poll_log import EVERY, PollLogPass
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from aggregator.store.sqlite_connection import text_of
from aggregator.store.sqlite_poll_log import FEEDS_AT_ONCE, POLLS_AT_ONCE
from tests.browsing import ROUTES, save_sample, site_over
from tests.sample import NOW

ROOT = Path(__file__).parents[1]
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
LIMITS = Limits()
BUSY, FAILING, GONE, WEEKLY, NEVER = (
    FeedConfig(f"https://{name}.example/feed", name)
    for name in ("busy", "failing", "gone", "weekly", "never")
)
FEEDS = (BUSY, FAILING, GONE, WEEKLY, NEVER)
Row = tuple[int, datetime, str]
"""Feed, time, outcome."""


def write(path: Path, rows: Iterable[Row]) -> None:
    """Put polls at the end of the log."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA synchronous = OFF")
        db.executemany(
            """
            INSERT INTO polls (feed_id, started_at, finished_at, outcome, error)
            VALUES (?1, ?2, ?2, ?3, ?4)
            """,
            (
                (feed, text_of(at), kind, f"{kind} {n}")
                for n, (feed, at, kind) in enumerate(rows)
            ),
        )


def often(feed: int, start: datetime, count: int, kind: str = "ok") -> Iterator[Row]:
    return ((feed, start + n * HALF_HOUR, kind) for n in range(count))


@cache
def fresh(feed: int, end: datetime) -> tuple[Row, ...]:
    """Give so many polls, the last at `end`, that none before them is among the newest.

    In the middle nothing was fetched for three days.
    """
    step = timedelta(seconds=20)
    half = NEWEST_POLLS // 2
    before = end - 3 * DAY
    return (
        *((feed, before - n * step, "ok") for n in range(2 * half, half, -1)),
        *((feed, end - n * step, "ok") for n in range(half, 0, -1)),
    )


def count(path: Path, where: str = "1") -> int:
    with closing(sqlite3.connect(path)) as db:
        (n,) = db.execute(f"SELECT count(*) FROM polls WHERE {where}").fetchone()
    return int(n)


def file_size(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def answers(store: Store) -> Mapping[str, object]:
    """Return all that can be asked of the log."""
    ids = [feed.id for feed in store.feeds(removed=True)]
    most = int(BOUNDS["poll_log_count"].low)
    return {
        "polls": [store.polls(feed_id) for feed_id in ids],
        "as many as always stay": [store.polls(feed_id, most) for feed_id in ids],
        "first_failure": [store.first_failure(feed_id) for feed_id in ids],
        "first_polled_at": store.first_polled_at(),
        "unpolled": [store.unpolled(NOW - n * DAY) for n in (1, 20, 4_000)],
    }


@dataclass
class Clock:
    now: datetime = NOW


def log_of(
    store: Store,
    clock: Clock | None = None,
    limits: Limits = LIMITS,
    slice: timedelta = timedelta(minutes=1),
    stop: threading.Event | None = None,
) -> PollLogPass:
    clock = clock or Clock()
    return PollLogPass(
        *(store, Settings(limits=limits), lambda: clock.now),
        *(stop or threading.Event(), slice),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database that knows the feeds and nothing else."""
    path = tmp_path_factory.mktemp("poll_log") / "empty.db"
    with closing(open_store(path)) as store:
        store.sync_feeds(FEEDS, NOW)
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(open_store(path)) as store:
        store.sync_feeds(FEEDS, NOW)
        yield store


LONG_AGO = NOW - 400 * DAY


def test_what_is_old_goes_and_what_somebody_asks_for_stays(
    store: Store, path: Path
) -> None:
    write(path, often(1, LONG_AGO, 500))  # busy
    write(path, often(2, LONG_AGO, 300))  # went well, then failed 400 times
    write(path, ((2, LONG_AGO + n * DAY / 2, "error") for n in range(20, 420)))
    write(path, [*often(3, LONG_AGO, 250), (3, LONG_AGO + 7 * DAY, "gone")])
    write(path, ((4, LONG_AGO + n * 7 * DAY, "not_modified") for n in range(50)))
    write(path, often(5, LONG_AGO, 200, "error"))  # never went well
    write(path, fresh(1, NOW))
    before = answers(store)
    assert before["unpolled"] != [None] * 3
    assert log_of(store).run() == 500 - 1 + 700 - 102 + 251 - 100 + 200 - 101
    assert answers(store) == before
    assert count(path, "feed_id = 1") == NEWEST_POLLS + 1
    for feed_id, n in ((2, 102), (3, 100), (4, 50), (5, 101)):
        assert count(path, f"feed_id = {feed_id}") == n
    failing = store.first_failure(2)
    assert failing is not None and failing.started_at == LONG_AGO + 10 * DAY
    assert store.first_failure(1) is None
    gone = store.polls(3, 1)[0]
    assert gone.outcome is Outcome.GONE and store.first_failure(3) == gone
    assert log_of(store).run() == 0


def test_what_is_not_old_stays_however_much_it_is(store: Store, path: Path) -> None:
    write(path, often(1, NOW - LIMITS.poll_log, 1_400))
    write(path, fresh(1, NOW))
    assert log_of(store).run() == 0
    week = replace(LIMITS, poll_log=7 * DAY, poll_log_count=20)
    assert log_of(store, limits=week).run() == 23 * 48 - 1  # the first of all stays


def test_a_small_log_is_left_alone(store: Store, path: Path) -> None:
    write(path, often(1, LONG_AGO, NEWEST_POLLS - 1))
    assert log_of(store).run() == 0


def test_a_poll_dated_in_the_future_is_as_old_as_any(store: Store, path: Path) -> None:
    write(path, often(1, LONG_AGO, 10))
    write(path, often(2, NOW + 3_000 * DAY, 130))  # the clock was wrong
    write(path, fresh(1, NOW))
    before = answers(store)
    assert log_of(store).run() == 9 + 30
    assert answers(store) == before


histories = st.lists(
    st.tuples(
        st.integers(1, len(FEEDS)),
        st.integers(1, 90),
        st.sampled_from([*Outcome]),
        st.integers(0, 500),
        st.floats(0.01, 30),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories, st.sampled_from([20, 60, 100]), st.sampled_from([1, 30, 200]))
def test_whatever_was_polled_every_answer_stays(
    empty: Path,
    tmp_path: Path,
    history: list[tuple[int, int, str, int, float]],
    keep: int,
    days: int,
) -> None:
    path = tmp_path / "any.db"
    shutil.copy(empty, path)
    with closing(open_store(path)) as store:
        for feed_id, n, kind, days_ago, hours in history:
            start = NOW - days_ago * DAY
            write(
                path,
                ((feed_id, start + k * timedelta(hours=hours), kind) for k in range(n)),
            )
        write(path, fresh(1, NOW))
        before, total = answers(store), count(path)
        limits = replace(LIMITS, poll_log=days * DAY, poll_log_count=keep)
        kept = [store.polls(n, keep) for n in range(1, len(FEEDS) + 1)]
        forgotten = log_of(store, limits=limits).run()
        assert answers(store) == before
        assert [store.polls(n, keep) for n in range(1, len(FEEDS) + 1)] == kept
        assert count(path) == total - forgotten
        oldest = text_of(NOW - days * DAY)
        stays = len(FEEDS) * (keep + 2) + 1
        old = count(path, f"finished_at < '{oldest}'")
        assert old <= stays + NEWEST_POLLS * (days == 1)
    for left in tmp_path.glob("any.db*"):
        left.unlink()


def test_no_page_changes_when_a_long_history_is_forgotten(tmp_path: Path) -> None:
    path = save_sample(tmp_path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE polls SET id = id + 1000000")
        (n_feeds,) = db.execute("SELECT max(id) FROM feeds").fetchone()
        sample = db.execute("SELECT * FROM polls").fetchall()
        db.execute("DELETE FROM polls")
    with closing(open_store(path)):
        for feed_id in range(1, n_feeds + 1):
            write(path, often(feed_id, LONG_AGO, 150, "ok" if feed_id % 3 else "error"))
        write(path, fresh(1, NOW - DAY))
    with closing(sqlite3.connect(path)) as db, db:
        marks = ", ".join("?" * len(sample[0]))
        db.executemany(f"INSERT INTO polls VALUES ({marks})", sample)
    other = tmp_path / "other.db"
    shutil.copy(path, other)
    with closing(open_store(other)) as store:
        assert log_of(store).run() > 45 * n_feeds
    shown = []
    for one in (path, other):
        with site_over(one) as app:
            client = app.test_client()
            shown.append({route: client.get(route).data for route in ROUTES})
    assert shown[0] == shown[1]
    assert any("First failure" in data.decode() for data in shown[0].values())


def test_it_goes_on_in_slices_and_looks_at_stop(store: Store, path: Path) -> None:
    many = [FeedConfig(f"https://f{n}.example/", f"f{n}") for n in range(FEEDS_AT_ONCE)]
    store.sync_feeds([*FEEDS, *many], NOW)
    some = POLLS_AT_ONCE // FEEDS_AT_ONCE
    write(path, often(1, LONG_AGO, 3 * some))
    last = max(feed.id for feed in store.feeds())
    write(path, often(last, LONG_AGO, 100 + 2))
    write(path, fresh(1, NOW))
    stop = threading.Event()
    log = log_of(store, slice=timedelta(0), stop=stop)
    stop.set()
    assert log.run() == 0
    stop.clear()
    first = some - 1  # the first of all stays
    assert [log.run() for _ in range(2)] == [first, 2]
    log = log_of(store, slice=timedelta(0))  # a new process, from the first feed on
    assert [log.run() for _ in range(6)] == [first, 0, first, 0, 2, 0]
    assert log_of(store).run() == 0


def test_it_rests_when_nothing_is_left_and_not_for_ever(
    store: Store, path: Path
) -> None:
    clock = Clock()
    log = log_of(store, clock)
    write(path, [*often(1, LONG_AGO, 5), *fresh(1, NOW)])
    assert log.run() == 4
    write(path, [*fresh(2, NOW)])
    assert log.run() == 0
    clock.now += EVERY - timedelta(seconds=1)
    assert log.run() == 0
    clock.now += 31 * DAY
    assert log.run() > NEWEST_POLLS / 2
    clock.now = NOW + LIMITS.poll_log  # it was set back
    write(path, [*often(3, LONG_AGO, 200), *fresh(2, NOW)])
    assert log.run() > 100


def test_a_cycle_forgets_and_the_file_takes_no_more_room(path: Path) -> None:
    with closing(open_store(path)) as store:
        pipeline = Pipeline(store, Settings(feeds=()), now=lambda: NOW)
        store.sync_feeds(FEEDS, LONG_AGO)
        store.sync_feeds((), NOW)
        write(path, often(1, LONG_AGO, 10_000))
        write(path, fresh(1, NOW))
        size = file_size(path)
        pipeline.stop.set()
        pipeline.cycle()
        assert count(path) == NEWEST_POLLS + 10_000
        pipeline.stop.clear()
        for _ in range(3):
            pipeline.cycle()
        log = pipeline.poll_log
        while log.run():
            pass
        pipeline.close()
        assert count(path) == NEWEST_POLLS + 1
        write(path, often(1, NOW, 9_000))
        assert file_size(path) <= size


def test_one_module_alone_reads_the_log() -> None:
    readers = {
        str(source.relative_to(ROOT))
        for folder in ("aggregator", "web")
        for source in (ROOT / folder).rglob("*.py")
        if re.search(r"\b(FROM|JOIN|UPDATE)\s+polls\b", source.read_text())
    }
    # and the migration that made stretches of deliveries of the log, once
    assert readers == {
        "aggregator/store/sqlite_poll_log.py",
        "aggregator/store/trend_tables.py",
    }
