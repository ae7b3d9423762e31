"""Date strings of feeds -> instants in UTC, or None where one cannot be sure; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_SLACK = timedelta(days=1)
_MONTHS = {
    name: number
    for number, name in enumerate(
        (
            "jan",
            "feb",
            "mar",
            "apr",
            "may",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct",
            "nov",
            "dec",
        ),
        start=1,
    )
}
# Minutes east of UTC. Names that mean different things in different places (IST) are
# left out: undated is better than off by hours.
_ZONES = {
    "": 0, "z": 0, "gmt": 0, "ut": 0, "utc": 0, "wet": 0, "west": 60, "bst": 60,
    "cet": 60, "met": 60, "cest": 120, "mest": 120, "eet": 120, "eest": 180, "msk": 180,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "nst": -210,
    "ndt": -150, "ast": -240, "adt": -180, "jst": 540, "kst": 540, "hkt": 480,
    "sgt": 480, "awst": 480, "acst": 570, "acdt": 630, "aest": 600, "aedt": 660,
    "nzst": 720, "nzdt": 780, "sast": 120, "brt": -180, "art": -180, "wib": 420,
}  # fmt: skip
_MAX_OFFSET = 14 * 60
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
_HALF = r"(?:\s*(?P<half>[ap])\.?m\.?\b)?"
_ZONE = (
    r"\s*(?P<zone>[A-Za-z]{1,5}|(?:GMT|UTC)?[+-]\d{1,2}:?\d{2}|)(?:\s*\([^)]{0,40}\))?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,?\s*)?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # RFC 822 and what passes for it: Wed, 1 Jul 2026 12:00:00 +0200
        (
            rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.-]+(?P<month>[a-z]{{3,9}})\.?,?[\s-]+"
            rf"(?P<year>\d{{4}}|\d{{2}})(?:,?\s+(?:at\s+)?{_TIME}{_HALF}{_ZONE})?"
        ),
        # RFC 3339, ISO 8601 and W3C: 2026-07-01T12:00:00Z, 2026-07-01, 20260701T1200
        rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})(?:(?:\s*T\s*|\s+){_TIME}{_ZONE})?",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:T?(?P<hour>\d{{2}}):?(?P<minute>\d{{2}}):?(?P<second>\d{{2}})?{_ZONE})?",
        # C's asctime: Wed Jul  1 12:00:00 2026
        rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})\s+{_TIME}{_ZONE}\s+(?P<year>\d{{4}})",
        # American: July 1, 2026 12:00 PM
        (
            rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
            rf"(?:,?\s+(?:at\s+)?{_TIME}{_HALF}{_ZONE})?"
        ),
    )
)
_DATE_CHARS = 100


def parse_date(text: str) -> datetime | None:
    """Return the instant that a date string names; a date without a zone is UTC."""
    text = " ".join(text[: _DATE_CHARS * 2].split())
    if not text.isprintable() or len(text) > _DATE_CHARS:
        return None
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _instant(match.groupdict())
    return None


def believable(when: datetime | None, now: datetime) -> datetime | None:
    """Return `when`, or None for what is before 1990 or more than a day after `now`."""
    return when if when is not None and EARLIEST <= when <= now + _SLACK else None


def _instant(parts: dict[str, str | None]) -> datetime | None:
    offset = _offset(parts.get("zone") or "")
    month = _month(parts["month"] or "")
    if offset is None or month is None:
        return None
    hour = int(parts.get("hour") or 0)
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    next_day = hour == 24  # midnight, as ISO 8601 once wrote it
    try:
        local = datetime(
            _year(parts["year"] or ""),
            month,
            int(parts["day"] or 0),
            0 if next_day else hour,
            int(parts.get("minute") or 0),
            min(int(parts.get("second") or 0), 59),  # a leap second is no error
            tzinfo=UTC,
        )
        return local + timedelta(days=next_day) - timedelta(minutes=offset)
    except (ValueError, OverflowError):
        return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 70 else 1900)
    return year


def _month(text: str) -> int | None:
    return int(text) if text.isdecimal() else _MONTHS.get(text[:3].lower())


def _offset(zone: str) -> int | None:
    """Return minutes east of UTC, None for what no one can know."""
    zone = zone.lower()
    sign = max(zone.find("+"), zone.find("-"))
    if sign < 0:
        return _ZONES.get(zone)
    digits = zone[sign + 1 :].replace(":", "").zfill(4)
    hours, minutes = int(digits[:-2]), int(digits[-2:])
    total = hours * 60 + minutes
    if minutes > 59 or total > _MAX_OFFSET:
        return None
    return -total if zone[sign] == "-" else total
