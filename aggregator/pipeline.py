"""The order in which things happen: the one place where I/O meets arithmetic.

Passes, each claim, compute, save: feeds that are due become items, items that wait
become clusters, clusters find what they tell on, and age, a brief that is due is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.config import Settings
from aggregator.memory import give_back
from aggregator.passes.answers import AnswerPass
from aggregator.passes.briefs import BriefPass
from aggregator.passes.groups import BATCH, GroupPass
from aggregator.passes.lives import LifePass
from aggregator.passes.messages import AlertPass, MessagePass
from aggregator.passes.polls import PollCounts, PollPass
from aggregator.passes.pushes import PushPass
from aggregator.passes.storylines import StorylinePass
from aggregator.passes.trends import TrendPass
from aggregator.store import Store


@dataclass(frozen=True, slots=True)
class CycleCounts:
    """What one cycle did."""

    polls: PollCounts
    clustered: int


def utc_now() -> datetime:
    """Return the time in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


class Pipeline:
    """Runs the passes over one store; one a process, and one thread at a time."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        now: Callable[[], datetime] = utc_now,
        stop: threading.Event | None = None,
    ) -> None:
        self.store = store
        self.now = now
        self.stop = stop or threading.Event()
        self._start(settings)

    def _start(self, settings: Settings) -> None:
        self.settings = settings
        self.store.sync_feeds(settings.feeds, self.now())
        self.store.sync_topics(settings.topics, self.now())
        self.polls = PollPass(self.store, settings, self.now, self.stop)
        self.pushes = PushPass(self.store, self.polls, self.now, self.stop)
        self.groups = GroupPass(self.store, settings, self.now, self.stop)
        self.answers = AnswerPass(self.store, self.groups.topics, self.now)
        self.storylines = StorylinePass(self.store, self.now, self.stop)
        self.lives = LifePass(self.store, self.now, self.stop)
        self.trends = TrendPass(self.store, settings, self.now, self.stop)
        self.briefs = BriefPass(self.store, settings, self.now)
        self.alerts = AlertPass(self.store, settings, self.now)
        self.messages = MessagePass(self.store, settings, self.now, self.stop)

    def use(self, settings: Settings) -> None:
        """Work by these settings from now on; what the store holds stays."""
        self.close()
        self._start(settings)

    def close(self) -> None:
        """End the parse children."""
        self.polls.close()

    def cycle(self, *, due_only: bool = True) -> CycleCounts:
        """Store what was pushed, poll what is due, cluster what waits, then brief."""
        self.pushes.run()
        polls = self.polls.run(due_only=due_only)
        if polls.new_items > BATCH:  # clustering them needs the memory more
            self.polls.rest()
        if polls.polled:
            self.lives.listen()
        self.groups.topics.run()
        self.answers.run()
        clustered = self.groups.run()
        self.storylines.run()
        self.lives.run(is_asked=polls.polled > 0)
        self.trends.run()
        self.alerts.run(has_news=clustered > 0)
        if not self.stop.is_set():
            self.briefs.run()
        if polls.polled or clustered:
            give_back()
        return CycleCounts(polls, clustered)
