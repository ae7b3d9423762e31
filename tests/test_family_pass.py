"""Sources named again in slices: the counts in the end are those of one go."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings
from aggregator.models import FAMILIES, Entry, FeedConfig, Outcome, Poll, Topic
from aggregator.passes.families import BATCH
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from tests.sample import NOW
from tests.stops import StopAt

OUTLETS = ("Gazette", "Herald", "Courier", "Tribune")
FEEDS = tuple(FeedConfig(f"https://{name.lower()}.example/", name) for name in OUTLETS)
HOUSES = {"North House": ("Gazette", "Herald"), "South House": ("tribune.example",)}
OTHERS = {"East House": ("Herald", "Courier", "Tribune")}
HARBOURS = Topic("Harbours", "harbours", any=("quay",))
N_ITEMS = 2 * BATCH + 40
ONE_BATCH = timedelta(0)
AT_ONCE = timedelta(minutes=10)
Families = dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database of clusters that were counted without families."""
    path = tmp_path_factory.mktemp("families") / "stored.db"
    with service(path, {}) as pipeline:
        save(pipeline.store, 0, N_ITEMS)
        tick(pipeline)
    return path


@pytest.fixture
def path(tmp_path: Path, stored: Path) -> Path:
    return shutil.copy(stored, tmp_path / "test.db")


@contextmanager
def service(
    path: Path,
    families: Families,
    slice: timedelta = ONE_BATCH,
    stop: threading.Event | None = None,
    topic: Topic = HARBOURS,
) -> Iterator[Pipeline]:
    """Start the pipeline over a database, and end it as a kill does: nothing is said."""
    store = open_store(path)
    settings = Settings(feeds=FEEDS, families=families, topics=(topic,))
    pipeline = Pipeline(store, settings, now=lambda: NOW, slice=slice, stop=stop)
    yield pipeline
    pipeline.close()
    store.close()


def save(store: Store, start: int, count: int) -> None:
    """Store items of which four each, one an outlet, carry one text by an agency."""
    for feed in store.feeds():
        entries = tuple(
            Entry(
                str(n),
                f"{feed.url}{n}",
                f"Quay {n // 4 % 60} of town {n // 4 % 7} is closed again",
                f"OLDPORT ({'Reuters' if n // 4 % 3 else 'AP'}) - Pier {n // 4} fell "
                f"into the water on day {n // 4 % 9}, and {n // 4 % 11} boats with it.",
                published_at=NOW - timedelta(minutes=n),
            )
            for n in range(start, start + count)
            if OUTLETS[n % 4] == feed.name
        )
        store.save_poll(Poll(feed.id, NOW, NOW, Outcome.OK, None, entries=entries))


def tick(pipeline: Pipeline) -> int:
    """Do what a tick does, but ask no feed; return how many were counted again."""
    pipeline.topics.run()
    count = pipeline.families.run()
    pipeline.groups.run()
    return count


def counts(path: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return [
            db.execute(query).fetchall()
            for query in (
                "SELECT item_id, origin_id, agency, family, voice FROM reports ORDER BY 1",
                "SELECT id, source_count, independent_count FROM clusters ORDER BY 1",
            )
        ]


def in_one_go(path: Path, families: Families) -> list[list[tuple[object, ...]]]:
    other = path.with_name("other.db")
    shutil.copy(path, other)
    with service(other, families, AT_ONCE) as pipeline:
        assert tick(pipeline) >= N_ITEMS
        assert tick(pipeline) == 0
    return counts(other)


def test_a_restart_goes_on_where_the_last_slice_ended(path: Path) -> None:
    before, expected = counts(path), in_one_go(path, HOUSES)
    assert all(then != now for then, now in zip(before, expected, strict=True))
    found = []
    for _ in range(3):
        with service(path, HOUSES) as pipeline:
            found.append(tick(pipeline))
            begun = pipeline.store.rescorings()
            assert (FAMILIES in begun) is (len(found) < 3)
            assert pipeline.store.rescored_shares() == {}
    assert found == [BATCH, BATCH, N_ITEMS - 2 * BATCH]
    assert counts(path) == expected
    with service(path, HOUSES) as pipeline:
        assert tick(pipeline) == 0
        assert pipeline.store.families_version() == pipeline.families.families.version


def test_a_slice_that_was_cut_short_is_done_again(path: Path) -> None:
    expected = in_one_go(path, HOUSES)
    with service(path, HOUSES) as pipeline, closing(sqlite3.connect(path)) as db:
        tick(pipeline)
        db.execute(
            "CREATE TRIGGER refusing BEFORE UPDATE ON rescorings BEGIN "
            "SELECT RAISE(ABORT, 'killed'); END"
        )
        with pytest.raises(sqlite3.IntegrityError, match="killed"):
            tick(pipeline)
        db.execute("DROP TRIGGER refusing")
    with service(path, HOUSES) as pipeline:
        assert [tick(pipeline) for _ in range(3)] == [BATCH, N_ITEMS - 2 * BATCH, 0]
    assert counts(path) == expected


def test_a_table_that_changes_midway_or_back_begins_anew(path: Path) -> None:
    before, expected = counts(path), in_one_go(path, OTHERS)
    with service(path, HOUSES) as pipeline:
        tick(pipeline)
    midway = path.with_name("midway.db")
    shutil.copy(path, midway)
    for families, wanted in ((OTHERS, expected), ({}, before)):
        shutil.copy(midway, path)
        assert counts(path) not in (before, expected)
        with service(path, families) as pipeline:
            assert [tick(pipeline) for _ in range(4)] == [
                BATCH,
                BATCH,
                N_ITEMS - 2 * BATCH,
                0,
            ]
        assert counts(path) == wanted


def test_what_comes_between_the_slices_is_counted_by_the_new_table(path: Path) -> None:
    with service(path, HOUSES) as pipeline:
        assert tick(pipeline) == BATCH
        save(pipeline.store, 10_000, 40)
        while tick(pipeline):
            pass
    found = counts(path)
    assert len(found[0]) == N_ITEMS + 40
    assert {row[3] for row in found[0]} == {"North House", "South House", "Courier"}


def test_a_stop_is_seen_between_batches(path: Path) -> None:
    with service(path, HOUSES, AT_ONCE, StopAt(3)) as pipeline:
        assert pipeline.families.run() == 2 * BATCH
        assert pipeline.families.run() == 0
        assert pipeline.store.rescorings()[FAMILIES].done_count == 2 * BATCH


def test_topics_and_families_go_on_beside_each_other(path: Path) -> None:
    boats = Topic("Harbours", "harbours", any=("boats",))
    with service(path, HOUSES, topic=boats) as pipeline:
        tick(pipeline)
        begun = pipeline.store.rescorings()
        assert [one.done_count for one in begun.values()] == [BATCH, BATCH]
        assert set(pipeline.store.rescored_shares()) == {"harbours"}
        while tick(pipeline):
            pass
        assert pipeline.store.rescorings() == {}
        assert pipeline.topics.run() == 0
    assert counts(path) == in_one_go_again(path)


def in_one_go_again(path: Path) -> list[list[tuple[object, ...]]]:
    """Count all again by the very same table."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE counters SET value = '' WHERE name = 'families'")
    return in_one_go(path, HOUSES)
