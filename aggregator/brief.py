"""Clusters, topics and the service's state -> the front page as a value; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.models import (
    Cluster,
    ClusterCard,
    Feed,
    FeedState,
    Status,
    Topic,
    TopicScore,
)

LEAD_COUNT = 8
SINGLE_COUNT = 5
REFERENCE_COUNT = 5
OTHER_COUNT = 10
# A poll that is one interval late is a slow one; two are a scheduler that stands still.
LATE_INTERVALS = 2
LATE_DUE = timedelta(minutes=5)
"""How long a feed may be due before that counts."""

FAILING = frozenset({FeedState.ERROR, FeedState.BACKOFF, FeedState.GONE})
ASLEEP = frozenset({FeedState.DISABLED, FeedState.REMOVED})


class AlarmKind(StrEnum):
    """What a reader must know before trusting the page."""

    NO_FEEDS = "no_feeds"
    NEVER_POLLED = "never_polled"
    NOT_POLLED = "not_polled"
    ALL_FAIL = "all_fail"
    NO_NEWS = "no_news"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One reason to doubt the page: how many are concerned, and since when."""

    kind: AlarmKind
    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """What the page rests on. Feeds that are switched off are not counted."""

    since: datetime
    until: datetime
    feed_count: int
    delivered_count: int
    failing_count: int
    item_count: int
    cluster_count: int
    last_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A cluster on the page, with the words that put it under its topic."""

    card: ClusterCard
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A cluster of this topic that stands under an earlier one."""

    cluster: Cluster
    topic: Topic


@dataclass(frozen=True, slots=True)
class Section:
    """One topic's part of the page; `topic` is None for the other stories."""

    topic: Topic | None
    leads: tuple[Entry, ...] = ()
    singles: tuple[Entry, ...] = ()
    references: tuple[Reference, ...] = ()
    more_count: int = 0
    """Clusters of the window that are on this topic and not named here."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all stands in this section."""
        return not (self.leads or self.singles or self.references)


@dataclass(frozen=True, slots=True)
class Brief:
    """The front page: alarms first, then topics in the operator's order."""

    trust: Trust
    alarms: tuple[Alarm, ...]
    sections: tuple[Section, ...]
    others: Section


def build(
    *,
    topics: Sequence[Topic],
    cards: Mapping[str, Sequence[ClusterCard]],
    counts: Mapping[str, int],
    others: Sequence[ClusterCard],
    totals: tuple[int, int],
    status: Status,
    feeds: Sequence[Feed],
    now: datetime,
    window: timedelta,
    poll_interval: timedelta,
) -> Brief:
    """Lay out the clusters of the `window` that ends `now`.

    `cards` holds the clusters of each topic by its slug, `counts` how many there are
    in all, `others` the clusters on no topic, and `totals` how many items and
    clusters the window has.

    Within a topic, clusters of several independent reports come first, by their
    number, then by the number of outlets, then by how much they are about the topic,
    then by their newest item. Clusters of a single source follow, ranked alike: one
    outlet's many items are one voice, and so is one agency's text in many outlets,
    so neither makes a lead. A cluster of two topics is
    shown under the first that has room for it and named in one line under the
    other. At most `LEAD_COUNT` and `SINGLE_COUNT` are shown a topic. Other stories
    are those on no topic at all, ranked alike.
    """
    since = now - window
    shown: dict[int, Topic] = {}
    sections = tuple(
        _section(topic, _within(cards.get(topic.slug, ()), since), counts, shown)
        for topic in topics
    )
    return Brief(
        trust=_trust(totals, status, feeds, since, now),
        alarms=_alarms(status, feeds, now, window, poll_interval),
        sections=sections,
        others=_others(_within(others, since)),
    )


def _within(cards: Sequence[ClusterCard], since: datetime) -> list[ClusterCard]:
    return [card for card in cards if card.cluster.last_at >= since]


def _matches(card: ClusterCard) -> set[str]:
    return {score.slug for score in card.topics if score.is_match}


def _score_of(card: ClusterCard, slug: str) -> TopicScore | None:
    return next((score for score in card.topics if score.slug == slug), None)


