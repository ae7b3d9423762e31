"""What pages and passes ask of a store about messages and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.models import Alert, Cargo, Dispatch, Message


class MessageReader(Protocol):
    """Messages on their way, newest first, and alerts."""

    def dispatches(
        self, *, brief_id: int | None = None, limit: int = 50
    ) -> tuple[Dispatch, ...]:
        """Return the newest dispatches, or those of one brief."""

    def failed_count(self, since: datetime) -> int:
        """Return how many dispatches were given up `since`."""

    def alerts(self, limit: int = 50) -> tuple[Alert, ...]:
        """Return the newest alerts, told or not."""

    def raised(self, slug: str, cluster_ids: Sequence[int]) -> tuple[Alert, ...]:
        """Return the alerts of a topic on these clusters."""

    def untold(self, slug: str) -> tuple[Alert, ...]:
        """Return the alerts of a topic that were not told yet, oldest first."""

    def alert_rule(self, slug: str) -> str:
        """Return the rule by which a topic calls since `start_alerts`, or ''."""

    def told_at(self) -> Mapping[str, datetime]:
        """Return when each topic was last told of."""

    def grown_at(
        self, cluster_ids: Sequence[int], report_count: int
    ) -> Mapping[int, datetime]:
        """Return when each of these clusters came to so many independent reports."""


class MessageWriter(Protocol):
    """What the passes over messages change; any thread may call it."""

    def queue_message(
        self,
        targets: Sequence[str],
        cargo: Cargo,
        message: Message,
        now: datetime,
        *,
        told: Sequence[Alert] = (),
    ) -> None:
        """Queue a message to each target; alerts it tells of are told with it."""

    def due_targets(self, now: datetime) -> tuple[str, ...]:
        """Return to whom something is to be sent by now, who waits longest first."""

    def due_dispatches(
        self, now: datetime, target: str, limit: int = 20
    ) -> tuple[tuple[Dispatch, str], ...]:
        """Return what is to be sent to one target by now, the oldest first, with its text."""

    def note_sent(self, dispatch_id: int, now: datetime) -> None:
        """Note that a dispatch has arrived; its text is forgotten."""

    def note_unsent(
        self, dispatch_id: int, error: str, again_at: datetime | None, now: datetime
    ) -> None:
        """Note that a try failed; without `again_at` it is given up."""

    def start_alerts(
        self, slug: str, rule: str, known: Sequence[Alert], now: datetime
    ) -> None:
        """Note a topic's new rule; what it would call about by now counts as told."""

    def forget_alert_rules(self, slugs: Sequence[str]) -> None:
        """Forget the rules of all topics but these: one that comes back is new."""

    def raise_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts; one that was raised before stays as it was."""
