"""Numbers with the noun that they count, and sources that do not agree on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.brief.figures import Figure, conflicts, differ, figures, revised
from aggregator.models import Item

NOW = datetime(2026, 3, 6, 13, 30, tzinfo=UTC)


def item(item_id: int, source: str, title: str, hours: float = 1.0) -> Item:
    at = NOW - timedelta(hours=hours)
    return Item(item_id, 1, source, source, "", title, "", "", at, at, at, 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9 killed in bus crash", {"killed": 9}),
        ("Bus crash kills 12 people", {"killed": 12}),
        ("Flood leaves nine dead, 14 injured", {"killed": 9, "injured": 14}),
        ("A storm killing at least 41 people", {"killed": 41}),
        ("Police say 7 people were arrested", {"arrested": 7}),
        ("More than 10,000 migrants wait at the bridge", {"migrants": 10_000}),
        ("Some 1.2 million ballots were mailed", {"ballots": 1_200_000}),
        ("El incendio deja 5 muertos y 12 heridos", {"killed": 5, "injured": 12}),
        ("Two men and three women held", {"men": 2, "women": 3}),
        ("600 agents sent to the crossing", {"agents": 600}),
        ("Six border patrol agents sent", {"agents": 6}),
        ("12 killed, then 14 killed", {"killed": 12}),
        # what only looks like a count
        ("A 9-year-old boy won 3-1", {}),
        ("On Sept. 18 attacks went on", {}),
        ("Title 42 expulsions resume", {}),
        ("2024 elections near", {}),
        ("Two more killed", {}),
        ("Senate votes 51-49", {}),
        ("$3.5 trillion plans", {}),
        ("A rise of 12 percent in prices", {}),
        ("A rise of 12% in prices", {}),
        ("The 5 biggest takeaways", {}),
        ("10 a.m. hearings", {}),
        ("It takes 3 hours, 20 miles and 5 years", {}),
        ("F-16 fighters, 4x4 trucks, 10:30 trains", {}),
        ("", {}),
    ],
)
def test_figures_are_read_with_what_they_count(
    text: str, found: dict[str, float]
) -> None:
    assert {figure.noun: figure.value for figure in figures(text)} == found


@given(st.text(alphabet="9, .killed%$-abc ", max_size=60) | st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    for figure in figures(text):
        assert figure.text in text
        assert figure.value >= 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Figure(9, "9", "killed", True), Figure(12, "12", "killed", True), True),
        (Figure(9, "9", "killed", True), Figure(9, "nine", "killed", True), False),
        (Figure(9, "9", "killed", True), Figure(12, "12", "injured", True), False),
        (Figure(1, "1", "killed", True), Figure(2, "2", "killed", True), True),
        (Figure(2, "2", "men"), Figure(3, "3", "men"), False),
        (Figure(3, "3", "agents"), Figure(600, "600", "agents"), False),
        (Figure(300, "300", "agents"), Figure(600, "600", "agents"), True),
        (Figure(9, "9", "killed", True), Figure(900, "900", "killed", True), False),
        (
            Figure(10_000, "10,000", "migrants", is_hedged=True),
            Figure(12_000, "12,000", "migrants"),
            False,
        ),
        (Figure(10_000, "10,000", "migrants"), Figure(12_000, "", "migrants"), True),
        (
            Figure(9, "9", "killed", True, is_hedged=True),
            Figure(12, "12", "killed", True),
            True,
        ),
    ],
)
def test_figures_differ_where_they_count_one_thing_and_are_not_round(
    one: Figure, other: Figure, expected: bool
) -> None:
    assert differ(one, other) is expected
    assert differ(other, one) is expected


def test_of_each_source_its_latest_figure_counts() -> None:
    items = [
        item(1, "Ledger", "9 killed in fire", 9),
        item(2, "Ledger", "12 killed in fire", 2),
        item(3, "Courier", "Fire kills 12", 3),
    ]
    assert conflicts(items) == ()
    of_another = item(5, "Post", "500 killed in that city since 1990", 5)
    assert conflicts([*items, of_another]) == ()
    signal = item(4, "Signal", "11 dead in fire", 4)
    (conflict,) = conflicts([*items, of_another, signal])
    assert [(told.source, told.value) for told in conflict.told] == [
        ("Ledger", "12"),
        ("Courier", "12"),
        ("Signal", "11"),
    ]


def test_a_figure_is_revised_where_a_later_item_gives_what_none_gave_before() -> None:
    first = item(1, "Ledger", "9 killed in fire", 9)
    late = item(2, "Courier", "12 killed in fire", 2)
    assert revised([first, late], {1}) == (("killed", "9", "12"),)
    assert revised([first, late], {1, 2}) == ()
    assert revised([first, late], set()) == ()
    # a smaller toll is that of another event
    assert revised([first, item(3, "Post", "Six killed in fire", 1)], {1}) == ()
    # an old figure that comes late is no news
    assert revised([first, item(3, "Slow", "7 killed in fire", 10)], {1}) == ()
    # nor is one that was known beside another
    known = item(4, "Signal", "12 dead in fire", 8)
    assert revised([known, first, late], {1, 4}) == ()
