"""What the service sends: alerts and briefs, to whom, and whether it arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Cargo(StrEnum):
    """What a message carries."""

    BRIEF = "brief"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages go: `address` is Apprise's, and secret, as it holds passwords."""

    name: str
    address: str
    cargo: tuple[Cargo, ...] = (Cargo.BRIEF, Cargo.ALERT)
    line: int = 0
    """Where it stands in feeds.yaml."""

    def __repr__(self) -> str:
        return f"Target({self.name!r})"


@dataclass(frozen=True, slots=True)
class Message:
    """A subject, and a text in two forms: `html` is empty where there is only one."""

    title: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A message on its way to one target.

    It is sent again at `next_try_at`; without one it has arrived (`sent_at`) or was
    given up (`failed_at`).
    """

    id: int
    target: str
    cargo: Cargo
    brief_id: int | None
    title: str
    made_at: datetime
    try_count: int = 0
    next_try_at: datetime | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    error: str = ""


class AlertKind(StrEnum):
    """What an alert is about."""

    NEW = "new"
    GREW = "grew"
    SURGE = "surge"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """When a topic calls: 0 and False switch a reason off.

    `score`: a new cluster that is so much about it; `reports`: a cluster has come to so
    many independent ones; `surge`: today stands out. After a call the topic is silent
    for `cooldown`; what comes meanwhile is told at its end, together.
    """

    score: float = 0.0
    reports: int = 0
    surge: bool = False
    cooldown: timedelta = timedelta(hours=1)

    def __bool__(self) -> bool:
        return bool(self.score or self.reports or self.surge)


NO_ALERT = AlertRule()


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a topic calls about; once a cluster and kind, once a day's surge.

    `cluster_id` is 0 for a surge, whose `subject` is the local day.
    """

    slug: str
    kind: AlertKind
    cluster_id: int
    subject: str
    text: str
    raised_at: datetime