def _rank(card: ClusterCard, slug: str) -> tuple[int, int, float, float, int]:
    """Sort key: lower is better; ids, newest first, make it total."""
    score = _score_of(card, slug)
    cluster = card.cluster
    return (
        -cluster.independent_count,
        -cluster.source_count,
        -(score.score if score else 0.0),
        -cluster.last_at.timestamp(),
        -cluster.id,
    )


def _section(
    topic: Topic,
    cards: Sequence[ClusterCard],
    counts: Mapping[str, int],
    shown: dict[int, Topic],
) -> Section:
    """Fill one topic's section, and note in `shown` what it shows."""
    leads: list[Entry] = []
    singles: list[Entry] = []
    references: list[Reference] = []
    for card in sorted(cards, key=lambda card: _rank(card, topic.slug)):
        cluster = card.cluster
        if cluster.id in shown:
            if len(references) < REFERENCE_COUNT:
                references.append(Reference(cluster, shown[cluster.id]))
            continue
        is_lead = cluster.independent_count > 1
        place, room = (leads, LEAD_COUNT) if is_lead else (singles, SINGLE_COUNT)
        if len(place) < room:
            score = _score_of(card, topic.slug)
            place.append(Entry(card, score.matched if score else ()))
            shown[cluster.id] = topic
    named = len(leads) + len(singles) + len(references)
    total = max(counts.get(topic.slug, 0), len(cards))
    return Section(
        topic, tuple(leads), tuple(singles), tuple(references), total - named
    )


def _others(cards: Sequence[ClusterCard]) -> Section:
    ranked = sorted(cards, key=lambda card: _rank(card, ""))[:OTHER_COUNT]
    return Section(
        topic=None,
        leads=tuple(Entry(c) for c in ranked if c.cluster.independent_count > 1),
        singles=tuple(Entry(c) for c in ranked if c.cluster.independent_count <= 1),
    )


def _awake(feeds: Sequence[Feed]) -> list[Feed]:
    return [feed for feed in feeds if feed.state not in ASLEEP]


def _trust(
    totals: tuple[int, int],
    status: Status,
    feeds: Sequence[Feed],
    since: datetime,
    until: datetime,
) -> Trust:
    awake = _awake(feeds)
    return Trust(
        since=since,
        until=until,
        feed_count=len(awake),
        delivered_count=sum(
            feed.last_ok_at is not None and feed.last_ok_at >= since for feed in awake
        ),
        failing_count=sum(feed.state in FAILING for feed in awake),
        item_count=totals[0],
        cluster_count=totals[1],
        last_poll_at=status.last_poll_at,
    )


def is_late(status: Status, now: datetime, poll_interval: timedelta) -> bool:
    """Say whether polling stands still; never having polled is late too.

    A long rest is none while no feed is due: all may be quiet, or pushed by hubs.
    """
    if status.last_poll_at is None:
        return True
    if status.due_at and now - status.due_at < min(poll_interval, LATE_DUE):
        return False
    return now - status.last_poll_at > LATE_INTERVALS * poll_interval


def _alarms(
    status: Status,
    feeds: Sequence[Feed],
    now: datetime,
    window: timedelta,
    poll_interval: timedelta,
) -> tuple[Alarm, ...]:
    """Return what is wrong, worst first; each makes the ones it explains moot."""
    awake = _awake(feeds)
    alarms: list[Alarm] = []
    if not awake:
        alarms.append(Alarm(AlarmKind.NO_FEEDS))
    elif status.last_poll_at is None:
        alarms.append(Alarm(AlarmKind.NEVER_POLLED, len(awake)))
    elif is_late(status, now, poll_interval):
        alarms.append(Alarm(AlarmKind.NOT_POLLED, len(awake), status.last_poll_at))
    elif all(feed.state in FAILING for feed in awake):
        last_ok = max((f.last_ok_at for f in awake if f.last_ok_at), default=None)
        alarms.append(Alarm(AlarmKind.ALL_FAIL, len(awake), last_ok))
    elif status.last_item_at is None or now - status.last_item_at > window:
        alarms.append(Alarm(AlarmKind.NO_NEWS, since=status.last_item_at))
    if status.waiting_count:
        alarms.append(
            Alarm(AlarmKind.WAITING, status.waiting_count, status.last_grouping_at)
        )
    return tuple(alarms)
