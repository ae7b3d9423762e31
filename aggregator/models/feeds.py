"""A feed: what an operator asked for, what it said, and how it is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FeedConfig:
    """One entry of `feeds:`."""

    url: str
    name: str
    category: str = ""
    outlet: str = ""
    every: timedelta | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry of a feed's document said, as plain text.

    `key` is the entry's identity within its feed; `published_at` is None where the
    feed gave no date that can be believed.
    """

    key: str
    url: str
    title: str
    summary: str
    author: str = ""
    publisher: str = ""
    published_at: datetime | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What a feed's document said. `warning` is empty where it was well formed."""

    title: str
    site_url: str
    language: str
    entries: tuple[Entry, ...]
    skipped_count: int = 0
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered to one request for one feed."""

    url: str
    """The address that answered, after redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    permanent_url: str = ""
    """Where permanent redirects, and nothing but them, led; else empty."""
    warning: str = ""
    """What is not as it should be with the way there."""


class Outcome(StrEnum):
    """How a poll ended."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    ERROR = "error"
    BACKOFF = "backoff"
    GONE = "gone"


class FeedState(StrEnum):
    """How a feed is doing, as the feeds page says it."""

    NEW = "new"
    OK = "ok"
    WARN = "warn"
    ERROR = "error"
    BACKOFF = "backoff"
    GONE = "gone"
    DISABLED = "disabled"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as stored: what the operator asked for and how it is doing."""

    id: int
    url: str
    name: str
    category: str
    outlet: str
    state: FeedState
    every: timedelta | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    site_url: str = ""
    etag: str = ""
    last_modified: str = ""
    validators_url: str = ""
    body_hash: str = ""
    permanent_url: str = ""
    permanent_since: datetime | None = None
    """From when on every answer came from `permanent_url`."""
    permanent_count: int = 0
    """How many answers came from there."""
    item_hours: tuple[int, ...] = ()
    """Hours in which items came, newest first, as aggregator/pace.py counts them."""
    pushed_until: datetime | None = None
    """Until when a hub pushes what is new; None without one that is relied on."""
    item_count: int = 0
    failure_count: int = 0
    last_polled_at: datetime | None = None
    last_ok_at: datetime | None = None
    next_poll_at: datetime | None = None
    last_status: int | None = None
    last_error: str = ""
    last_warning: str = ""

    @property
    def source(self) -> str:
        """The outlet whose words these are: several feeds of one outlet are one."""
        return self.outlet or self.name


@dataclass(frozen=True, slots=True)
class Poll:
    """One attempt at one feed, and everything it changes; saved in one go.

    `etag`, `last_modified`, `validators_url` and `body_hash` are what the feed shall
    hold afterwards: the old ones wherever the answer's own may not be believed.
    """

    feed_id: int
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    next_poll_at: datetime | None
    failure_count: int = 0
    status: int | None = None
    error_kind: str = ""
    error: str = ""
    warning: str = ""
    etag: str = ""
    last_modified: str = ""
    validators_url: str = ""
    body_hash: str = ""
    permanent_url: str = ""
    item_hours: tuple[int, ...] = ()
    byte_count: int = 0
    title: str = ""
    site_url: str = ""
    entries: tuple[Entry, ...] = ()
    skipped_count: int = 0


@dataclass(frozen=True, slots=True)
class PollRow:
    """A past poll, as the log keeps it."""

    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    status: int | None
    error: str
    warning: str
    byte_count: int
    entry_count: int
    new_count: int
    skipped_count: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten of the log of polls, of some feeds."""

    poll_count: int
    feed_id: int | None
    """The last of these feeds; None if none comes after it."""
    has_more: bool = False
    """Whether one of these feeds may have more that is old."""
