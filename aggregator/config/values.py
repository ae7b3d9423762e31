"""The text of one value in feeds.yaml -> a typed value, or what would be right.

Every reader raises `Wrong` with a sentence that follows the value it was given.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aggregator.limits import BOUNDS, KiB, MiB, unit_of
from aggregator.patterns import PatternError, check_pattern
from aggregator.text import canonical_url
from aggregator.words.stems import STEM_LANGUAGES
from aggregator.words.stopwords import LANGUAGES

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SIZES = {"B": 1, "KIB": KiB, "MIB": MiB}


class Wrong(Exception):
    """A value that will not do; the argument says what would."""


def duration(text: str) -> timedelta:
    """Read `90s`, `60m`, `6h` or `5d`; raises `ValueError`."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd])", text.strip())
    if not match:
        raise ValueError(text)
    return timedelta(seconds=float(match[1]) * UNITS[match[2]])


def span(low: str, high: str) -> Callable[[str], timedelta]:
    """Return a reader of durations from `low` to `high`."""

    def read(text: str) -> timedelta:
        try:
            value = duration(text)
        except ValueError:
            raise Wrong(
                f"write a duration from {low} to {high}, such as 90s, 60m, 6h or 5d"
            ) from None
        if not duration(low) <= value <= duration(high):
            raise Wrong(f"must be from {low} to {high}")
        return value

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,6}", text) or not low <= int(text) <= high:
            raise Wrong(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def size(text: str) -> int:
    """Read `500KiB` or `20MiB` as bytes; raises `ValueError`."""
    match = re.fullmatch(r"(\d{1,9})\s*(B|KiB|MiB)", text.strip(), re.IGNORECASE)
    if not match:
        raise ValueError(text)
    return int(match[1]) * SIZES[match[2].upper()]


def size_span(low: str, high: str) -> Callable[[str], int]:
    """Return a reader of sizes from `low` to `high`, as bytes."""

    def read(text: str) -> int:
        try:
            value = size(text)
        except ValueError:
            raise Wrong(
                f"write a size from {low} to {high}, such as 500KiB or 20MiB"
            ) from None
        if not size(low) <= value <= size(high):
            raise Wrong(f"must be from {low} to {high}")
        return value

    return read


def limit(name: str) -> Callable[[str], timedelta | int]:
    """Return the reader of one limit of the table in limits.py."""
    low, high, _ = BOUNDS[name]
    match unit_of(name):
        case "time":
            return span(low, high)
        case "size":
            return size_span(low, high)
    return whole(int(low), int(high))


def timezone(text: str) -> ZoneInfo:
    """Accept an IANA zone."""
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise Wrong("write an IANA name such as America/Chicago or UTC") from None


def time_of_day(text: str) -> time:
    """Accept a time of day, to the minute."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise Wrong("write a time of day from 00:00 to 23:59, such as 07:00")
    return time(int(match[1]), int(match[2]))


def stretch_of_day(text: str) -> tuple[time, time]:
    """Accept two times of day with a dash; the second may be on the next day."""
    start, dash, end = text.partition("-")
    try:
        times = time_of_day(start.strip()), time_of_day(end.strip())
    except Wrong:
        times = None
    if not dash or times is None or times[0] == times[1]:
        raise Wrong("write two times of day, such as 22:00-06:30")
    return times


def private(text: str) -> str:
    """Accept `host:port` or a CIDR block; never a switch for everything."""
    host, colon, port = text.rpartition(":")
    if colon and host and re.fullmatch(r"\d{1,5}", port) and 0 < int(port) < 65536:
        return text.lower()
    try:
        block = ipaddress.ip_network(text)
    except ValueError:
        raise Wrong(
            "write host:port or a CIDR block, such as 127.0.0.1:9900 or 10.1.0.0/16"
        ) from None
    if block.prefixlen == 0:
        raise Wrong("would allow every address; name the ones you mean")
    return str(block)


def hostname(text: str) -> str:
    """Accept a host name."""
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}", text):
        raise Wrong(
            "write a host name without scheme or port, such as news.example.org"
        )
    return text.lower()


def header_name(text: str) -> str:
    """Accept the name of a request header."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", text):
        raise Wrong("write the name of a request header, such as Remote-User")
    return text


