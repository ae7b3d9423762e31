"""Old scores made again in slices: the end is the same, whatever comes between."""

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
from aggregator.models import (
    DEFINITIONS,
    Entry,
    FeedConfig,
    Lesson,
    Measured,
    Outcome,
    Poll,
    Topic,
)
from aggregator.passes.topics import BATCH
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from tests.sample import NOW
from tests.stops import StopAt

FEED = FeedConfig("https://gazette.example/feed", "Gazette")
PORTS = Topic("Ports", "ports", any=("quay",))
DOCKS = Topic("Ports", "ports", any=("dock", "pilot"))
FRUIT = Topic("Fruit", "fruit", any=("plum",))
N_ITEMS = 2 * BATCH + 40
ONE_BATCH = timedelta(0)
Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database of items that were clustered and scored for `PORTS` and `FRUIT`."""
    path = tmp_path_factory.mktemp("rescoring") / "stored.db"
    with service(path, PORTS) as pipeline:
        save(pipeline.store, 0, N_ITEMS)
        tick(pipeline)
        assert pipeline.store.rescored_shares() == {}
    return path


@pytest.fixture
def path(tmp_path: Path, stored: Path) -> Path:
    return shutil.copy(stored, tmp_path / "test.db")


@contextmanager
def service(
    path: Path,
    topic: Topic,
    slice: timedelta = ONE_BATCH,
    stop: threading.Event | None = None,
) -> Iterator[Pipeline]:
    """Start the pipeline over a database, and end it as a kill does: nothing is said."""
    store = open_store(path)
    settings = Settings(feeds=(FEED,), topics=(topic, FRUIT))
    pipeline = Pipeline(store, settings, now=lambda: NOW, slice=slice, stop=stop)
    yield pipeline
    pipeline.close()
    store.close()


def tick(pipeline: Pipeline) -> int:
    """Do what a tick does, but ask no feed; return how many were scored again."""
    pipeline.topics.learn()
    pipeline.answers.run()
    count = pipeline.topics.run()
    pipeline.groups.run()
    return count


def save(store: Store, start: int, count: int) -> None:
    entries = tuple(
        Entry(
            str(n),
            "",
            f"{('Quay', 'Dock', 'Plum')[n % 3]} {n % 400} of the {n % 7} towns",
            f"A pilot tells of dock {n}." if n % 5 == 0 else "Stone the plums.",
            published_at=NOW - timedelta(minutes=n // 2),
        )
        for n in range(start, start + count)
    )
    store.save_poll(Poll(1, NOW, NOW, Outcome.OK, None, entries=entries))


def scores(path: Path) -> dict[str, Rows]:
    with closing(sqlite3.connect(path)) as db:
        return {
            table: db.execute(
                f"SELECT {owner}, slug, score, is_match, matched, parts FROM {table} "
                "ORDER BY 1, 2"
            ).fetchall()
            for table, owner in (
                ("item_topics", "item_id"),
                ("cluster_topics", "cluster_id"),
            )
        }


def in_one_go(path: Path, topic: Topic) -> dict[str, Rows]:
    other = path.with_name("other.db")
    shutil.copy(path, other)
    with service(other, topic, timedelta(minutes=10)) as pipeline:
        assert tick(pipeline) >= N_ITEMS
        assert pipeline.store.rescored_shares() == {}
    return scores(other)


def shares(path: Path) -> dict[str, float]:
    with closing(open_store(path)) as store:
        return dict(store.rescored_shares())


def test_a_restart_goes_on_where_the_last_slice_ended(path: Path) -> None:
    expected = in_one_go(path, DOCKS)
    before = scores(path)
    assert before != expected
    counts = []
    for share in (BATCH / N_ITEMS, 2 * BATCH / N_ITEMS, None):
        with service(path, DOCKS) as pipeline:
            counts.append(tick(pipeline))
        assert shares(path).get("ports") == (pytest.approx(share) if share else None)
        assert shares(path).get("fruit") is None
    assert counts == [BATCH, BATCH, N_ITEMS - 2 * BATCH]
    assert scores(path) == expected
    with service(path, DOCKS) as pipeline:
        assert tick(pipeline) == 0


def test_a_slice_that_was_cut_short_is_done_again(path: Path) -> None:
    expected = in_one_go(path, DOCKS)
    with service(path, DOCKS) as pipeline, closing(sqlite3.connect(path)) as db:
        tick(pipeline)
        db.execute(
            "CREATE TRIGGER refusing BEFORE UPDATE ON rescorings BEGIN "
            "SELECT RAISE(ABORT, 'killed'); END"
        )
        with pytest.raises(sqlite3.IntegrityError, match="killed"):
            tick(pipeline)
        db.execute("DROP TRIGGER refusing")
    with service(path, DOCKS) as pipeline:
        assert [tick(pipeline) for _ in range(3)] == [BATCH, N_ITEMS - 2 * BATCH, 0]
    assert scores(path) == expected


def test_what_comes_between_the_slices_is_scored_by_the_new_definition_at_once(
    path: Path,
) -> None:
    with service(path, DOCKS) as pipeline:
        assert tick(pipeline) == BATCH
        save(pipeline.store, 10_000, 30)
        tick(pipeline)
        newest = pipeline.store.feed_items(1, limit=2_000)
        came = [item for item in newest if item.id > N_ITEMS]
        assert len(came) == 30
        found = pipeline.store.item_topics([item.id for item in came])
        on = {s.matched[0].lower() for scores in found.values() for s in scores}
        assert on == {"dock", "pilot", "plum", "plums"}
        assert "ports" in pipeline.store.rescored_shares()
        while tick(pipeline):
            pass
    assert scores(path) == in_one_go_again(path)


def in_one_go_again(path: Path) -> dict[str, Rows]:
    """Score all again by the very same definition."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE topics SET scored_definition = ''")
    return in_one_go(path, DOCKS)


