"""What the headers of an answer ask of the next request (RFC 9110, 9111); pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from aggregator.dates import parse_date

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,20})")
_NOT_KEPT = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)(?:$|[\s,])")
_LONGEST_S = 10**9  # longer than any cap, shorter than what timedelta cannot hold


def sendable(validator: str, limit: int) -> str:
    """Return a validator that can be sent back byte for byte, '' for one that cannot."""
    if len(validator) > limit or not validator.isprintable():
        return ""
    return validator if validator.isascii() else ""


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long Retry-After asks to wait, None where it cannot be read.

    A date counts from the server's own clock, where it says what that shows.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,30}", text):
        return _seconds(text)
    until = parse_date(text)
    if until is None:
        return None
    return max(until - _server_time(headers, now), timedelta())


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long an answer stays fresh by max-age, else by Expires."""
    control = headers.get("cache-control", "").lower()
    if _NOT_KEPT.search(control):
        return timedelta()
    if match := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        spent = _seconds(age) if re.fullmatch(r"\d{1,9}", age) else timedelta()
        return max(_seconds(match[1]) - spent, timedelta())
    expires = parse_date(headers.get("expires", ""))
    if expires is None:
        return timedelta()
    return max(expires - _server_time(headers, now), timedelta())


def _server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    return parse_date(headers.get("date", "")) or now


def _seconds(digits: str) -> timedelta:
    return timedelta(seconds=min(int(digits), _LONGEST_S))
