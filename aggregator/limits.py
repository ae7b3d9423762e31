"""Every limit that hostile or careless input runs into, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

KiB = 1024
MiB = 1024 * KiB

LABEL_MEMBERS = 20
"""A cluster is named by so many of its newest items."""
TOPIC_MEMBERS = 60
"""Its topics are scored by the reports among so many: copies count once."""
EXAMPLE_TEXTS = 20_000
"""What a topic's examples are like is learned from so many of the newest items."""
COPY_MEMBERS = 200
"""A new item may be a copy of one of so many of its cluster's newest items."""
NEWEST_POLLS = 20_000
"""So many of the newest polls are never forgotten: a hole among them would read as a
time in which nothing was fetched."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one feed may cost, its polls in the log too. Names end in their unit or hold `timedelta`s."""

    # fetching
    lookup: timedelta = timedelta(seconds=10)
    # An abandoned look-up keeps its place until the system gives up, after 30 s or so:
    # beside sixteen names that hang at once the others must find a place.
    lookup_count: int = 32
    address_count: int = 4
    connect: timedelta = timedelta(seconds=10)
    silence: timedelta = timedelta(seconds=30)
    total: timedelta = timedelta(seconds=45)
    wire_bytes: int = 10 * MiB
    decoded_bytes: int = 20 * MiB
    redirects: int = 5
    push_bytes: int = 1 * MiB

    # when the next poll is
    poll_floor: timedelta = timedelta(minutes=5)
    quiet: timedelta = timedelta(hours=12)
    backoff: timedelta = timedelta(days=1)
    fresh: timedelta = timedelta(days=1)
    retry_after: timedelta = timedelta(days=31)

    # parsing
    parse_cpu: timedelta = timedelta(seconds=15)
    parse_wall: timedelta = timedelta(seconds=20)
    parse_memory_bytes: int = 768 * MiB

    # what is kept of an entry
    entry_count: int = 2_000
    title_chars: int = 1_000
    author_chars: int = 300
    category_chars: int = 100
    category_count: int = 50
    html_chars: int = 100_000
    text_chars: int = 100_000
    guid_chars: int = 2_000
    url_chars: int = 2_000
    validator_chars: int = 4_000

    # how long the log of polls reaches back
    poll_log: timedelta = timedelta(days=30)
    poll_log_count: int = 100


class Bound(NamedTuple):
    """What a limit is about and where feeds.yaml may move it, both ends included.

    Below `low` good feeds fail; above `high` one feed can hurt the others.
    """

    low: str
    high: str
    about: str


BOUNDS = {
    "lookup": Bound("1s", "30s", "looking up one name"),
    "lookup_count": Bound("4", "128", "look-ups under way, abandoned ones too"),
    "address_count": Bound("1", "16", "addresses of one name that are tried"),
    "connect": Bound("1s", "60s", "connecting, TLS included"),
    "silence": Bound("1s", "60s", "silence between two bytes"),
    "total": Bound("2s", "180s", "one fetch, from the look-up to the last byte"),
    "wire_bytes": Bound("64KiB", "100MiB", "an answer as it is sent"),
    "decoded_bytes": Bound("64KiB", "100MiB", "an answer unpacked"),
    "redirects": Bound("0", "20", "redirects that are followed"),
    "push_bytes": Bound("64KiB", "10MiB", "what a hub sends at once (WebSub)"),
    "poll_floor": Bound("60s", "24h", "shortest interval of a feed of others"),
    "quiet": Bound("1m", "7d", "longest interval of a feed that says little"),
    "backoff": Bound("1h", "7d", "longest gap that failures lead to"),
    "fresh": Bound("1h", "7d", "longest wait that max-age and Expires ask for"),
    "retry_after": Bound("1d", "90d", "longest wait that Retry-After asks for"),
    "parse_cpu": Bound("1s", "60s", "a parser's work on one document"),
    "parse_wall": Bound("1s", "120s", "a parser's time for one document"),
    "parse_memory_bytes": Bound("256MiB", "4096MiB", "a parser's address space"),
    "entry_count": Bound("100", "10000", "entries of one document, newest first"),
    "title_chars": Bound("100", "1000", "a title; the rest is cut"),
    "author_chars": Bound("30", "1000", "an author; the rest is cut"),
    "category_chars": Bound("20", "500", "a category; the rest is cut"),
    "category_count": Bound("0", "500", "categories of one entry"),
    "html_chars": Bound("10000", "100000", "markup that is made plain text"),
    "text_chars": Bound("1000", "100000", "a summary; the rest is cut"),
    "guid_chars": Bound("200", "2000", "a guid; a longer one is kept as its hash"),
    "url_chars": Bound("200", "2000", "an address; a longer one is dropped"),
    "validator_chars": Bound("200", "8000", "an ETag; no longer one is sent back"),
    "poll_log": Bound("1d", "3650d", "how long polls are kept in the log"),
    "poll_log_count": Bound("20", "10000", "polls of a feed that stay, however old"),
}


def unit_of(name: str) -> str:
    """Return what a limit counts: `time`, `size`, `characters` or `number`."""
    if isinstance(getattr(Limits(), name), timedelta):
        return "time"
    endings = {"bytes": "size", "chars": "characters"}
    return endings.get(name.rpartition("_")[2], "number")


def limits_table(limits: Limits) -> Iterator[str]:
    """Yield the lines of a table: name, value, unit, bounds, what is bounded."""
    usual = Limits()
    heads = ("name", "value", "unit", "from", "to", "what it bounds")
    yield "{:19} {:>7}  {:10} {:>6} {:>7}  {}".format(*heads)
    for name, (low, high, about) in BOUNDS.items():
        value, was = (_written(name, getattr(one, name)) for one in (limits, usual))
        note = "" if value == was else f" (default {was})"
        yield f"{name:19} {value:>7}  {unit_of(name):10} {low:>6} {high:>7}  {about}{note}"


def _written(name: str, value: timedelta | int) -> str:
    """Return a value as feeds.yaml writes it: 45s, 20MiB, 2000."""
    if isinstance(value, timedelta):
        return _duration(value.total_seconds())
    if unit_of(name) != "size":
        return str(value)
    if value % KiB:
        return f"{value}B"
    return f"{value // KiB}KiB" if value % MiB else f"{value // MiB}MiB"


def _duration(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"
