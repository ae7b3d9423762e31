"""Time that passes -> clusters that fade, sleep or have emerged: read, walk, save."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.store import Store

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
"""How often a tick that polled nothing looks; states change by the hour."""
BATCH = 500


class LifePass:
    """Keeps the time that feeds answered for, and the states of quiet clusters."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], stop: threading.Event
    ) -> None:
        self.store = store
        self.now = now
        self.stop = stop
        self._next_at: datetime | None = None

    def listen(self) -> None:
        """Note up to when feeds answered; before clusters take what they said."""
        self.store.note_heard(self.now())

    def run(self, *, is_asked: bool) -> int:
        """Renew the states that are due; return how many were looked at."""
        now = self.now()
        if not is_asked and self._next_at is not None and now < self._next_at:
            return 0
        self._next_at = now + EVERY
        count = 0
        while not self.stop.is_set() and (n := self.store.renew_states(now, BATCH)):
            count += n
        if count:
            log.info("lives looked_at=%d", count)
        return count
