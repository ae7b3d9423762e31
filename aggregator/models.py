"""The nouns: frozen values that travel between modules; no SQL, HTTP or NumPy.

Every time is an aware `datetime` in UTC with whole seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

# --- what an operator asks for (feeds.yaml) ---------------------------------


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
class Topic:
    """A standing interest: one entry of `topics:`."""

    name: str
    slug: str
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


# --- what a feed said -------------------------------------------------------


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


# --- feeds and polls --------------------------------------------------------


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


# --- pushes by hubs (WebSub) -----------------------------------------------


class SubscriptionState(StrEnum):
    """How far a subscription is."""

    WANTED = "wanted"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What we ask of a feed's hub, and what became of it."""

    feed_id: int
    hub: str
    topic: str
    callback: str
    """Where the hub reaches us; its last part is `token`, which nobody can guess."""
    token: str
    secret: str = field(repr=False)
    state: SubscriptionState = SubscriptionState.WANTED
    is_pending: bool = False
    """Whether the hub was asked and has yet to verify that it was us."""
    ask_at: datetime | None = None
    expires_at: datetime | None = None
    failure_count: int = 0
    missed_count: int = 0
    """Polls in a row that found what no push had brought."""
    last_push_at: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """A document that a hub sent and whose signature was right."""

    id: int
    feed_id: int
    received_at: datetime
    content_type: str
    body: bytes


# --- items and clusters -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """An entry we stored. `at` orders items: published, but never after first seen."""

    id: int
    feed_id: int
    feed_name: str
    source: str
    url: str
    title: str
    summary: str
    author: str
    published_at: datetime | None
    first_seen_at: datetime
    at: datetime
    cluster_id: int | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """The items that report one event, as lists show them."""

    id: int
    headline: str
    words: tuple[str, ...]
    item_count: int
    source_count: int
    first_at: datetime
    last_at: datetime
    merged_into: int | None = None
    split_from: int | None = None
    report_count: int = 0
    """How many original texts its items carry; `source_count` outlets carry them."""
    independent_count: int = 0
    """How many publishers, or agencies, these texts come from."""


class Evidence(StrEnum):
    """What showed that an item carries a text which another had first."""

    ORIGIN = "origin"
    TEXT = "text"
    AGENCY = "agency"
    TITLE = "title"
    ADDRESS = "address"
    SOURCE = "source"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Carrier:
    """An item as one of those that carry one text: one report.

    `origin_id` is the first of them, maybe itself. `containment` (0 to 1) is the share
    of the shorter text that stands in the one it was found to be a copy of; `agency`
    is the one that any of them names. `family` published this item, and `voice`,
    agency or publisher, is whose text it is: reports of one voice count once.
    """

    item_id: int
    origin_id: int
    containment: float
    evidence: Evidence
    agency: str
    family: str
    voice: str


@dataclass(frozen=True, slots=True)
class ItemVector:
    """An item's sparse unit vector: int32 `columns` and float32 `weights`, as bytes."""

    item_id: int
    at: datetime
    columns: bytes
    weights: bytes


@dataclass(frozen=True, slots=True)
class OpenCluster:
    """A cluster that can still grow, as the clusterer needs it.

    `columns` and `weights` are the sparse sum of its members' vectors, `n_terms` how
    many columns all of them had; `members` are those that it can still part with.
    """

    id: int
    size: int
    first_at: datetime
    last_at: datetime
    columns: bytes
    weights: bytes
    n_terms: int = 0
    members: tuple[ItemVector, ...] = ()


class DecisionKind(StrEnum):
    """What was decided about an item, or about two clusters (`MERGED`)."""

    JOINED = "joined"
    OPENED = "opened"
    MOVED = "moved"
    MERGED = "merged"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word that an item and its cluster share, and its part of the score (0 to 1)."""

    term: str
    part: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an item is where it is: one row of the ledger, never recomputed.

    `score` is the similarity (0 to 1) to the cluster it joined or, where it opened
    one, to the best cluster that it did not join; `margin` is `score` less the
    runner-up's (joined) or less the threshold (otherwise).

    An item that a split `MOVED` came from cluster `runner_up_id`; where clusters were
    `MERGED`, there is no item, and `runner_up_id` went into `cluster_id`. For both,
    `score` is how well the two sides agree, and `threshold` what was asked for.
    """

    item_id: int | None
    cluster_id: int | None
    kind: DecisionKind
    score: float
    threshold: float
    runner_up_id: int | None
    runner_up_score: float
    margin: float
    shared_terms: tuple[SharedTerm, ...]
    rule: str
    config_hash: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class TopicScore:
    """How much one text is about one topic: `score` from 0 to 1.

    `matched` holds the words as they stand in the text; `parts` what the score is
    made of.
    """

    slug: str
    score: float
    is_match: bool
    matched: tuple[str, ...] = ()
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterUpdate:
    """A cluster's row after a grouping."""

    state: OpenCluster
    headline: str
    words: tuple[str, ...]
    topic_scores: tuple[TopicScore, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Items that left `cluster_id` for a new cluster."""

    cluster_id: int
    child_id: int
    item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """A cluster that went into another."""

    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True)
class Grouping:
    """A plan: everything that clustering one batch of items changes.

    Items join clusters as `decisions` say, then come `splits`, then `merges`.
    """

    decided_at: datetime
    clusters: tuple[ClusterUpdate, ...] = ()
    decisions: tuple[Decision, ...] = ()
    splits: tuple[Split, ...] = ()
    merges: tuple[Merge, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    """In place of what is known of these items."""
    vectors: tuple[ItemVector, ...] = ()
    forget_before: datetime | None = None
    """Vectors of older items are needed no more."""
    item_topics: Mapping[int, tuple[TopicScore, ...]] = field(default_factory=dict)
    term_counts: tuple[tuple[int, int], ...] = ()
    """(column, document frequency) of every term whose frequency changed."""
    document_count: int = 0


# --- what the pages show ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """A cluster with what a reader sees of it in a list."""

    cluster: Cluster
    items: tuple[Item, ...]
    """The newest items, one a source, at most as many as were asked for."""
    topics: tuple[TopicScore, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An item that a search found; `excerpt` marks hits with \\x02 and \\x03."""

    item: Item
    excerpt: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the service is doing as a whole."""

    item_count: int
    cluster_count: int
    waiting_count: int
    """Items stored and not yet clustered."""
    feed_states: Mapping[FeedState, int]
    last_poll_at: datetime | None
    last_grouping_at: datetime | None
    last_item_at: datetime | None
    due_at: datetime | None = None
    """When the next feed is due, or was; None where that is not known."""
