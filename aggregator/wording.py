"""Times, durations and numbers as people read them; pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def iso(at: datetime) -> str:
    """Write a time for programs."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def day(at: datetime, zone: ZoneInfo) -> str:
    """Write the day that a time lies on, with its weekday."""
    return f"{at.astimezone(zone):%A} {date_of(at, zone)}"


def date_of(at: datetime, zone: ZoneInfo) -> str:
    """Write the day that a time lies on."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def date_name(at: datetime, zone: ZoneInfo) -> str:
    """Write a local day as charts name it."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}"


def clock(at: datetime, today: datetime, zone: ZoneInfo) -> str:
    """Write a time as briefly as the day it is read on allows."""
    local, here = at.astimezone(zone), today.astimezone(zone)
    if local.date() == here.date():
        return f"{local:%H:%M}"
    if abs(local.date() - here.date()) < timedelta(days=6):
        return f"{local:%a %H:%M}"
    if local.year == here.year:
        return f"{local.day} {local:%b, %H:%M}"
    return f"{date_of(at, zone)}, {local:%H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """Write how far a time is from now, in its largest unit."""
    seconds = (now - at).total_seconds()
    text = interval(timedelta(seconds=abs(seconds)))
    if abs(seconds) < 60:
        return "just now" if seconds >= 0 else "in a moment"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def interval(span: timedelta) -> str:
    """Write a duration in its largest unit, rounded down."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and unit != "d"):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def lag(span: timedelta) -> str:
    """Write how much later something was, in its two largest units."""
    minutes = int(span.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def count(number: int, one: str, many: str) -> str:
    """Write a number with the noun that it counts."""
    return f"{number:,} {one if number == 1 else many}"


def web_url(url: str) -> str:
    """Return a URL that may be linked, or '' for any scheme but http and https.

    White space, control characters and backslashes are refused: browsers read
    addresses that hold them in ways of their own.
    """
    return url if re.fullmatch(r"(?i)https?://[^\s\x00-\x20\x7f\\]+", url) else ""
