"""`BriefReader` and `BriefDesk`: what briefs ask of a store, and leave there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from aggregator.models import (
    BriefRow,
    ClusterCard,
    ClusterPast,
    Item,
    KeptBrief,
    Standing,
    Visit,
)


class BriefReader(Protocol):
    """Kept briefs, visits, and what a new brief is made of."""

    def kept_brief(self, brief_id: int) -> KeptBrief:
        """Return one brief; raises `NotFound`."""

    def briefs(
        self, *, before: int | None = None, limit: int = 50
    ) -> tuple[BriefRow, ...]:
        """Return kept briefs, newest first, from below the id `before`."""

    def last_brief(self, *, daily: bool = False) -> BriefRow | None:
        """Return the newest brief, or the newest daily one."""

    def brief_of(self, day: date) -> BriefRow | None:
        """Return the daily brief of a local day."""

    def next_brief(self, brief_id: int) -> int | None:
        """Return the brief that was kept after this one."""

    def previous_brief(self, brief_id: int) -> int | None:
        """Return the brief that was kept before this one."""

    def last_visit(self, who: str) -> Visit | None:
        """Return when somebody last said that they had read it all."""

    def first_items(self, cluster_ids: Sequence[int]) -> Mapping[int, Item]:
        """Return the first item of each of these clusters."""

    def near_misses(
        self, slug: str, since: datetime, limit: int = 5
    ) -> tuple[ClusterCard, ...]:
        """Return clusters active `since` that just missed a topic, the nearest first.

        One that somebody answered about is none.
        """

    def aside_count(self, since: datetime) -> int:
        """Return how many items could not be clustered `since` then."""

    def standings(
        self, cluster_ids: Sequence[int], at: datetime
    ) -> Mapping[int, Standing]:
        """Return what was known `at` of each cluster, and who told more since."""

    def changed_clusters(self, since: datetime) -> tuple[ClusterPast, ...]:
        """Return the clusters that were known at `since` and were touched later, by id.

        Of clusters that more items came into, those of several independent sources.
        """


class BriefDesk(Protocol):
    """What people and the daemon leave about briefs; each call is one transaction."""

    def keep_brief(
        self,
        brief: KeptBrief,
        who: str,
        now: datetime,
        *,
        targets: Sequence[str] = (),
        subject: str = "",
    ) -> int:
        """Keep a brief for good, and queue it to `targets`; return its id.

        A day's daily brief is kept and queued once: for another one, the id of the
        first. `brief.row.id` does not count.
        """

    def note_visit(self, who: str, known_at: datetime, now: datetime) -> None:
        """Note up to when somebody knows the clusters; it never goes back."""
