"""A time and a zone -> the edges of local days and hours; pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


def day_edges(now: datetime, zone: ZoneInfo, count: int) -> tuple[datetime, ...]:
    """Return the edges of the last `count` local days, today's whole day included.

    A day is as long as the clocks make it: 23 or 25 hours where they change. Where
    midnight itself is skipped, the day begins with the first moment there is.
    """
    today = now.astimezone(zone).date()
    return tuple(
        _midnight(today + timedelta(days=n), zone) for n in range(1 - count, 2)
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def hour_edges(now: datetime, zone: ZoneInfo, count: int) -> tuple[datetime, ...]:
    """Return the edges of the last `count` hours of the local clock, this one included."""
    local = now.astimezone(zone)
    began = now - timedelta(minutes=local.minute, seconds=local.second)
    return tuple(began + n * HOUR for n in range(1 - count, 2))


def rolling_edges(now: datetime, count: int) -> tuple[datetime, ...]:
    """Return the edges of the last `count` times 24 hours, the last ending `now`."""
    return tuple(now - timedelta(days=count - n) for n in range(count + 1))
