"""A feed's own pace: quiet feeds are left alone for longer, busy ones are not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.brief import is_late
from aggregator.models import Status
from aggregator.pace import KEPT, hours_of, usual_gap

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHORTEST, LONGEST = HOUR, 12 * HOUR
TIMES = st.lists(
    st.integers(-300_000, 30_000).map(lambda hours: NOW + hours * HOUR / 3),
    max_size=30,
)


def every(gap: timedelta, count: int = 20) -> Iterator[datetime]:
    return (NOW - gap * number for number in range(count))


def gap(times: Iterator[datetime], now: datetime = NOW) -> timedelta:
    return usual_gap(hours_of(times, now), now, SHORTEST, LONGEST)


@pytest.mark.parametrize(
    ("between", "hours"),
    [
        (HOUR / 6, 1),
        (HOUR, 1),
        (DAY, 1),
        (3 * DAY, 2.7),
        (7 * DAY, 6.3),
        (90 * DAY, 12),
    ],
)
def test_the_gap_follows_the_feed_between_the_bounds(
    between: timedelta, hours: float
) -> None:
    assert gap(every(between)) / HOUR == pytest.approx(hours)


def test_a_weekly_feed_is_polled_at_most_four_times_a_day() -> None:
    for hours in range(7 * 24):
        now = NOW + hours * HOUR
        assert gap(every(7 * DAY), now) >= 6 * HOUR


def test_a_feed_that_nothing_is_known_of_is_polled_at_the_setting() -> None:
    assert usual_gap((), NOW, SHORTEST, LONGEST) == SHORTEST


def test_a_busy_feed_that_falls_silent_slows_down_and_recovers() -> None:
    silent = gap(every(HOUR), NOW + 60 * DAY)
    assert silent / HOUR == pytest.approx(60.375 / 10)
    later = NOW + 60 * DAY
    awake = [*every(HOUR), *(later + n * HOUR for n in range(KEPT))]
    assert gap(iter(awake), later + KEPT * HOUR) == SHORTEST


def test_many_items_at_once_are_one_occasion() -> None:
    burst = [
        NOW - week * 7 * DAY - n * HOUR / 60 for week in range(5) for n in range(9)
    ]
    assert len(hours_of(burst, NOW)) <= KEPT
    assert gap(iter(burst), NOW + DAY) >= 2 * HOUR


def test_a_feed_of_the_future_is_not_polled_in_the_past() -> None:
    assert hours_of([NOW + 900 * DAY], NOW) == (NOW,)


@given(TIMES, TIMES)
def test_what_is_remembered_stays_small_sorted_and_the_same_when_met_again(
    old: list[datetime], new: list[datetime]
) -> None:
    hours = hours_of([*old, *new], NOW)
    assert len(hours) <= KEPT
    assert list(hours) == sorted(set(hours), reverse=True)
    assert hours_of([*hours, *new], NOW) == hours
    assert SHORTEST <= usual_gap(hours, NOW, SHORTEST, LONGEST) <= LONGEST


@pytest.mark.parametrize(
    ("polled", "due", "late"),
    [
        (HOUR, -HOUR, False),
        (DAY, -DAY, False),  # every feed rests
        (DAY, timedelta(minutes=4), False),
        (DAY, timedelta(minutes=6), True),
        (DAY, None, True),
        (HOUR, DAY, False),
        (None, None, True),
    ],
)
def test_resting_feeds_are_no_standstill(
    polled: timedelta | None, due: timedelta | None, late: bool
) -> None:
    status = Status(
        *(0, 0, 0, {}, polled and NOW - polled, None, None),
        due_at=None if due is None else NOW - due,
    )
    assert is_late(status, NOW, HOUR) is late
