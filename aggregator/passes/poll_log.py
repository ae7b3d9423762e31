"""Polls that nobody asks about any more -> forgotten, a little each cycle."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.config import Settings
from aggregator.stopping import turns
from aggregator.store import Store

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
"""How often it is looked for old polls, once none are left."""


class PollLogPass:
    """Keeps the log of polls as long as `limits: poll_log` says."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
        slice: timedelta = timedelta(milliseconds=100),
    ) -> None:
        """`slice` is the part of a cycle in which polls may be forgotten."""
        self.store = store
        self.limits = settings.limits
        self.now = now
        self.stop = stop
        self.slice = slice
        self._after = 0
        self._has_more = False
        self._next_at: datetime | None = None

    def run(self) -> int:
        """Forget old polls for a slice; return how many.

        Feed after feed, a few polls of each: so all that are forgotten at a time are of
        one age, and lie together in the file. Rounds follow each other until no feed
        has more, then there is a pause.
        """
        now = self.now()
        if self._next_at and now < self._next_at <= now + EVERY:
            return 0
        count = 0
        for _ in turns(self.slice, self.stop):
            forgotten = self.store.forget_polls(
                self._after,
                now - self.limits.poll_log,
                now,
                self.limits.poll_log_count,
            )
            count += forgotten.poll_count
            self._has_more |= forgotten.has_more
            self._after = forgotten.feed_id or 0
            if forgotten.feed_id is None:
                if not self._has_more:
                    self._next_at = now + EVERY
                    break
                self._has_more = False
        if count:
            log.info("poll_log forgotten=%d", count)
        return count
