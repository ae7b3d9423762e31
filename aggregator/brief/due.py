"""When a daily brief is due, in the operator's own zone; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Due:
    """The daily brief of a local day, and the instant that it is due."""

    day: date
    at: datetime


def last_due(now: datetime, at: time, zone: ZoneInfo) -> Due:
    """Return the newest daily brief that is due by now.

    Each local day has one. Where clocks go forward and `at` does not exist, it is due
    as long after the change as `at` would be after the hour that is left out (02:30
    becomes 03:30); where it exists twice, at the first of the two.
    """
    day = now.astimezone(zone).date()
    due = _due(day, at, zone)
    return due if due.at <= now else _due(day - timedelta(days=1), at, zone)


def _due(day: date, at: time, zone: ZoneInfo) -> Due:
    return Due(day, datetime.combine(day, at, zone).astimezone(UTC))
