"""Whether it is our own network that is gone: then no feed is to blame; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

UNANSWERED = frozenset({"dns", "connect", "timeout"})
HOSTS = 5
"""So many hosts in a row that do not answer, or all that there are, are no chance."""
SILENCE = timedelta(minutes=2)
"""Longer than hosts that are dead lag behind the others of a pass."""


class Outage:
    """Watches who answers; times must not run backwards."""

    def __init__(self, host_count: int) -> None:
        self._enough = max(2, min(HOSTS, host_count))
        self._silent: set[str] = set()
        self._answered_at: datetime | None = None

    def note(self, host: str, error_kind: str, at: datetime) -> bool:
        """Take down how asking a host ended; say whether nobody can be reached."""
        if error_kind not in UNANSWERED:
            self._silent.clear()
            self._answered_at = at
            return False
        self._silent.add(host)
        if len(self._silent) < self._enough:
            return False
        return self._answered_at is None or at - self._answered_at >= SILENCE
