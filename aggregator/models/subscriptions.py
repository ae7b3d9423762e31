"""What we ask of hubs, and what they send (WebSub)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
