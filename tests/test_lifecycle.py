"""States by rule: every transition both ways, nothing flaps, an outage is no silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.lifecycle import Heard, Life, life_of
from aggregator.models import LifecycleState

BEGAN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
EMERGING, DEVELOPING, PEAK, FADING, DORMANT, REVIVED = LifecycleState

Told = Sequence[tuple[float, str]]
"""Hours after the beginning, and the voices (one letter each) that reported then."""
ALONE: Told = [(0, "a")]
THREE: Told = [(0, "a"), (2, "b"), (5, "c")]
FIVE: Told = [(hour, voice) for hour, voice in enumerate("abcde")]
TEN: Told = [(hour, voice) for hour, voice in enumerate("abcdefghij")]


def at(hours: float) -> datetime:
    return BEGAN + timedelta(hours=hours)


def life(told: Told, hours: float, *outages: tuple[float, float]) -> Life:
    """Return where a cluster stands so many hours after its beginning."""
    reports = [(at(h), voice) for h, voices in told for voice in voices if h <= hours]
    heard = Heard(at(hours), tuple((at(start), at(end)) for start, end in outages))
    return life_of(reports, heard)


def history(told: Told) -> list[tuple[LifecycleState, float]]:
    """Return each state and the hour from which on it held."""
    states: list[tuple[LifecycleState, float]] = []
    times = sorted({hour for hour, _ in told})
    hour: float | None = times[0]
    while hour is not None:
        found = life(told, hour)
        since = (found.since - BEGAN) / timedelta(hours=1)
        if not states or states[-1][0] is not found.state:
            states.append((found.state, since))
        assert states[-1][1] == since
        ahead = [later for later in times if later > hour]
        if found.due_at is not None:
            ahead.append((found.due_at - BEGAN) / timedelta(hours=1))
        hour = min(ahead, default=None)
    return states


LIVES: dict[str, tuple[Told, str]] = {
    "one voice, once": (ALONE, "emerging 0, fading 24, dormant 72"),
    "one voice, often: one voice all the same": (
        [(0, "a"), (1, "a"), (2, "a"), (3, "a"), (4, "a")],
        "emerging 0, developing 24, fading 28, dormant 76",
    ),
    "the third voice ends emerging": (
        THREE,
        "emerging 0, developing 5, fading 29, dormant 77",
    ),
    "and so does its first day": (
        [(0, "a"), (20, "b")],
        "emerging 0, developing 24, fading 44, dormant 92",
    ),
    "five voices make a peak, which is over when two of them are silent": (
        FIVE,
        "emerging 0, developing 2, peak 4, developing 25, fading 27, dormant 76",
    ),
    "a peak holds while they go on, and comes back only at a new best": (
        [*TEN, (24, "abcdef"), (40, "hi"), (47, "abcdef"), (50, "hijk")],
        (
            "emerging 0, developing 2, peak 4, developing 33, peak 50, developing 71, "
            "fading 74, dormant 122"
        ),
    ),
    "after a peak two voices of ten are fading, four are back": (
        [*TEN, (30, "a"), (40, "b"), (45, "cd")],
        (
            "emerging 0, developing 2, peak 4, developing 27, fading 32, developing 45, "
            "fading 64, dormant 117"
        ),
    ),
    "one voice does not bring a fading cluster back, two within a day do": (
        [*THREE, (30, "a"), (53, "b"), (56, "a"), (60, "c")],
        "emerging 0, developing 5, fading 29, developing 53, fading 84, dormant 132",
    ),
    "a second voice ever does": (
        [*ALONE, (30, "b")],
        "emerging 0, fading 24, developing 30, fading 54, dormant 102",
    ),
    "a straggler wakes nobody": (
        [*THREE, (100, "a")],
        "emerging 0, developing 5, fading 29, dormant 77",
    ),
    "two voices revive for a day, and its best is counted anew": (
        [*TEN, (100, "a"), (101, "b"), (120, "ac")],
        (
            "emerging 0, developing 2, peak 4, developing 27, fading 31, dormant 81, "
            "revived 101, developing 125, fading 144, dormant 192"
        ),
    ),
    "what is revived and silent fades": (
        [*THREE, (100, "ab")],
        (
            "emerging 0, developing 5, fading 29, dormant 77, revived 100, fading 124, "
            "dormant 172"
        ),
    ),
    "what is revived can peak": (
        [*THREE, (100, "ab"), (125, "abcdef")],
        (
            "emerging 0, developing 5, fading 29, dormant 77, revived 100, fading 124, "
            "peak 125, fading 149, dormant 197"
        ),
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_a_cluster_lives_by_the_rule(name: str) -> None:
    told, states = LIVES[name]
    assert ", ".join(f"{state} {hour:g}" for state, hour in history(told)) == states


def test_a_revival_says_how_long_it_was_quiet() -> None:
    revived = life([*THREE, (90, "a"), (149, "b"), (150, "c")], 150)
    assert revived.state is REVIVED
    assert revived.quiet == timedelta(hours=149 - 5)
    assert life([*THREE, (149, "b"), (150, "c")], 200).quiet is None


@pytest.mark.parametrize("gap", [5, 11, 23, 25, 40, 71, 73, 100])
def test_a_steady_trickle_of_one_voice_never_flaps(gap: int) -> None:
    states = [state for state, _ in history([(gap * n, "a") for n in range(8)])]
    assert len(states) == len(set(states))


@pytest.mark.parametrize("voices", ["ab", "abc", "abcd", "abcde", "abcdefgh"])
@pytest.mark.parametrize("gap", [3, 7, 23, 24, 25])
def test_voices_in_turn_never_flap(gap: int, voices: str) -> None:
    told = [(gap * n, voices[n % len(voices)]) for n in range(24)]
    changes = [state for state, since in history(told) if since <= gap * 23]
    assert len(changes) <= 6


# --- an outage


def test_while_no_feed_delivers_nothing_fades() -> None:
    reports = [(at(hour), voice) for hour, voice in THREE]
    assert life_of(reports, Heard(at(10))).state is DEVELOPING
    assert life(THREE, 200).state is DORMANT


def test_hours_of_an_outage_are_no_silence() -> None:
    outage = (10, 82)
    assert life(THREE, 82 + 18, outage).state is DEVELOPING
    faded = life(THREE, 82 + 19, outage)
    assert (faded.state, faded.since) == (FADING, at(101))
    assert faded.due_at == at(77 + 72)
    assert life(THREE, 77 + 72, outage).state is DORMANT


def test_an_outage_before_the_first_report_changes_nothing() -> None:
    assert life(THREE, 30, (-90, -10)) == life(THREE, 30)


# --- what must hold for every life

TOLD = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from("abcdefgh")), min_size=1, max_size=25
)


@given(TOLD, st.integers(0, 400))
def test_a_state_holds_until_it_is_due_and_not_longer(
    told: list[tuple[float, str]], hours: int
) -> None:
    known = [(hour, voice) for hour, voice in told if hour <= hours] or [(0, "a")]
    found = life(known, hours)
    if found.due_at is None:
        assert found.state is DORMANT
        assert life(known, hours + 1000) == found
        return
    due = (found.due_at - BEGAN) / timedelta(hours=1)
    assert due > hours
    before, after = life(known, (hours + due) / 2), life(known, due)
    assert (before.state, before.since) == (found.state, found.since)
    assert (after.state is not found.state, after.since) == (True, found.due_at)


@given(TOLD, st.integers(0, 300), st.integers(37, 200))
def test_an_outage_shifts_what_comes_after_it(
    told: list[tuple[float, str]], start: int, length: int
) -> None:
    later = [(hour + length if hour > start else hour, voice) for hour, voice in told]
    shifted = life(later, 400 + length, (start, start + length))
    plain = life(told, 400)
    assert (shifted.state, shifted.quiet) == (plain.state, plain.quiet)


@given(TOLD)
def test_the_order_of_arrival_does_not_matter(told: list[tuple[float, str]]) -> None:
    assert life(told[::-1], 400) == life(told, 400)


def test_a_cluster_without_reports_has_no_life() -> None:
    with pytest.raises(ValueError, match="without a report"):
        life_of([], Heard(BEGAN))
