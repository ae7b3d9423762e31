"""What is asked and kept of clusters' lives and storylines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.models import Chapter, Cluster, Comparison, StateChange, StoryVector


class LifeReader(Protocol):
    """A part of `Reader`."""

    def storyline(self, cluster_id: int) -> tuple[Chapter, ...]:
        """Return the chapters of a cluster's storyline, oldest first; none of one alone."""

    def previous_clusters(self, cluster_ids: Sequence[int]) -> Mapping[int, Cluster]:
        """Return the chapter before each of these clusters, where there is one."""

    def uncompared_clusters(self, limit: int = 50) -> tuple[StoryVector, ...]:
        """Return clusters that are to be compared with the archive, oldest ids first.

        That is when they have two independent reports, and whenever these have doubled.
        """

    def story_candidates(
        self, keys: Mapping[int, int], before: datetime, limit: int
    ) -> tuple[StoryVector, ...]:
        """Return clusters that share two of these keys or more, those closest by them.

        Their last report came before `before`.
        """

    def state_changes(
        self,
        *,
        cluster_ids: Sequence[int] | None = None,
        since: datetime | None = None,
    ) -> tuple[StateChange, ...]:
        """Return the changes of clusters' states in the order in which they were known.

        Of these clusters, or of all; those known at or after `since`, or all.
        """


class LifeWriter(Protocol):
    """A part of `Store`."""

    def save_comparisons(self, comparisons: Sequence[Comparison]) -> None:
        """Put these in place of what was found before; they were found just now."""

    def note_heard(self, now: datetime) -> None:
        """Note up to when feeds answered, and an outage where they missed something."""

    def renew_states(self, now: datetime, limit: int = 500) -> int:
        """Renew the states that may have changed because time passed; return how many."""
