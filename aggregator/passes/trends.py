"""What is stored -> the charts by day and the rising words of every topic."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.config import Settings
from aggregator.models import RisingWord, Series
from aggregator.store import Store
from aggregator.trends.reading import (
    SHOWN_DAYS,
    day_ground,
    read_judged,
    read_rising,
)

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
PAUSE = 100
"""How many times as long as computing took it is not done again: 1 % of the time."""


class TrendPass:
    """Computes every topic's trends anew where those stored are old."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self.store = store
        self.zone = settings.timezone
        self.slugs = [topic.slug for topic in settings.topics]
        self.now = now
        self.stop = stop
        self._is_new = True
        self._took = timedelta()
        self._again_at: datetime | None = None

    def renew(self) -> None:
        """Compute at the next run, however new the stored trends are."""
        self._is_new, self._again_at = True, None

    def run(self) -> bool:
        """Compute and store trends; say whether it was time to."""
        now = self.now()
        if self._again_at is not None and now < self._again_at:
            return False
        at = self.store.trends_at()
        if (
            at is not None
            and now - at < max(EVERY, PAUSE * self._took)
            and not self._is_new
        ):
            return False
        self._again_at = now + EVERY  # if it fails, not at every tick
        began = time.monotonic()
        ground = day_ground(self.store, self.zone, now)
        series: list[Series] = []
        rising: dict[str, tuple[RisingWord, ...]] = {}
        for slug in self.slugs:
            if self.stop.is_set():
                return False
            series.append(read_judged(self.store, ground, slug).last(SHOWN_DAYS))
            rising[slug] = read_rising(self.store, slug, now)
        self.store.save_trends(series, rising, now)
        self._again_at = None
        self._is_new = False  # before, topics and zone may have been others
        self._took = timedelta(seconds=time.monotonic() - began)
        log.info(
            "trends topics=%d milliseconds=%d",
            len(self.slugs),
            self._took / timedelta(milliseconds=1),
        )
        return True
