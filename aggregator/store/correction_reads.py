"""`CorrectionReader` and `CorrectionDesk`: what people say of clusters, and the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from aggregator.models import (
    Asked,
    Bonds,
    Cluster,
    Correction,
    Item,
    JudgedGroup,
    OpenCluster,
    Retuning,
    RetuningRow,
    Transfer,
)
from aggregator.replay import LedgerRow


class CorrectionReader(Protocol):
    """Corrections, the pairs that follow, and what replays the ledger."""

    def cluster_states(
        self, cluster_ids: Sequence[int], model: str = ""
    ) -> tuple[OpenCluster, ...]:
        """Return what the clusterer needs of these clusters, open or closed, by id."""

    def correction(self, correction_id: int) -> Correction:
        """Return one correction."""

    def corrections(self, cluster_id: int, limit: int = 100) -> tuple[Correction, ...]:
        """Return what was said of a cluster, or led to it, newest first."""

    def waiting_corrections(self) -> tuple[Correction, ...]:
        """Return those that the clusters have not followed yet, oldest first."""

    def transfers_of(self, correction_id: int) -> tuple[Transfer, ...]:
        """Return what a correction moved, as it was done."""

    def emptied_by(self, correction_id: int) -> frozenset[int]:
        """Return the clusters that a correction left without an item."""

    def bonds(self) -> Bonds:
        """Return all that people said of clusters and did not take back."""

    def brought_along(self, cluster_id: int, gone_id: int) -> tuple[int, ...]:
        """Return the items of a cluster that were in one which went into it."""

    def near_clusters(
        self, cluster_id: int, limit: int = 5
    ) -> tuple[tuple[Cluster, float], ...]:
        """Return the clusters that came next to this one when its items were placed.

        With the best score that one of these items had with them, by the ledger.
        """

    def count_active(self, since: datetime) -> int:
        """Return how many items the clusters have that were active from then on."""

    def active_items(self, since: datetime) -> Iterator[Item]:
        """Yield all items of these clusters, however old, oldest first."""

    def judged_groups(self) -> tuple[JudgedGroup, ...]:
        """Return what corrections that hold say of items and others, by correction."""

    def retunings(self, limit: int = 20) -> tuple[RetuningRow, ...]:
        """Return thresholds that were proposed or used, newest first."""

    def used_retuning(self) -> RetuningRow | None:
        """Return the one whose threshold holds; None: the shipped one does."""

    def last_corrections(self, limit: int = 50) -> tuple[Correction, ...]:
        """Return the newest corrections."""

    def as_of_now(self) -> AbstractContextManager[None]:
        """Let all that this thread reads in the body be of one moment."""

    def ledger(self) -> Iterator[LedgerRow]:
        """Yield every decision, in the order in which they were taken."""

    def memberships(self) -> Iterator[tuple[int, int]]:
        """Yield (item, cluster) of every item that is in one, by item."""


class CorrectionDesk(Protocol):
    """What people tell of clusters; part of `Desk`."""

    def correct(self, asked: Asked, who: str, now: datetime) -> int:
        """Note what a person said of a cluster; return the correction's id.

        The next tick makes the clusters follow.
        """

    def undo_correction(self, correction_id: int, who: str, now: datetime) -> None:
        """Take a correction back, once."""

    def use_threshold(self, retuning_id: int, who: str, now: datetime) -> None:
        """Let the next tick work by a proposed threshold."""

    def end_threshold(self, retuning_id: int, who: str, now: datetime) -> None:
        """Go back to the threshold before it."""


class CorrectionWriter(Protocol):
    """What the pass that follows corrections keeps."""

    def propose_threshold(self, retuning: Retuning | None, now: datetime) -> None:
        """Put this in place of what was proposed before and never used."""
