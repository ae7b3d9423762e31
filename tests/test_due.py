"""When the daily brief is due: once a local day, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.brief.due import last_due

CHICAGO = ZoneInfo("America/Chicago")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "at", "day", "due"),
    [
        # 7:00 in winter and in summer
        ("2026-01-15T13:00", time(7), "2026-01-15", "2026-01-15T13:00"),
        ("2026-01-15T12:59", time(7), "2026-01-14", "2026-01-14T13:00"),
        ("2026-07-15T12:00", time(7), "2026-07-15", "2026-07-15T12:00"),
        # 8 March 2026: 02:30 does not exist; it is 03:30 then
        ("2026-03-08T08:29", time(2, 30), "2026-03-07", "2026-03-07T08:30"),
        ("2026-03-08T08:30", time(2, 30), "2026-03-08", "2026-03-08T08:30"),
        ("2026-03-09T07:30", time(2, 30), "2026-03-09", "2026-03-09T07:30"),
        # 1 November 2026: 01:30 comes twice; the first counts
        ("2026-11-01T06:29", time(1, 30), "2026-10-31", "2026-10-31T06:30"),
        ("2026-11-01T06:30", time(1, 30), "2026-11-01", "2026-11-01T06:30"),
        ("2026-11-01T07:30", time(1, 30), "2026-11-01", "2026-11-01T06:30"),
        ("2026-11-02T07:30", time(1, 30), "2026-11-02", "2026-11-02T07:30"),
    ],
)
def test_the_last_brief_that_is_due(now: str, at: time, day: str, due: str) -> None:
    found = last_due(utc(now), at, CHICAGO)
    assert (found.day, found.at) == (date.fromisoformat(day), utc(due))


@pytest.mark.parametrize(
    "name", ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe"]
)
@settings(max_examples=15)
@given(minute=st.integers(0, 24 * 60 - 1))
def test_a_year_of_ticks_meets_every_local_day_once(name: str, minute: int) -> None:
    at, zone = time(minute // 60, minute % 60), ZoneInfo(name)
    start = utc("2026-01-01T00:00")
    days = []
    for step in range(0, 366 * 24, 6):
        due = last_due(start + timedelta(hours=step), at, zone)
        assert due.at <= start + timedelta(hours=step)
        if not days or days[-1] != due.day:
            days.append(due.day)
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
