"""Storylines: what a cluster tells on, found at once, named with its reasons, kept."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.clustering.storylines import N_KEYS, compare, keys_of, previous_of
from aggregator.config import Settings
from aggregator.models import (
    Comparison,
    CorrectionKind,
    Entry,
    Grouping,
    Merge,
    Moves,
    StoryLink,
    StoryVector,
)
from aggregator.passes.groups import GroupPass
from aggregator.passes.storylines import StorylinePass
from aggregator.store import Store
from tests import sample
from tests.browsing import empty_store, page, site_over, text_of
from tests.newsroom import Newsroom
from tests.sample import NOW

DAY = timedelta(days=1)
LOCK_GATE = (
    "Cracked gate shuts the Drumlin canal lock to barges",
    "Engineers found a crack in the upper gate of the Drumlin lock; barges wait on the canal.",
    "Barges queue as Drumlin lock closes over a cracked gate",
    "The Drumlin canal lock is shut: its upper gate is cracked, engineers say, and barges wait.",
)
LOCK_AGAIN = (
    "Drumlin canal lock shuts again: new crack in its upper gate",
    "Six weeks after the repair, engineers closed the Drumlin lock; barges wait on the canal.",
    "Barges wait once more at Drumlin lock as gate cracks anew",
    "A second crack in the upper gate shuts the Drumlin canal lock, engineers told barge crews.",
)
ORCHARD = (
    "Late frost costs Averley orchards half of their cherries",
    "Growers around Averley say frost in the night took every second blossom of the cherries.",
    "Averley cherry growers count the cost of a frosty night",
    "Half of the cherry blossom is lost, growers at Averley say after a night of frost.",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with empty_store(tmp_path / "own.db") as store:
        yield store


def tell(store: Store, now: datetime, *texts: str) -> int:
    """Poll two items of two feeds, cluster them and compare; return their cluster."""
    pairs = list(zip(texts[::2], texts[1::2], strict=True))
    for feed, (title, summary) in zip(store.feeds(), pairs, strict=False):
        entry = Entry(
            title, f"https://x.example/{feed.id}", title, summary, published_at=now
        )
        store.save_poll(sample.poll(feed.id, now, finished_at=now, entries=(entry,)))
    stop = threading.Event()
    GroupPass(store, Settings(), lambda: now, stop).run()
    StorylinePass(store, lambda: now, stop).run()
    return max(
        item.cluster_id or 0
        for feed in store.feeds()[: len(pairs)]
        for item in store.feed_items(feed.id, limit=1)
    )


def links(store: Store, cluster_id: int) -> list[tuple[int, int]]:
    """Return (cluster, previous) of a storyline."""
    found = [chapter.link for chapter in store.storyline(cluster_id)]
    return [(link.cluster_id, link.previous_id) for link in found if link]


# --- the score


def vector(terms: Mapping[int, float], id: int = 1) -> StoryVector:
    columns = sorted(terms)
    return StoryVector(
        id,
        NOW,
        array("i", columns).tobytes(),
        array("f", [terms[column] for column in columns]).tobytes(),
    )


def test_one_shared_word_links_nothing_however_heavy() -> None:
    pope = vector({1: 9.0, 2: 1.0, 3: 1.0})
    other = vector({1: 9.0, 4: 1.0, 5: 1.0})
    found = compare(pope, other)
    assert (found.score > 0.95, found.carriers) == (True, pytest.approx(1.0))
    assert found.strength == pytest.approx(0.0, abs=1e-6)
    assert previous_of(pope, [other]) is None


def test_several_shared_words_link_and_the_strongest_wins() -> None:
    new = vector({1: 3.0, 2: 3.0, 3: 3.0, 4: 3.0})
    near = vector({1: 3.0, 2: 3.0, 3: 3.0, 9: 2.0}, 5)
    nearest = vector({1: 3.0, 2: 3.0, 3: 3.0, 4: 2.0}, 4)
    found = previous_of(new, [near, nearest, vector({}, 7)])
    assert found is not None
    assert found[0] == 4
    assert float(found[1].parts.sum()) == pytest.approx(1.0)
    equals = previous_of(new, [near, vector({1: 3.0, 2: 3.0, 3: 3.0, 8: 2.0}, 6)])
    assert equals is not None
    assert equals[0] == 6


def test_a_cluster_is_found_by_its_heaviest_words() -> None:
    keys = keys_of(vector({column: float(column) for column in range(1, 20)}))
    assert sorted(keys) == list(range(20 - N_KEYS, 20))
    assert keys_of(vector({})) == {}


TERMS = st.dictionaries(st.integers(0, 30), st.floats(0.01, 50.0), max_size=20)


@given(TERMS, TERMS)
def test_likeness_has_no_side_and_stays_in_its_bounds(
    one: dict[int, float], other: dict[int, float]
) -> None:
    a, b = compare(vector(one), vector(other)), compare(vector(other), vector(one))
    assert a.score == pytest.approx(b.score)
    assert 0.0 <= a.strength <= a.score <= 1.0 + 1e-6
    assert np.isclose(a.parts.sum(), 1.0) or not len(a.parts)


# --- in the service


def test_a_story_that_returns_after_weeks_names_what_it_tells_on(
    store: Store, tmp_path: Path
) -> None:
    old = tell(store, NOW - 41 * DAY, *LOCK_GATE)
    tell(store, NOW - 20 * DAY, *ORCHARD)
    new = tell(store, NOW, *LOCK_AGAIN)
    assert links(store, new) == links(store, old) == [(new, old)]
    link = store.storyline(new)[1].link
    assert link is not None
    assert {"drumlin", "lock"} <= {shared.term for shared in link.shared_terms}
    assert link.decided_at == NOW
    (card,) = store.clusters(limit=1)
    assert card.previous == store.cluster(old)
    with site_over(tmp_path / "own.db") as app:
        client = app.test_client()
        assert f"returns after 41 d: {card.previous.headline} #{old}" in text_of(
            page(client, "/clusters/")
        )
        for id in (old, new):
            said = text_of(page(client, f"/clusters/{id}")).partition("Storyline")[2]
            assert f"#{old}" in said
            assert f"#{new}" in said
        assert "Storyline" not in text_of(page(client, f"/clusters/{new - 1}"))


def test_an_old_story_that_is_another_one_is_not_named(store: Store) -> None:
    tell(store, NOW - 41 * DAY, *LOCK_GATE)
    assert store.storyline(tell(store, NOW, *ORCHARD)) == ()


def test_what_one_source_alone_has_is_neither_compared_nor_found(store: Store) -> None:
    tell(store, NOW - 41 * DAY, *LOCK_GATE[:2])
    assert store.uncompared_clusters() == ()
    assert store.storyline(tell(store, NOW, *LOCK_AGAIN)) == ()


def test_a_chapter_must_have_ended_a_day_before(store: Store) -> None:
    old = tell(store, NOW - 20 * DAY, *LOCK_GATE)
    keys = keys_of(vector_of(store, old))
    last = store.cluster(old).last_at
    assert store.story_candidates(keys, last, 9) == ()
    assert len(store.story_candidates(keys, last + timedelta(seconds=1), 9)) == 1


def vector_of(store: Store, cluster_id: int) -> StoryVector:
    (found,) = (c for c in store.open_clusters(NOW - 99 * DAY) if c.id == cluster_id)
    return StoryVector(found.id, found.first_at, found.columns, found.weights)


def test_a_cluster_is_compared_anew_when_its_reports_have_doubled(store: Store) -> None:
    told = [sample.Told(feed, 1.0, f"Gate {feed}") for feed in range(4)]
    sample.save_stories(store, [sample.Story("Gate", ("gate",), tuple(told[:2]))])
    assert [vector.cluster_id for vector in store.uncompared_clusters()] == [1]
    store.save_comparisons([Comparison(1, {5: 700, 6: 300}, None)])
    assert store.uncompared_clusters() == ()
    for one, is_due in ((told[2], False), (told[3], True)):
        more = sample.Story("Gate", ("gate",), (one,))
        members = [sample.save_items(store, [one])[one.title]]
        moves = Moves(tuple(sample.decisions_of(1, more, members)))
        update = sample.update_of(1, more, members)
        store.save_grouping(Grouping(NOW, (update,), (moves,)))
        assert bool(store.uncompared_clusters()) is is_due


# --- links follow what becomes of clusters


def linked(store: Store, *pairs: tuple[int, int]) -> None:
    """Make clusters as the sample has them, and links between them."""
    sample.save_stories(store)
    store.save_comparisons(
        [
            Comparison(id, {id: 500}, StoryLink(id, previous, 0.7, 5.0, (), NOW))
            for id, previous in pairs
        ]
    )


def merge(store: Store, *merges: tuple[int, int]) -> None:
    moves = Moves(merges=tuple(Merge(kept, gone) for kept, gone in merges))
    store.save_grouping(Grouping(NOW, moves=(moves,)))


@pytest.mark.parametrize(
    ("before", "merges", "after"),
    [
        ([(3, 2), (2, 1)], [(4, 2)], [(3, 4), (4, 1)]),
        ([(3, 1), (2, 1)], [(3, 2)], [(3, 1)]),
        ([(3, 2)], [(2, 3)], []),
        ([(3, 2)], [(3, 2)], []),
        ([(3, 2), (2, 1)], [(4, 1), (5, 4)], [(2, 5), (3, 2)]),
        ([(3, 1), (4, 2)], [(4, 3)], [(4, 2)]),
    ],
)
def test_links_follow_merges(
    store: Store,
    before: Sequence[tuple[int, int]],
    merges: Sequence[tuple[int, int]],
    after: list[tuple[int, int]],
) -> None:
    linked(store, *before)
    merge(store, *merges)
    found = {link for id in range(1, 6) for link in links(store, id)}
    assert sorted(found) == after
    for kept, gone in merges:
        keys = {gone: 500, kept: 500, 99: 1}
        assert gone not in {c.cluster_id for c in store.story_candidates(keys, NOW, 9)}


def test_links_follow_what_a_person_merges_and_are_found_anew_when_it_is_undone(
    tmp_path: Path,
) -> None:
    room = Newsroom(tmp_path / "room.db")
    for event in ("ferry", "quake", "kites over the harbour wall"):
        room.tell(event, 4)
    room.tick()
    ferry, quake, kites = (room.only(e) for e in ("ferry", "quake", "kites"))
    link = StoryLink(quake, kites, 0.7, 5.0, (), NOW)
    done = [Comparison(id, {}, None) for id in (ferry, kites)]
    room.store.save_comparisons([*done, Comparison(quake, {}, link)])
    correction = room.correct(CorrectionKind.MERGE, quake, ferry)
    assert links(room.store, ferry) == [(ferry, kites)]
    compared = "SELECT id FROM clusters WHERE compared_count = 0 ORDER BY id"
    with sqlite3.connect(tmp_path / "room.db") as db:
        assert db.execute(compared).fetchall() == []
        room.undo(correction)
        assert db.execute(compared).fetchall() == [(ferry,), (quake,)]
    db.close()
    room.close()


def test_the_chapter_before_is_the_last_one_and_not_the_most_alike(
    store: Store,
) -> None:
    for days, key in ((41, 1), (38, 2), (0, 3)):
        sample.save_stories(
            store,
            [
                sample.Story(
                    f"Part {key}", ("part",), (sample.Told(0, 24.0 * days, f"P {key}"),)
                )
            ],
        )
    store.save_comparisons(
        [Comparison(id, {}, StoryLink(id, 1, 0.7, 5.0, (), NOW)) for id in (2, 3)]
    )
    assert {id: c.id for id, c in store.previous_clusters([1, 2, 3]).items()} == {
        2: 1,
        3: 2,
    }


def test_links_in_a_ring_end(store: Store, tmp_path: Path) -> None:
    linked(store, (1, 2), (2, 3), (3, 1))
    assert len(store.storyline(1)) == 3
    with sqlite3.connect(tmp_path / "own.db") as db:
        plan = db.execute(
            "EXPLAIN QUERY PLAN SELECT id FROM clusters WHERE independent_count >= 2"
            " AND independent_count >= 2 * compared_count AND merged_into IS NULL"
            " ORDER BY id"
        ).fetchall()
    db.close()
    assert "clusters_uncompared" in str(plan)
