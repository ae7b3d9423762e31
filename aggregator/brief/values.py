"""A brief as a value: all that its renderings need, and nothing that changes later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlarmKind(StrEnum):
    """What a reader must know before trusting the page."""

    NO_FEEDS = "no_feeds"
    NEVER_POLLED = "never_polled"
    NOT_POLLED = "not_polled"
    ALL_FAIL = "all_fail"
    NO_NEWS = "no_news"
    STUCK = "stuck"
    WAITING = "waiting"
    ASIDE = "aside"
    LATE = "late"
    RESCORING = "rescoring"
    PAUSED = "paused"
    DOWN = "down"


class Part(StrEnum):
    """Where a cluster stands in its section."""

    NEW = "new"
    DEVELOPING = "developing"
    FADING = "fading"


class Verb(StrEnum):
    """What happened to a cluster."""

    REVIVED = "revived"
    FIGURE = "figure"
    SPLIT = "split"
    MERGED = "merged"
    GREW = "grew"
    TOLD = "told"
    HEADLINE = "headline"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One reason to doubt the page: how many are concerned, and since when."""

    kind: AlarmKind
    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """What the page rests on. Feeds that are switched off are not counted.

    Each feed is one of: failing, unheard (no answer within the window), quiet (it
    answers, and has said nothing for far longer than it usually does), delivered.
    """

    feed_count: int
    delivered_count: int
    quiet: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    item_count: int = 0
    report_count: int = 0
    cluster_count: int = 0
    last_poll_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TopicName:
    """A topic, as a link shows it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Title:
    """What one source calls it."""

    item_id: int
    source: str
    title: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Silent:
    """An outlet that usually tells of such clusters, is well, and has not told this.

    It told `told_count` of the `cluster_count` larger ones on the topic of four weeks.
    """

    source: str
    told_count: int
    cluster_count: int


@dataclass(frozen=True, slots=True)
class Told:
    """A figure, and who told it last."""

    value: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources of one cluster that give different figures for one thing, latest first."""

    noun: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A cluster that one line is enough for.

    `note` says what the list it stands in leaves open: the source that owns it, the
    topic that it is shown under.
    """

    cluster_id: int
    headline: str
    independent_count: int
    last_at: datetime
    note: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A cluster with what a reader sees of it.

    `part` is where it stands, `added_count` how many independent sources have told
    something new since the last brief, or visit; None where there was none.
    """

    cluster_id: int
    headline: str
    part: Part
    independent_count: int
    report_count: int
    source_count: int
    item_count: int
    first_at: datetime
    last_at: datetime
    state: str = ""
    added_count: int | None = None
    first_source: str = ""
    titles: tuple[Title, ...] = ()
    score: float | None = None
    matched: tuple[str, ...] = ()
    topics: tuple[TopicName, ...] = ()
    """The other topics that it is on."""
    shared: tuple[str, ...] = ()
    """Words that hold it together, the strongest first."""
    weakest: float | None = None
    """The least similarity, of what was needed (`needed`), at which an item joined."""
    needed: float | None = None
    conflicts: tuple[Conflict, ...] = ()
    silent: tuple[Silent, ...] = ()
    previous: Line | None = None
    """The cluster before it, of which it tells on."""


@dataclass(frozen=True, slots=True)
class Section:
    """One topic's part of the page; `topic` is None for the other stories."""

    topic: TopicName | None
    leads: tuple[Card, ...] = ()
    """In the order of the page: new, developing, fading."""
    held: tuple[Line, ...] = ()
    """Leads but for their owner (`note`), which has its share of them already."""
    unchanged: tuple[Line, ...] = ()
    singles: tuple[Card, ...] = ()
    references: tuple[Line, ...] = ()
    near: tuple[Line, ...] = ()
    more_count: int = 0
    """Clusters of the window that are on this topic and not named here."""

    @property
    def is_empty(self) -> bool:
        """Whether no cluster of this topic is named."""
        return not (
            self.leads or self.held or self.unchanged or self.singles or self.references
        )

    def of(self, part: Part) -> tuple[Card, ...]:
        """Return the leads of one part."""
        return tuple(card for card in self.leads if card.part is part)


@dataclass(frozen=True, slots=True)
class Happening:
    """What became of a cluster: from what to what, or with which others."""

    verb: Verb
    before: str = ""
    after: str = ""
    noun: str = ""
    others: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A cluster that was known before and is not as it was."""

    cluster_id: int
    headline: str
    happenings: tuple[Happening, ...]
    topics: tuple[TopicName, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What is not as it was in what was seen at `since`, the most important first."""

    since: datetime
    is_visit: bool = False
    """Whether `since` is the reader's own last visit, and not the last brief."""
    is_cut: bool = False
    """Whether the last brief is older than `since`: too long ago to tell of."""
    lines: tuple[Change, ...] = ()
    more_count: int = 0


@dataclass(frozen=True, slots=True)
class Brief:
    """The page: alarms first, then what changed, then topics in the operator's order.

    `known_at` is up to when clusters were known: what was clustered later is new to
    whoever has read this. Times are shown in the IANA zone `zone`; `site_url` is empty
    where the site has no address that a mail could link to.
    """

    since: datetime
    until: datetime
    known_at: datetime
    zone: str
    trust: Trust
    due_at: datetime | None = None
    """When it was to be made; None where somebody asked for it."""
    site_url: str = ""
    alarms: tuple[Alarm, ...] = ()
    changes: Changes | None = None
    sections: tuple[Section, ...] = ()
    others: Section = Section(None)
