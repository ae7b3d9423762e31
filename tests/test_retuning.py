"""What corrections say about the threshold: estimated, shown, used, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Settings
from aggregator.errors import NotFound
from aggregator.models import CorrectionKind, JudgedPair, Verdicts
from aggregator.retuning import MIN_PAIRS, best_threshold, fold_of, retune
from tests.browsing import assert_harmless, page, text_of
from tests.newsroom import Newsroom
from tests.sample import NOW
from web import create_app


def pairs(limit: float, n: int = 60, per_correction: int = 2) -> list[JudgedPair]:
    """Return pairs that are one event from `limit` on."""
    scores = [0.05 + 0.15 * i / n for i in range(n)]
    return [
        JudgedPair(i // per_correction, round(score, 4), score >= limit)
        for i, score in enumerate(scores)
    ]


def test_the_threshold_that_serves_is_found_and_measured_on_held_out_pairs() -> None:
    found = retune(pairs(0.14), 0.10)
    assert found is not None
    assert found.threshold == pytest.approx(0.14, abs=0.005)
    assert found.before_threshold == 0.10
    assert (found.pair_count, found.correction_count) == (60, 30)
    assert found.before.precision < 0.7
    assert found.after.f1 > 0.9 > found.before.f1
    assert found.before.recall == 1.0


def test_what_only_fits_what_it_was_taught_gains_nothing_held_out() -> None:
    noise = [JudgedPair(i, 0.06 + 0.002 * i, i * 7 % 3 == 0) for i in range(60)]
    found = retune(noise, 0.10)
    assert found is not None
    assert found.after.f1 < found.before.f1 + 0.1


@pytest.mark.parametrize(
    "few",
    [
        pairs(0.14, MIN_PAIRS - 1),
        pairs(0.0),  # all of one kind
        pairs(0.14, per_correction=60),  # one correction: nothing to hold out
        [],
    ],
)
def test_too_little_proposes_nothing(few: list[JudgedPair]) -> None:
    assert retune(few, 0.10) is None


def test_it_moves_by_a_factor_of_two_at_most() -> None:
    high = [JudgedPair(i, 0.3 + 0.001 * i, i > 30) for i in range(60)]
    assert best_threshold(high, 0.10) == 0.10


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.floats(0, 0.4), st.booleans()), max_size=60
    )
)
def test_it_is_never_worse_on_what_it_was_taught(
    drawn: list[tuple[int, float, bool]],
) -> None:
    judged = [JudgedPair(*values) for values in drawn]
    best = best_threshold(judged, 0.10)
    assert 0.05 <= best <= 0.2

    def f1(t: float) -> float:
        found = sum(p.is_same and p.score >= t for p in judged)
        wrong = sum(not p.is_same and p.score >= t for p in judged)
        missed = sum(p.is_same and p.score < t for p in judged)
        return Verdicts(found, wrong, missed).f1

    assert f1(best) >= f1(0.10) - 1e-9
    assert {fold_of(p.correction_id) for p in judged} <= set(range(5))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom(tmp_path / "room.db")
    yield room
    room.close()


def judge(room: Newsroom) -> None:
    """Say of pairs of reports that share two words or one: the first are one event."""
    for n in range(48):
        shared = [f"shared{n}{sign}" for sign in "ab"[: 2 if n < 24 else 1]]
        for side in "xy":
            own = [f"own{n}{side}{sign}" for sign in "abcdefghijkl"]
            room.tell(" ".join([*shared, *own]), 1)
    room.tick()
    for n in range(48):
        one, other = room.items()[2 * n : 2 * n + 2]
        assert one.cluster_id
        assert other.cluster_id
        if n >= 24:
            assert one.cluster_id != other.cluster_id
            room.correct(CorrectionKind.PART, one.cluster_id, other.cluster_id)
            continue
        if one.cluster_id == other.cluster_id:  # taken apart, and said to be one
            room.correct(CorrectionKind.SPLIT, one.cluster_id, items=[other.id])
            other = room.store.item(other.id)
        room.correct(CorrectionKind.MERGE, one.cluster_id, other.cluster_id)


def test_a_person_uses_what_is_proposed_and_takes_it_back(room: Newsroom) -> None:
    judge(room)
    (proposed,) = room.store.retunings()
    assert proposed.retuning.pair_count >= MIN_PAIRS
    assert proposed.used_at is None
    app = create_app(Settings(user_header="Remote-User"), *[room.store] * 3)
    app.config["NOW"] = lambda: NOW
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    client.environ_base["HTTP_REMOTE_USER"] = "Ana"
    root = page(client, "/corrections/")
    assert_harmless(root)
    text = text_of(root)
    assert f"{proposed.retuning.threshold:.4f}, re-estimated" in text
    assert f"{proposed.retuning.after.f1:.3f}" in text
    room.tell("chess", 1)
    room.tick()
    before = room.store.item_decisions(room.items()[-1].id)[0]
    use = f"/corrections/thresholds/{proposed.id}/use"
    assert client.post(use).status_code == 303
    assert client.post(use).status_code == 404
    room.tell("ferry", 1)
    room.tick()
    after = room.store.item_decisions(room.items()[-1].id)[0]
    moved = proposed.retuning.threshold - proposed.retuning.before_threshold
    assert after.threshold - before.threshold == pytest.approx(moved, abs=1e-3)
    assert after.config_hash != before.config_hash
    assert "used since" in text_of(page(client, "/corrections/"))
    end = f"/corrections/thresholds/{proposed.id}/end"
    assert client.post(end).status_code == 303
    room.tell("ferry", 1)
    room.tick()
    again = room.store.item_decisions(room.items()[-1].id)[0]
    assert again.config_hash == before.config_hash
    assert "taken back" in text_of(page(client, "/corrections/"))
    said = text_of(page(client, "/audit/"))
    assert "Ana has clusters joined from threshold" in said
    assert "Ana took back threshold" in said
    with pytest.raises(NotFound):
        room.store.end_threshold(proposed.id, "Ana", NOW)


def test_a_new_process_works_by_the_threshold_in_use(room: Newsroom) -> None:
    judge(room)
    (proposed,) = room.store.retunings()
    room.store.use_threshold(proposed.id, "Ana", NOW)
    room.tick()
    room.restart()
    room.tell("ferry", 1)
    room.tick()
    row = room.store.item_decisions(room.items()[-1].id)[0]
    assert row.threshold == pytest.approx(proposed.retuning.threshold, abs=0.02)
