"""How often a feed says something -> how long it may be left alone; pure.

Times are whole hours since the year 1, UTC: plain numbers cost a poll next to nothing
(12 us where datetimes took 77).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

KEPT = 10
"""How many hours in which items came are remembered of a feed."""
LOOKS = 24
"""Polls an item: an item is 1/48 of its feed's usual gap old when we see it."""


def hour_of(at: datetime) -> int:
    """Return the hour that a time in UTC lies in."""
    return at.toordinal() * 24 + at.hour


def with_hours(
    known: Sequence[int], times: Iterable[datetime], now: datetime
) -> tuple[int, ...]:
    """Return the newest `KEPT` hours in which something came, newest first.

    Ten items at once are one occasion, not a feed that never rests. What claims to
    come from the future came now.
    """
    hours = set(known)
    hours.update([at.toordinal() * 24 + at.hour for at in times])
    latest = hour_of(now)
    newest = sorted({min(hour, latest) for hour in hours}, reverse=True)
    return tuple(newest[:KEPT])


def usual_gap(
    hours: Sequence[int], now: datetime, shortest: timedelta, longest: timedelta
) -> timedelta:
    """Return the gap between two polls that suits a feed, within bounds.

    The silence since the last item counts as one gap more, so that a feed that falls
    silent slows down by itself. `shortest` wins where the bounds contradict.
    """
    if not hours:
        return shortest
    between = (hour_of(now) - hours[-1]) / len(hours)
    return max(min(timedelta(hours=between / LOOKS), longest), shortest)
