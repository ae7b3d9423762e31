"""`TopicReader`: what scoring topics asks of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.models import Item, Profile, Rescoring, Topic


class TopicReader(Protocol):
    """Topics, what was learned of them, and the texts to learn from."""

    def stale_topics(self) -> tuple[str, ...]:
        """Return the topics whose stored scores an older definition made."""

    def scored_definitions(self) -> Mapping[str, str]:
        """Return the definition that made each topic's stored scores, by slug."""

    def defined_at(self, slug: str) -> datetime | None:
        """Return since when a topic's definition is what it is, where that is known."""

    def topic_profiles(self) -> Mapping[str, Profile]:
        """Return what was learned from the examples of topics, by slug."""

    def newest_texts(self, limit: int) -> tuple[tuple[str, str], ...]:
        """Return title and summary of the newest items."""

    def count_items(self, limit: int) -> int:
        """Count the items stored, up to `limit`."""

    def items_at(self, urls: Sequence[str]) -> Mapping[str, Item]:
        """Return the stored items with these addresses, the newest of each."""

    def rescored_shares(self) -> Mapping[str, float]:
        """Return how much is done, 0 to 1, of each topic that is scored again, by slug."""

    def rescorings(self) -> Mapping[str, Rescoring]:
        """Return what was begun and not ended, `DEFINITIONS` first."""

    def items_to_rescore(self, work: Rescoring, limit: int) -> tuple[Item, ...]:
        """Return the clustered items that are next, newest first."""


class TopicWriter(Protocol):
    """What feeds.yaml and scoring change; the daemon's own thread alone."""

    def sync_topics(self, topics: Sequence[Topic], now: datetime) -> None:
        """Make the stored topics those of feeds.yaml."""

    def save_profiles(self, profiles: Mapping[str, Profile]) -> None:
        """Keep what was learned, in place of what was known of these topics.

        Their stored scores are stale from then on.
        """

    def begin_rescoring(
        self, slug: str, wanted: str, since: datetime, now: datetime
    ) -> Rescoring:
        """Score again from the newest item on; what was begun of it is forgotten."""

    def note_rescored(
        self, slug: str, before: tuple[datetime, int], count: int
    ) -> None:
        """Go on before this item the next time; `count` more are done."""

    def end_rescoring(self, slug: str) -> None:
        """Note that these scores are today's."""
