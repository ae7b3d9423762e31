"""What the pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.models.clusters import Cluster
from aggregator.models.items import Item
from aggregator.models.topics import TopicScore


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """A cluster with what a reader sees of it in a list."""

    cluster: Cluster
    items: tuple[Item, ...]
    """The newest items, one a source, at most as many as were asked for."""
    topics: tuple[TopicScore, ...] = ()
    previous: Cluster | None = None
    """The chapter before it, where it tells on an earlier cluster."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An item that a search found; `excerpt` marks hits with \\x02 and \\x03."""

    item: Item
    excerpt: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the service is doing as a whole."""

    item_count: int
    waiting_count: int
    """Items stored and not yet clustered."""
    last_poll_at: datetime | None
    last_grouping_at: datetime | None
    last_item_at: datetime | None
    due_at: datetime | None = None
    """When the next feed is due, or was; None where that is not known."""