def line_of_text(text: str) -> str:
    """Accept one line of printable text."""
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise Wrong("must be one line of 1 to 200 printable characters")
    return text.strip()


def outlet(text: str) -> str:
    """Accept an outlet's name or its domain."""
    text = line_of_text(text)
    if "/" in text and ("://" in text or "." in text.partition("/")[0]):
        raise Wrong("write a name or a bare domain, such as news.example.org")
    return text


def feed_url(text: str) -> str:
    """Accept an http(s) address."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        raise Wrong("is not a valid address") from None
    if parts.scheme not in ("http", "https"):
        raise Wrong("must begin with http:// or https://")
    if not parts.hostname or len(text) > 2000 or re.search(r"[\s\x00-\x1f\\]", text):
        raise Wrong("is not a valid address")
    if not canonical_url(text):
        raise Wrong("is not a valid address")
    return text


def public_url(text: str) -> str:
    """Accept the address that the world reaches the site under, or none."""
    if not text:
        return ""
    parts = urlsplit(feed_url(text))
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise Wrong("write the site's address alone, such as https://news.example.org")
    return text.rstrip("/")


def flag(text: str) -> bool:
    """Accept true or false."""
    if text.lower() not in ("true", "false"):
        raise Wrong("must be true or false")
    return text.lower() == "true"


def term(text: str) -> str:
    """Accept a term of a topic."""
    text = line_of_text(text)
    if not any(character.isalnum() for character in text):
        raise Wrong("needs at least one letter or digit")
    if "*" in text[:-1] or text == "*":
        raise Wrong("may have a * at its end only")
    return text


def number(low: float, high: float) -> Callable[[str], float]:
    """Return a reader of numbers from `low` to `high`."""

    def read(text: str) -> float:
        if not re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", text):
            raise Wrong(f"must be a number from {low:g} to {high:g}")
        if not low <= float(text) <= high:
            raise Wrong(f"must be from {low:g} to {high:g}")
        return float(text)

    return read


def pattern(text: str) -> str:
    """Accept a regular expression that runs in time that grows with the text alone."""
    try:
        check_pattern(text)
    except PatternError as error:
        raise Wrong(str(error)) from error
    return text


MIN_EXAMPLE_WORDS = 5
MAX_EXAMPLE_CHARS = 20_000


def example(text: str) -> str:
    """Accept a text like those wanted, or the address of a stored item that is one."""
    text = text.strip()
    if re.fullmatch(r"https?://\S*", text):
        return feed_url(text)
    if len(text) > MAX_EXAMPLE_CHARS:
        raise Wrong(f"must have at most {MAX_EXAMPLE_CHARS:,} characters")
    if len(re.findall(r"\w+", text)) < MIN_EXAMPLE_WORDS:
        raise Wrong(
            f"write a text of {MIN_EXAMPLE_WORDS} words or more, or an item's address"
        )
    return text


def language(text: str) -> str:
    """Accept a language that texts are told apart by."""
    if text.lower() not in LANGUAGES:
        raise Wrong(f"write one of {', '.join(LANGUAGES)}")
    return text.lower()


def stem_language(text: str) -> str:
    """Accept a language whose endings can be cut."""
    if text.lower() not in STEM_LANGUAGES:
        raise Wrong(f"write one of {', '.join(STEM_LANGUAGES)}")
    return text.lower()


def model(text: str) -> str:
    """Accept a folder, or a model of the hub as `owner/name`."""
    if "://" in text:
        raise Wrong("write a folder, or owner/name as the hub has it, not an address")
    return line_of_text(text)
