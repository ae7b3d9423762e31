"""Everything clustered again: ids, corrections and pins survive; the ledger replays."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from aggregator import cli
from aggregator.instance import single_instance
from aggregator.models import CorrectionKind, DecisionKind, SharedTerm
from aggregator.passes.recluster import recluster
from aggregator.reclustering import keep_ids
from tests.newsroom import EVENTS, Newsroom
from tests.sample import NOW

MERGE, SPLIT, MOVE = CorrectionKind.MERGE, CorrectionKind.SPLIT, CorrectionKind.MOVE
PART, PIN = CorrectionKind.PART, CorrectionKind.PIN
MONTH = timedelta(days=30)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom(tmp_path / "aggregator.db")
    yield room
    room.close()


def again(room: Newsroom) -> int:
    counts = recluster(room.pipeline.groups, room.now - MONTH)
    room.restart()
    return counts.moved


def replayed(folder: Path) -> Result:
    return CliRunner().invoke(cli.main, ["replay-decisions", "--data", str(folder)])


def busy(room: Newsroom) -> None:
    """Live through days of joins, splits, merges and corrections of every kind."""
    generator = random.Random(7)  # noqa: S311  # the same week every time
    names = list(EVENTS)
    for day in range(12, -1, -1):
        at = NOW - timedelta(days=day)
        for name in generator.sample(names, 3):
            room.tell(
                name, generator.randint(1, 4), start=generator.randint(0, 9), at=at
            )
        words = " ".join(
            " ".join(EVENTS[n].split()[:5]) for n in generator.sample(names, 2)
        )
        room.tell(words, 2, start=generator.randint(0, 9), at=at)
        room.tick()
        clusters = [card.cluster for card in room.store.clusters()]
        one, other = generator.sample(clusters, 2)
        first = [item.id for item in room.store.cluster_items(one.id)][:1]
        if day % 4 == 0:
            room.correct(MERGE, one.id, other.id)
        elif day % 4 == 1 and one.item_count > 1:
            room.correct(SPLIT, one.id, items=first)
        elif day % 4 == 2:
            room.correct(MOVE, one.id, other.id, first)
        else:
            room.correct(PART, one.id, other.id)
        if day == 6:
            room.correct(PIN, room.store.clusters()[0].cluster.id)
        if day in (5, 3):
            last = room.store.corrections(one.id)[0]
            room.undo(last.id)


def test_the_ledger_alone_rebuilds_the_clusters_of_a_busy_fortnight(
    room: Newsroom, tmp_path: Path
) -> None:
    busy(room)
    with sqlite3.connect(room.path) as db:  # so that today's settings differ
        db.execute("UPDATE term_counts SET count = 1")
    room.restart()
    assert again(room) > 0
    room.tell("ferry", 3)
    room.tick()
    kinds = {row.kind for row in room.store.ledger()}
    assert kinds >= set(DecisionKind) - {DecisionKind.SET_ASIDE, DecisionKind.REFUSED}
    result = replayed(tmp_path)
    assert result.exit_code == 0, result.output
    assert "as they are stored" in result.output


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE memberships SET cluster_id = 2 WHERE item_id = 1",
            "item 1 is in cluster 2, and by the ledger in cluster 1",
        ),
        ("DELETE FROM memberships WHERE item_id = 3", "item 3 is in no cluster"),
        ("DELETE FROM decisions WHERE item_id = 2", "by the ledger in no cluster"),
        (
            "UPDATE decisions SET runner_up_id = 9 WHERE kind = 'corrected' AND item_id = 6",
            "takes item 6 from cluster 9, but by the rows before it is in cluster 2",
        ),
    ],
)
def test_a_ledger_that_says_something_else_is_found_out(
    room: Newsroom, tmp_path: Path, sql: str, said: str
) -> None:
    room.tell("ferry", 5)
    room.tell("quake", 4)
    room.tick()
    room.correct(MERGE, 1, 2)
    assert replayed(tmp_path).exit_code == 0
    with sqlite3.connect(room.path) as db:
        db.execute(sql)
    result = replayed(tmp_path)
    assert result.exit_code == 1
    assert said in result.output


def test_rows_of_the_ledger_say_what_a_score_is_made_of(room: Newsroom) -> None:
    room.tell("ferry", 6)
    room.tell("quake", 2)
    room.tick()
    for item in room.items():
        (row,) = room.store.item_decisions(item.id)
        parts = dict(row.parts)
        if row.score == 0.0:
            assert parts == {}
            continue
        made = (parts["centroid"] * parts["members"]) ** 0.5 * parts["time"]
        assert made == pytest.approx(row.score, abs=2e-3)
        assert sum(t.part for t in row.shared_terms) == pytest.approx(1.0, abs=0.01)
        assert row.config_hash
        assert isinstance(row.shared_terms[0], SharedTerm)


def test_clustering_again_without_a_reason_changes_nothing(room: Newsroom) -> None:
    for name in EVENTS:
        room.tell(name, 5)
    room.tick()
    before = room.places()
    assert again(room) == 0
    assert room.places() == before
    assert [row.who for row in room.store.audit()] == ["aggregator recluster"]


def test_corrections_survive(room: Newsroom) -> None:
    for name in EVENTS:
        room.tell(name, 5)
    room.tick()
    room.correct(MERGE, room.only("ferry"), room.only("quake"))
    room.correct(SPLIT, room.only("court"), items=[11, 12])
    room.correct(MOVE, room.only("flood"), room.only("chess"), [16])
    before = room.places()
    assert again(room) == 0
    assert room.places() == before
    for row in room.store.corrections(before[1] or 0):
        room.undo(row.id)
    assert again(room) == 0
    assert room.only("ferry") != room.only("quake")


def test_ids_are_kept_and_old_addresses_lead_on(room: Newsroom) -> None:
    room.tell("ferry", 6)
    room.tell("quake", 3)
    room.tick()
    ferry, quake = room.only("ferry"), room.only("quake")
    split = room.correct(SPLIT, ferry, items=[2, 3])
    child = room.places()[2]
    # what nobody says any more is nothing to the engine
    with sqlite3.connect(room.path) as db:
        db.execute("UPDATE corrections SET undone_at = said_at, restored_at = said_at")
    room.restart()
    assert split
    assert again(room) == 2
    assert room.only("ferry") == ferry
    assert room.only("quake") == quake
    assert room.store.cluster(child or 0).merged_into == ferry
    (state,) = [s for s in room.store.open_clusters(NOW - MONTH) if s.id == ferry]
    assert (state.size, len(state.members)) == (6, 6)
    rows = room.store.item_decisions(2)
    assert rows[-1].kind is DecisionKind.RECLUSTERED
    assert rows[-1].runner_up_id == child
    room.tell("ferry", 2)
    room.tick()
    assert room.only("ferry") == ferry


def test_a_pinned_cluster_comes_out_as_it_went_in(room: Newsroom) -> None:
    room.tell("ferry", 6)
    room.tell("quake", 3)
    room.tick()
    ferry, quake = room.only("ferry"), room.only("quake")
    merge = room.correct(MERGE, ferry, quake)
    headline = room.store.cluster(ferry).headline
    room.correct(PIN, ferry)
    with sqlite3.connect(room.path) as db:
        db.execute(
            "UPDATE corrections SET undone_at = said_at, restored_at = said_at "
            "WHERE id = ?",
            (merge,),
        )
    room.restart()
    before = room.places()
    assert again(room) == 0
    assert room.places() == before
    assert room.store.cluster(ferry).headline == headline


def test_what_is_older_stays_as_it_is(room: Newsroom) -> None:
    room.tell("ferry", 4, at=NOW - timedelta(days=60))
    room.tick()
    room.tell("quake", 4)
    room.tick()
    assert recluster(room.pipeline.groups, NOW - MONTH).items == 4


def test_waiting_items_and_corrections_come_first(room: Newsroom) -> None:
    room.tell("ferry", 4)
    room.tell("quake", 4)
    assert recluster(room.pipeline.groups, NOW - MONTH).items == 8
    assert room.only("ferry") != room.only("quake")


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.integers(101, 106)), min_size=1, max_size=40
    ),
    st.sets(st.integers(1, 6), max_size=1),
)
def test_ids_go_to_the_greatest_overlap_and_nobody_shares_one(
    pairs: list[tuple[int, int]], pinned: set[int]
) -> None:
    before = {item: old for item, (old, _) in enumerate(pairs)}
    after = {item: new for item, (_, new) in enumerate(pairs)}
    renamed = keep_ids(before, after, pinned)
    assert set(renamed.ids) == set(after.values())
    assert len(set(renamed.ids.values())) == len(renamed.ids)
    places = dict(before)
    for transfer in renamed.transfers:
        for item in transfer.item_ids:
            assert places[item] == transfer.from_id
            places[item] = transfer.to_id
    assert places == {item: renamed.ids[new] for item, new in after.items()}
    for id in pinned & set(before.values()):
        assert id in renamed.ids.values()


CONFIG = "feeds: [{url: https://one.example/feed, name: One}]\n"


def run_command(folder: Path, *options: str) -> subprocess.Popen[str]:
    (folder / "feeds.yaml").write_text(CONFIG)
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "aggregator", "recluster", *options),
            *("--config", str(folder / "feeds.yaml"), "--data", str(folder)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_can_be_killed_at_any_moment(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "aggregator.db")
    for name in EVENTS:
        room.tell(name, 10)
    room.tick()
    for n, name in enumerate(EVENTS):
        room.correct(SPLIT, room.only(name), items=[10 * n + 2, 10 * n + 3])
    with sqlite3.connect(room.path) as db:
        db.execute("UPDATE corrections SET undone_at = said_at, restored_at = said_at")
    before = room.places()
    room.close()
    since = f"--since={(datetime.now(UTC) - NOW).days + 2}d"
    began = time.monotonic()
    seen = set()
    pause = 0.7
    while "after" not in seen and time.monotonic() - began < 60:
        command = run_command(tmp_path, since)
        time.sleep(pause)
        command.kill()
        command.communicate()
        room = Newsroom(tmp_path / "aggregator.db")
        here = room.places()
        room.close()
        seen.add("before" if here == before else "after")
        result = replayed(tmp_path)
        assert result.exit_code == 0, result.output
        pause *= 1.6
    assert seen == {"before", "after"}


def test_the_command_says_who_runs_and_what_is_wrong(tmp_path: Path) -> None:
    Newsroom(tmp_path / "aggregator.db").close()
    with single_instance(tmp_path):
        command = run_command(tmp_path)
        _, said = command.communicate()
    assert command.returncode == 1
    assert str(os.getpid()) in said
    command = run_command(tmp_path, "--since=soon")
    assert "'soon'" in command.communicate()[1]
    assert command.returncode == 2
    command = run_command(tmp_path)
    out, said = command.communicate()
    assert command.returncode == 0, said
    assert "0 items clustered again" in out
