"""What a brief is made of, as read at one moment, and what it is made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.models import (
    Carrier,
    ClusterCard,
    ClusterPast,
    Decision,
    Feed,
    Item,
    Standing,
    Status,
    Topic,
)
from aggregator.trends.silence import SilentSource


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a brief is made for.

    It tells what has happened between `since` and `now`, and, where `base` is given,
    what has changed after it: `base` is up to when the clusters were known to what the
    reader saw last, and `seen_at` when that was.
    """

    now: datetime
    since: datetime
    zone: str = "UTC"
    poll_interval: timedelta = timedelta(hours=1)
    silence: timedelta = timedelta(hours=12)
    """How long no feed may say anything new before that is an alarm."""
    base: datetime | None = None
    seen_at: datetime | None = None
    is_visit: bool = False
    paused_since: datetime | None = None
    """When the last brief was made, where the base is later: too long ago to tell of."""
    due_at: datetime | None = None
    site_url: str = ""


@dataclass(frozen=True, slots=True)
class Materials:
    """Everything read, by cluster id, topic slug or item id.

    `cards` holds the clusters of each topic, `counts` how many there are in all,
    `others` the clusters on no topic; `totals` is how many items, reports and clusters
    the window has. `firsts` holds the first item of each card, `members` its newest
    items, `standings` how it stands against the base.
    """

    topics: Sequence[Topic]
    feeds: Sequence[Feed]
    status: Status
    totals: tuple[int, int, int] = (0, 0, 0)
    cards: Mapping[str, Sequence[ClusterCard]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    others: Sequence[ClusterCard] = ()
    near: Mapping[str, Sequence[ClusterCard]] = field(default_factory=dict)
    firsts: Mapping[int, Item] = field(default_factory=dict)
    members: Mapping[int, Sequence[Item]] = field(default_factory=dict)
    carriers: Mapping[int, Carrier] = field(default_factory=dict)
    placements: Mapping[int, Decision] = field(default_factory=dict)
    standings: Mapping[int, Standing] = field(default_factory=dict)
    silent: Mapping[int, Sequence[SilentSource]] = field(default_factory=dict)
    pasts: Sequence[ClusterPast] = ()
    unpolled: tuple[datetime, datetime] | None = None
    """Since the last brief, where that is long ago: when longest nothing was fetched."""
    rescored: Mapping[str, float] = field(default_factory=dict)
    """How much is done, 0 to 1, of each topic that is scored again."""
    waiting_since: datetime | None = None
    """When the item that waits longest to be clustered came."""
    aside_count: int = 0
    """Items of the window that could not be clustered."""
