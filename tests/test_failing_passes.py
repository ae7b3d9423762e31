"""A pass that fails: the others go on, and it does too once its reason is gone.

What fails here is SQLite itself: a table that is gone, or a trigger that refuses a row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings, load_settings
from aggregator.errors import StoreError
from aggregator.models import DecisionKind, Topic
from aggregator.pipeline import Pipeline
from aggregator.schedule import Ticker
from aggregator.store import open_store
from tests.feedhouse import FeedHouse, feed_house, rss

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HARBOUR = ("Harbour pilots stop work over pay", "Pilots left the harbour at noon.", NOW)
ORCHARD = ("Late frost in the orchards", "Growers light fires between the trees.", NOW)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house() -> Iterator[FeedHouse]:
    with feed_house() as house:
        house.serve("a", rss(HARBOUR, ORCHARD))
        yield house


@pytest.fixture
def pipeline(tmp_path: Path, house: FeedHouse, clock: Clock) -> Iterator[Pipeline]:
    path = tmp_path / "feeds.yaml"
    path.write_text(
        f"""
settings: {{allow_private: ["127.0.0.1:{house.port}"]}}
feeds: ["{house.url("a")}"]
topics: [{{name: Ports, any: [harbour]}}]
"""
    )
    store = open_store(tmp_path / "test.db")
    pipeline = Pipeline(store, load_settings(path), now=clock)
    yield pipeline
    pipeline.close()
    store.close()


@pytest.fixture
def sql(tmp_path: Path) -> Callable[[str], None]:
    """Change the database behind the program's back."""

    def run(statement: str) -> None:
        with closing(sqlite3.connect(tmp_path / "test.db")) as db, db:
            db.execute(statement)

    return run


def refusing(table: str, when: str = "1", what: str = "INSERT") -> str:
    return f"""
        CREATE TRIGGER refusing BEFORE {what} ON {table} WHEN {when} BEGIN
            SELECT RAISE(ABORT, 'refused');
        END
    """


def test_a_pass_that_fails_every_time_stops_no_other(
    pipeline: Pipeline, sql: Callable[[str], None], clock: Clock
) -> None:
    sql("DROP TABLE trend_points")
    with pytest.raises(StoreError, match="trend_points"):
        pipeline.cycle()
    assert len(pipeline.store.clusters()) == 2
    clock.at += timedelta(days=1)
    with pytest.raises(StoreError, match="trend_points"):
        pipeline.cycle()
    assert len(pipeline.store.briefs()) == 1
    pipeline.cycle()  # what failed rests for some minutes


def test_the_first_failure_of_a_cycle_is_raised_and_the_others_are_logged(
    pipeline: Pipeline, sql: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    sql("DROP TABLE trend_points")
    sql("ALTER TABLE corrections RENAME TO elsewhere")
    with pytest.raises(StoreError, match="corrections"):
        pipeline.cycle()
    assert "trend_points" in caplog.text
    assert pipeline.store.status().waiting_count == 2
    sql("ALTER TABLE elsewhere RENAME TO corrections")
    assert pipeline.cycle().clustered == 2


def test_an_item_that_the_database_refuses_is_set_aside(
    pipeline: Pipeline, sql: Callable[[str], None]
) -> None:
    sql(refusing("memberships", "new.item_id = 1"))
    pipeline.cycle()
    kinds = [pipeline.store.item_decisions(id)[0].kind for id in (1, 2)]
    assert kinds == [DecisionKind.SET_ASIDE, DecisionKind.OPENED]


def test_a_push_that_the_database_refuses_costs_itself_only(
    pipeline: Pipeline, sql: Callable[[str], None]
) -> None:
    pipeline.cycle()
    store = pipeline.store
    assert store.queue_push(1, "text/xml", rss(HARBOUR), NOW)
    sql(refusing("feeds", what="UPDATE"))
    assert pipeline.pushes.run() == 0
    assert store.waiting_pushes() == ()


def test_an_answer_whose_scoring_failed_counts_at_the_next_tick(
    pipeline: Pipeline, sql: Callable[[str], None]
) -> None:
    pipeline.cycle()
    store = pipeline.store
    (orchard,) = (i for i in store.items([1, 2]).values() if "frost" in i.title)
    store.answer("ports", item_id=orchard.id, is_yes=True, who="ana", now=NOW)
    sql("ALTER TABLE item_topics RENAME TO elsewhere")
    with pytest.raises(StoreError):
        pipeline.answers.run()
    sql("ALTER TABLE elsewhere RENAME TO item_topics")
    pipeline.answers.run()
    (score,) = store.item_topics([orchard.id])[orchard.id]
    assert score.is_match


def test_an_edited_file_that_cannot_be_taken_up_now_is_taken_up_later(
    pipeline: Pipeline, sql: Callable[[str], None]
) -> None:
    taken: list[Settings] = []
    ticker = Ticker(pipeline, on_reload=taken.append)
    path = pipeline.settings.path
    path.write_text(path.read_text().replace("harbour", "orchards"))
    sql("ALTER TABLE topics RENAME TO elsewhere")
    ticker.tick()
    assert (taken, pipeline.settings.topics[0].any) == ([], ("harbour",))
    sql("ALTER TABLE elsewhere RENAME TO topics")
    ticker.tick()
    assert taken == [pipeline.settings]
    assert pipeline.settings.topics[0].any == ("orchards",)
    assert pipeline.store.status().item_count == 2  # and that tick polled


def test_settings_that_fail_half_way_leave_all_passes_as_they_were(
    pipeline: Pipeline, sql: Callable[[str], None]
) -> None:
    before = pipeline.settings, pipeline.polls, pipeline.groups, pipeline.messages
    sql(refusing("topics", what="INSERT"))
    more = (*pipeline.settings.topics, Topic("Fruit", "fruit", any=("orchards",)))
    with pytest.raises(sqlite3.IntegrityError):
        pipeline.use(replace(pipeline.settings, topics=more))
    after = pipeline.settings, pipeline.polls, pipeline.groups, pipeline.messages
    assert after == before
    assert pipeline.cycle().clustered == 2
