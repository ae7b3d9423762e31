"""How often a feed says something -> how long it may be left alone; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

KEPT = 10
"""How many hours in which items came are remembered of a feed."""
LOOKS = 24
"""Polls an item: an item is 1/48 of its feed's usual gap old when we see it."""


def hours_of(times: Iterable[datetime], now: datetime) -> tuple[datetime, ...]:
    """Return the newest `KEPT` hours in which something came, newest first.

    Ten items at once are one occasion, not a feed that never rests. What claims to
    come from the future came now.
    """
    hours = {min(at, now).replace(minute=0, second=0, microsecond=0) for at in times}
    return tuple(sorted(hours, reverse=True)[:KEPT])


def usual_gap(
    hours: Sequence[datetime], now: datetime, shortest: timedelta, longest: timedelta
) -> timedelta:
    """Return the gap between two polls that suits a feed, within bounds.

    The silence since the last item counts as one gap more, so that a feed that falls
    silent slows down by itself. `shortest` wins where the bounds contradict.
    """
    if not hours:
        return shortest
    between = (now - hours[-1]) / len(hours)
    return max(min(between / LOOKS, longest), shortest)
