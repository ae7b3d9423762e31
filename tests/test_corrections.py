"""What people say of clusters is followed, obeyed by every later pass, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import NotFound
from aggregator.models import Asked, CorrectionKind, DecisionKind
from tests.newsroom import Newsroom
from tests.sample import NOW

MERGE, SPLIT, MOVE = CorrectionKind.MERGE, CorrectionKind.SPLIT, CorrectionKind.MOVE
PART, PIN = CorrectionKind.PART, CorrectionKind.PIN


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom(tmp_path / "room.db")
    yield room
    room.close()


@pytest.fixture
def two(room: Newsroom) -> Newsroom:
    """Five reports of a ferry strike and four of a quake, in two clusters."""
    room.tell("ferry", 5)
    room.tell("quake", 4)
    room.tick()
    assert room.only("ferry") != room.only("quake")
    return room


def test_two_clusters_that_are_merged_by_hand_are_one(two: Newsroom) -> None:
    ferry, quake = two.only("ferry"), two.only("quake")
    two.correct(MERGE, quake, ferry)
    assert set(two.places().values()) == {ferry}  # the larger keeps its id
    assert two.store.cluster(quake).merged_into == ferry
    cluster = two.store.cluster(ferry)
    assert cluster.item_count == 9
    (state,) = two.store.open_clusters(NOW - timedelta(days=5))
    assert (state.size, len(state.members)) == (9, 9)
    assert (state.first_at, state.last_at) == (cluster.first_at, cluster.last_at)
    moved = [d for d in two.store.cluster_decisions(ferry) if d.who == "ana"]
    assert {d.kind for d in moved} == {DecisionKind.CORRECTED}
    assert {d.runner_up_id for d in moved} == {quake}
    (row,) = two.store.audit()
    assert (row.who, row.subject_id) == ("ana", str(quake))


def test_of_two_equal_clusters_the_older_keeps_its_id(room: Newsroom) -> None:
    room.tell("ferry", 3)
    room.tell("quake", 3)
    room.tick()
    room.correct(MERGE, room.only("quake"), room.only("ferry"))
    assert room.only("ferry") == room.only("quake") == 1


def test_later_passes_do_not_split_what_a_person_merged(two: Newsroom) -> None:
    two.correct(MERGE, two.only("ferry"), two.only("quake"))
    for start in range(0, 30, 3):
        two.tell("ferry", 3, start=start)
        two.tell("quake", 3, start=start)
        two.tick()
        here = two.places()
        assert len({here[id] for id in range(1, 10)}) == 1


def test_items_that_are_split_off_stay_apart(room: Newsroom) -> None:
    room.tell("ferry", 6)
    room.tick()
    ferry = room.only("ferry")
    room.correct(SPLIT, ferry, items=[2, 3])
    child = room.places()[2]
    assert child not in (None, ferry)
    assert room.of("ferry") == {ferry: [1, 4, 5, 6], child: [2, 3]}
    assert [c.id for c in room.store.split_children(ferry)] == [child]
    for start in range(0, 20, 2):
        room.tell("ferry", 2, start=start)
        room.tick()
        here = room.places()
        assert here[2] == here[3]
        assert here[2] not in {here[id] for id in (1, 4, 5, 6)}


def test_an_item_that_is_moved_goes_with_its_new_cluster(two: Newsroom) -> None:
    ferry, quake = two.only("ferry"), two.only("quake")
    two.correct(MOVE, ferry, quake, [2])
    assert two.places()[2] == quake
    assert two.store.cluster(quake).split_from is None
    two.tell("ferry", 6)
    two.tell("quake", 6)
    two.tick()
    here = two.places()
    assert here[2] == here[6]  # the first report of the quake
    assert here[2] not in {here[id] for id in (1, 3, 4, 5)}


def test_a_cluster_whose_only_item_is_moved_leads_on_and_can_come_back(
    room: Newsroom,
) -> None:
    room.tell("ferry", 4)
    room.tell("chess", 1)
    room.tick()
    chess, ferry = room.only("chess"), room.only("ferry")
    correction = room.correct(MOVE, chess, ferry, [5])
    assert room.store.cluster(chess).merged_into == ferry
    room.undo(correction)
    assert room.places()[5] == chess
    assert room.store.cluster(chess).merged_into is None


def test_clusters_that_a_person_parted_never_merge(room: Newsroom) -> None:
    room.tell("ferry", 4)
    room.tick()
    room.correct(SPLIT, room.only("ferry"), items=[1, 2])
    assert len(room.of("ferry")) == 2
    room.undo(1)  # one again, as the engine had it
    assert len(room.of("ferry")) == 1
    room.correct(SPLIT, room.only("ferry"), items=[1, 2])
    for start in range(12):
        room.tell("ferry", 2, start=start)
        room.tick()
        here = room.places()
        assert here[1] == here[2] != here[3] == here[4]


def test_a_pinned_cluster_keeps_name_and_id_and_takes_items(two: Newsroom) -> None:
    quake = two.only("quake")
    headline = two.store.cluster(quake).headline
    two.correct(PIN, quake)
    assert two.store.bonds().pins == ((quake, headline),)
    two.tell("quake", 9, start=4)
    two.tick()
    cluster = two.store.cluster(quake)
    assert (cluster.headline, cluster.item_count) == (headline, 13)
    two.correct(MERGE, quake, two.only("ferry"))
    assert two.only("ferry") == quake  # smaller at first, but pinned
    two.undo(1)
    assert two.store.bonds().pins == ()


def test_undoing_a_merge_brings_the_old_id_back_and_late_items_stay(
    two: Newsroom,
) -> None:
    ferry, quake = two.only("ferry"), two.only("quake")
    correction = two.correct(MERGE, quake, ferry)
    two.tell("ferry", 2)
    two.tick()
    two.undo(correction)
    assert two.of("quake") == {quake: [6, 7, 8, 9]}
    assert two.only("ferry") == ferry
    assert two.store.cluster(quake).merged_into is None
    assert two.store.cluster(quake).headline
    rows = two.store.item_decisions(6)
    assert (rows[-1].kind, rows[-1].who) == (DecisionKind.RESTORED, "ben")
    assert two.store.bonds().constraints == ()


def test_what_led_to_a_merged_cluster_leads_there_again_after_undoing(
    room: Newsroom,
) -> None:
    room.tell("ferry", 3)
    room.tell("quake", 2)
    room.tell("court", 1)
    room.tick()
    ferry, quake, court = map(room.only, ("ferry", "quake", "court"))
    room.correct(MERGE, quake, court)
    second = room.correct(MERGE, ferry, quake)
    assert room.store.cluster(court).merged_into == ferry
    room.undo(second)
    assert room.store.cluster(court).merged_into == quake
    assert room.only("court") == room.only("quake") == quake


def test_undoing_a_split_brings_its_items_back(room: Newsroom) -> None:
    room.tell("ferry", 6)
    room.tick()
    ferry = room.only("ferry")
    correction = room.correct(SPLIT, ferry, items=[2, 3])
    child = room.places()[2]
    room.undo(correction)
    assert room.only("ferry") == ferry
    assert room.store.cluster(child or 0).merged_into == ferry
    assert room.store.split_children(ferry) == ()
    with pytest.raises(NotFound):
        room.store.undo_correction(correction, "ben", NOW)


def test_undoing_follows_where_clusters_went_meanwhile(room: Newsroom) -> None:
    room.tell("ferry", 6)
    room.tell("quake", 8)
    room.tick()
    ferry, quake = room.only("ferry"), room.only("quake")
    first = room.correct(SPLIT, ferry, items=[2, 3])
    room.correct(MERGE, ferry, quake)
    room.undo(first)
    assert set(room.places().values()) == {quake}


def test_the_newest_word_wins(two: Newsroom) -> None:
    ferry, quake = two.only("ferry"), two.only("quake")
    two.correct(PART, ferry, quake)
    two.correct(MERGE, ferry, quake)
    two.correct(SPLIT, ferry, items=[1, 6])
    here = two.places()
    assert here[1] == here[6] != here[2]
    two.tell("ferry", 9)
    two.tick()
    here = two.places()
    assert here[1] == here[6] != here[2]
    assert len({here[id] for id in (2, 3, 4, 5, 7, 8, 9)}) == 1


def test_closed_clusters_can_be_corrected_too(room: Newsroom) -> None:
    old = NOW - timedelta(days=40)
    room.tell("ferry", 4, at=old)
    room.tell("quake", 4, at=old + timedelta(hours=1))
    room.tick()
    ferry, quake = room.only("ferry"), room.only("quake")
    room.tell("court", 4)
    room.tick()
    assert len(room.store.open_clusters(NOW - timedelta(days=5))) == 1
    (state,) = room.store.cluster_states([ferry])
    assert state.members == ()  # their vectors are forgotten
    correction = room.correct(MERGE, ferry, quake)
    assert room.only("ferry") == room.only("quake") == ferry
    split = room.correct(SPLIT, ferry, items=[1, 5])
    here = room.places()
    assert here[1] == here[5] != here[2]
    cluster = room.store.cluster(here[1] or 0)
    assert (cluster.item_count, cluster.first_at) == (2, old)
    room.undo(split)
    room.undo(correction)
    assert (room.only("ferry"), room.only("quake")) == (ferry, quake)
    (state,) = room.store.cluster_states([quake])
    assert (state.size, state.first_at) == (4, old + timedelta(hours=1))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(MERGE, 1, 1), "Both are cluster 1"),
        (Asked(MERGE, 1), "Say which other cluster"),
        (Asked(SPLIT, 1), "No item is checked"),
        (Asked(SPLIT, 1, None, (6,)), "Item 6 is not in cluster 1"),
        (Asked(SPLIT, 1, None, (1, 2, 3, 4, 5)), "All 5 items"),
        (Asked(MOVE, 1, 1, (1,)), "Both are cluster 1"),
    ],
)
def test_what_cannot_be_followed_says_why_and_stops_nothing(
    two: Newsroom, asked: Asked, said: str
) -> None:
    assert two.only("ferry") == 1
    before = two.places()
    id = two.store.correct(asked, "ana", NOW)
    two.correct(PIN, 1)
    found = two.store.correction(id)
    assert said in found.problem
    assert not found.waits
    assert two.places() == before
    assert two.store.bonds().pins != ()
    with pytest.raises(NotFound):
        two.store.correct(Asked(MERGE, 1, 99), "ana", NOW)


def test_what_is_taken_back_before_it_was_followed_changes_nothing(
    two: Newsroom,
) -> None:
    before = two.places()
    id = two.store.correct(Asked(MERGE, 1, 2), "ana", NOW)
    two.store.undo_correction(id, "ben", NOW)
    two.tick()
    assert two.places() == before
    assert two.store.waiting_corrections() == ()
    assert two.store.cluster(2).merged_into is None


def test_a_new_process_goes_on_as_the_old_one_would(tmp_path: Path) -> None:
    found = []
    for restarts in (False, True):
        room = Newsroom(tmp_path / f"{restarts}.db")
        room.tell("ferry", 5)
        room.tell("quake", 4)
        room.tick()
        room.correct(MOVE, 1, 2, [2, 3])
        for start in range(4):
            if restarts:
                room.restart()
            room.tell("ferry", 3, start=start)
            room.tell("quake", 2, start=start)
            room.tick()
        found.append(room.places())
        room.close()
    assert found[0] == found[1]


def test_pinning_what_was_merged_meanwhile_pins_where_it_went(two: Newsroom) -> None:
    ferry, quake = two.only("ferry"), two.only("quake")
    two.correct(MERGE, quake, ferry)
    two.correct(PIN, quake)
    assert dict(two.store.bonds().pins).keys() == {ferry}
