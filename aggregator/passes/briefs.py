"""The clock -> the daily brief, kept and queued once a local day: look, make, keep."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

from aggregator.brief.due import last_due
from aggregator.config import Settings
from aggregator.delivery.compose import brief_message
from aggregator.editions import new_brief
from aggregator.models import Cargo
from aggregator.store import Store

log = logging.getLogger(__name__)

AGAIN = timedelta(minutes=5)
"""How long after a brief could not be made it is tried again."""


class BriefPass:
    """Makes the daily brief when it is due; a missed one late, and only the last."""

    def __init__(
        self, store: Store, settings: Settings, now: Callable[[], datetime]
    ) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self._done: date | None = None
        self._again_at: datetime | None = None

    def run(self) -> int | None:
        """Make the daily brief if it is due and not there, for all targets; return its id."""
        wanted, now = self.settings.brief, self.now()
        if not wanted.enabled or (self._again_at and now < self._again_at):
            return None
        due = last_due(now, wanted.at, self.settings.timezone)
        if due.day == self._done:
            return None
        first = self.store.first_polled_at()
        # what was due before the service ever ran was not missed
        if first is not None and first <= due.at and not self.store.brief_of(due.day):
            self._again_at = now + AGAIN
            began = time.monotonic()
            kept = new_brief(self.store, self.settings, now, due)
            brief_id = self.store.keep_brief(
                *(kept, "", now),
                subject=brief_message(kept).title,
                targets=[
                    t.name for t in self.settings.deliver if Cargo.BRIEF in t.cargo
                ],
            )
            log.info(
                "brief id=%d day=%s milliseconds=%d",
                brief_id,
                due.day,
                1000 * (time.monotonic() - began),
            )
            self._done, self._again_at = due.day, None
            return brief_id
        if first is not None:
            self._done = due.day
        return None
