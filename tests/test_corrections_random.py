"""Whatever people say, in whatever order: it holds, it is undone, the ledger replays."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.clustering import Constraints
from aggregator.errors import NotFound
from aggregator.models import Asked, CorrectionKind
from aggregator.passes.recluster import recluster
from aggregator.replay import Replay
from tests.newsroom import EVENTS, Newsroom
from tests.sample import NOW

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", *CorrectionKind, "undo", "restart", "again"]),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
    ),
    min_size=4,
    max_size=14,
)


def take(room: Newsroom, what: str, a: int, b: int) -> None:
    """Do one step; `a` and `b` choose among what there is."""
    if what == "tell":
        name = list(EVENTS)[a % len(EVENTS)]
        room.tell(name, 1 + b % 4, start=a % 7, at=NOW - timedelta(hours=b % 300))
    elif what == "restart":
        room.restart()
    elif what == "again":
        recluster(room.pipeline.groups, NOW - timedelta(days=30))
        room.restart()
    elif what == "undo":
        rows = [row for row in room.store.last_corrections() if row.undone_at is None]
        if rows:
            room.store.undo_correction(rows[a % len(rows)].id, "ben", NOW)
    else:
        say(room, CorrectionKind(what), a, b)
    room.tick()


def say(room: Newsroom, kind: CorrectionKind, a: int, b: int) -> None:
    items = room.items()
    if not items:
        return
    item, other = items[a % len(items)], items[b % len(items)]
    assert item.cluster_id
    assert other.cluster_id
    chosen = (item.id, *(i.id for i in items if i.id == item.id + 1))
    asked = Asked(kind, item.cluster_id, other.cluster_id, chosen[: 1 + b % 2])
    if kind in (CorrectionKind.SPLIT, CorrectionKind.PIN):
        asked = Asked(kind, item.cluster_id, None, asked.item_ids)
    if kind is CorrectionKind.UNMERGE:
        asked = Asked(kind, item.cluster_id, 1 + b % 9)
    try:
        room.store.correct(asked, "ana", NOW)
    except NotFound:
        assert kind is CorrectionKind.UNMERGE


def held(room: Newsroom) -> set[tuple[int, int, bool]]:
    """Return the pairs that hold: who must be together, who apart."""
    bonds = room.store.bonds()
    places = dict(bonds.places)
    known = Constraints(bonds)
    found = set()
    for row in places:
        home, barred = known.home(row), known.barred(row)
        assert home == places[row]
        assert home not in barred
        for constraint in bonds.constraints:
            if row in constraint.together:
                found |= {
                    (row, mate, True)
                    for mate in constraint.together
                    if places[mate] == places[row]
                }
        found |= {(row, mate, False) for mate in places if places[mate] in barred}
    return found


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(STEPS)
def test_no_batch_goes_against_what_holds_and_the_ledger_tells_all(
    steps: list[tuple[str, int, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = Newsroom(Path(folder) / "room.db")
        try:
            room.tell("ferry", 3)
            room.tell("quake", 2)
            room.tick()
            for what, a, b in steps:
                pairs, pins = held(room), dict(room.store.bonds().pins)
                take(room, what, a, b)
                assert room.store.waiting_corrections() == ()
                here = room.places()
                if what in ("tell", "restart", "again"):
                    wrong = [p for p in pairs if (here[p[0]] == here[p[1]]) != p[2]]
                    assert wrong == []
                    assert dict(room.store.bonds().pins) == pins
            check_store(room)
        finally:
            room.close()


def check_store(room: Newsroom) -> None:
    """The ledger leads here, addresses lead to what stands, states fit the items."""
    replay = Replay()
    replay.read(room.store.ledger())
    memberships = dict(room.store.memberships())
    assert list(replay.differences(memberships)) == []
    standing = set(memberships.values())
    for id in range(1, room.store.last_cluster_id() + 1):
        try:
            cluster = room.store.cluster(id)
        except NotFound:
            continue  # minted, and never stored
        if id in standing:
            assert cluster.merged_into is None
            items = room.store.cluster_items(id)
            assert cluster.item_count == len(items)
            (state,) = room.store.cluster_states([id])
            assert state.size == len(items)
            assert (cluster.first_at, cluster.last_at) == (items[0].at, items[-1].at)
        else:
            assert cluster.merged_into in standing, id