def test_a_definition_that_changes_midway_or_back_begins_anew(path: Path) -> None:
    before = scores(path)
    with service(path, DOCKS) as pipeline:
        tick(pipeline)
    assert scores(path) != before
    with service(path, PORTS) as pipeline:  # what it was: yet a part is scored by docks
        assert pipeline.store.rescored_shares() == {"ports": BATCH / N_ITEMS}
        counts = [tick(pipeline) for _ in range(4)]
    assert counts == [BATCH, BATCH, N_ITEMS - 2 * BATCH, 0]
    assert scores(path) == before


def test_a_stop_is_seen_between_batches(path: Path) -> None:
    with service(path, DOCKS, timedelta(minutes=10), StopAt(3)) as pipeline:
        assert pipeline.topics.run() == 2 * BATCH
        assert pipeline.topics.run() == 0
    assert shares(path) == {"ports": 2 * BATCH / N_ITEMS}


def test_another_lesson_scores_its_topic_again_in_slices(path: Path) -> None:
    lesson = Lesson(
        2.0, {"pilot": 4.0}, 20, 20, Measured(0.5, 0.5), Measured(1.0, 1.0), True
    )
    with service(path, PORTS) as pipeline:
        store = pipeline.store
        store.save_lesson("fruit", FRUIT.definition, lesson, NOW)
        before = scores(path)
        counts = [tick(pipeline)]
        assert set(store.rescored_shares()) == {"fruit"}
    with service(path, PORTS) as pipeline:  # the answers were taken up; this goes on
        counts += [tick(pipeline), tick(pipeline)]
        assert pipeline.store.rescored_shares() == {}
        after = scores(path)
    assert counts[0] == BATCH and counts[2] == 0
    touched = {row[0] for row in before["item_topics"] if row[1] == "fruit"}
    assert sum(counts) == len(touched) > BATCH
    moved = {
        row[0]
        for row, then in zip(before["item_topics"], after["item_topics"], strict=True)
        if row != then
    }
    assert moved and moved <= touched


def test_a_walk_for_topics_that_are_gone_ends(path: Path) -> None:
    with service(path, DOCKS) as pipeline:
        tick(pipeline)
        pipeline.store.sync_topics([FRUIT], NOW)
        assert pipeline.store.rescored_shares() == {}
        while tick(pipeline):
            pass
        assert pipeline.store.rescorings() == {}
        assert DEFINITIONS not in pipeline.store.stale_topics()
