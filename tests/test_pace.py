"""A feed's own pace: quiet feeds are left alone for longer, busy ones are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.brief.alarms import is_late
from aggregator.errors import FetchError
from aggregator.models import Document, Entry, Feed, FeedState, Poll, Response, Status
from aggregator.polling import Intervals, poll_of
from aggregator.polling.pace import KEPT, hour_of, usual_gap, with_hours

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
    return usual_gap(with_hours((), times, now), now, SHORTEST, LONGEST)


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
    assert len(with_hours((), burst, NOW)) <= KEPT
    assert gap(iter(burst), NOW + DAY) >= 2 * HOUR


def test_a_feed_of_the_future_is_not_polled_in_the_past() -> None:
    assert with_hours((), [NOW + 900 * DAY], NOW) == (hour_of(NOW),)


@given(TIMES, TIMES)
def test_what_is_remembered_stays_small_sorted_and_the_same_when_met_again(
    old: list[datetime], new: list[datetime]
) -> None:
    hours = with_hours((), [*old, *new], NOW)
    assert len(hours) <= KEPT
    assert list(hours) == sorted(set(hours), reverse=True)
    assert with_hours(hours, new, NOW) == hours
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
    last = None if polled is None else NOW - polled
    due_at = None if due is None else NOW - due
    status = Status(0, 0, last, None, None, due_at=due_at)
    assert is_late(status, NOW, HOUR) is late


# --- what polling makes of it

FEED = Feed(1, "https://e.example/f", "E", "", "", FeedState.OK)
STEADY = Intervals(jitter=0)


def polled(feed: Feed, *ages: timedelta | None, intervals: Intervals = STEADY) -> Poll:
    """Poll a feed whose document holds entries of these ages, None for no date."""
    entries = tuple(
        Entry(f"g:{n}", "", "T", "", published_at=None if age is None else NOW - age)
        for n, age in enumerate(ages)
    )
    answer = Response(FEED.url, 200, {}, b"<rss/>")
    return poll_of(feed, NOW, NOW, answer, Document("E", "", "", entries), intervals)


def gap_of(poll: Poll) -> timedelta:
    assert poll.next_poll_at is not None
    return poll.next_poll_at - NOW


WEEKLY = tuple(n * 7 * DAY for n in range(1, 11))


def test_a_weekly_feed_is_polled_less_from_its_first_poll_on() -> None:
    first = polled(FEED, *WEEKLY)
    assert gap_of(first) == 7 * HOUR
    known = replace(FEED, item_hours=first.item_hours, etag='"x"')
    unchanged = Response(FEED.url, 304, {}, b"")
    assert gap_of(poll_of(known, NOW, NOW, unchanged, None, STEADY)) == 7 * HOUR
    jittered = [
        gap_of(poll_of(replace(known, id=n), NOW, NOW, unchanged, None, Intervals()))
        for n in range(100)
    ]
    assert 6 * HOUR < min(jittered) < 7 * HOUR < max(jittered) < 8 * HOUR


def test_a_busy_feed_is_polled_at_the_setting() -> None:
    assert gap_of(polled(FEED, *(n * HOUR / 4 for n in range(40)))) == HOUR


def test_the_operators_own_interval_always_wins() -> None:
    own = replace(FEED, every=2 * HOUR, pushed_until=NOW + 9 * DAY)
    assert gap_of(polled(own, *WEEKLY)) == 2 * HOUR


def test_an_interval_below_the_floor_is_meant_and_stays() -> None:
    quick = Intervals(usual=HOUR / 3600, floor=HOUR / 3600, jitter=0)
    assert gap_of(polled(FEED, *WEEKLY, intervals=quick)) == HOUR / 3600


def test_the_bounds_are_the_operators() -> None:
    assert gap_of(polled(FEED, *WEEKLY, intervals=replace(STEADY, quiet=HOUR))) == HOUR
    slow = replace(STEADY, usual=9 * HOUR)
    assert gap_of(polled(FEED, *WEEKLY, intervals=slow)) == 9 * HOUR


def test_entries_without_dates_are_one_occasion_when_they_come() -> None:
    poll = polled(FEED, None, None, None)
    assert poll.item_hours == (hour_of(NOW),)
    assert gap_of(poll) == HOUR


def test_a_failure_forgets_no_pace() -> None:
    known = replace(FEED, item_hours=(hour_of(NOW - DAY),))
    failed = poll_of(known, NOW, NOW, FetchError("dns", "no"), None, STEADY)
    assert failed.item_hours == known.item_hours


def test_a_year_of_a_weekly_feed_takes_four_polls_a_day_at_most() -> None:
    feed, now = FEED, NOW
    items = [NOW - n * 7 * DAY for n in range(1, 11)]
    busiest = count = 0
    until = NOW + DAY
    while now < NOW + 365 * DAY:
        if now - items[0] >= 7 * DAY:
            items.insert(0, now)
        entries = tuple(
            Entry(f"g:{n}", "", "T", "", published_at=at) for n, at in enumerate(items)
        )
        answer = Response(FEED.url, 200, {}, repr(items).encode())
        document = Document("E", "", "", entries[:10])
        poll = poll_of(feed, now, now, answer, document, Intervals())
        assert poll.next_poll_at is not None
        count += 1
        feed, now = replace(feed, item_hours=poll.item_hours), poll.next_poll_at
        if now >= until:
            busiest, count, until = max(busiest, count), 0, until + DAY
    assert busiest <= 4
