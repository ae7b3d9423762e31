"""How far a cluster's life has gone, and when that changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class LifecycleState(StrEnum):
    """Where a cluster stands (aggregator/lifecycle.py has the rule)."""

    EMERGING = "emerging"
    DEVELOPING = "developing"
    PEAK = "peak"
    FADING = "fading"
    DORMANT = "dormant"
    REVIVED = "revived"


@dataclass(frozen=True, slots=True)
class StateChange:
    """A cluster's state became `state`.

    `since` goes by the times of its reports, `from_at` says when that was known: what
    was the case at a past moment is told by the last change whose `from_at` is not
    after it; a cluster without one was emerging.
    """

    cluster_id: int
    state: LifecycleState
    since: datetime
    from_at: datetime
    quiet: timedelta | None = None
    """Of a revival: how long there had been no report."""
