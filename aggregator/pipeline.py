"""The order in which things happen: the one place where I/O meets arithmetic.

Passes, each claim, compute, save: feeds that are due become items, items that wait
become clusters, clusters find what they tell on, and age, a brief that is due is kept,
what nobody asks about any more is forgotten.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from aggregator.config import Settings
from aggregator.delivery.lanes import Lanes
from aggregator.errors import AggregatorError
from aggregator.memory import give_back
from aggregator.passes.answers import AnswerPass
from aggregator.passes.briefs import BriefPass
from aggregator.passes.families import FamilyPass
from aggregator.passes.groups import BATCH, GroupPass
from aggregator.passes.lives import LifePass
from aggregator.passes.meanings import MeaningPass
from aggregator.passes.messages import AlertPass, MessagePass
from aggregator.passes.poll_log import PollLogPass
from aggregator.passes.polls import PollCounts, PollPass
from aggregator.passes.pushes import PushPass
from aggregator.passes.storylines import StorylinePass
from aggregator.passes.topics import TopicPass
from aggregator.passes.trends import TrendPass
from aggregator.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")


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
        slice: timedelta = timedelta(seconds=1),
    ) -> None:
        """`slice` is how long in a cycle an encoder may catch up, and so old scores."""
        self.slice = slice
        self.store = store
        self.now = now
        self.stop = stop or threading.Event()
        self.lanes = Lanes()
        self._start(settings)

    def _start(self, settings: Settings) -> None:
        self.store.sync_feeds(settings.feeds, self.now())
        self.store.sync_topics(settings.topics, self.now())
        polls = PollPass(self.store, settings, self.now, self.stop)
        meanings = MeaningPass(self.store, settings, self.now, self.stop, self.slice)
        topics = TopicPass(self.store, settings, self.now, self.stop, self.slice)
        groups = GroupPass(self.store, settings, self.now, self.stop, meanings, topics)
        answers = AnswerPass(self.store, topics, self.now)
        # from here on nothing fails: all passes work by one file
        self.settings, self.polls, self.groups = settings, polls, groups
        self.topics = topics
        self.answers, self.meanings = answers, meanings
        self.families = FamilyPass(
            self.store, settings, self.now, self.stop, self.slice
        )
        self.pushes = PushPass(self.store, polls, self.now, self.stop)
        self.storylines = StorylinePass(self.store, self.now, self.stop)
        self.lives = LifePass(self.store, self.now, self.stop)
        self.poll_log = PollLogPass(self.store, settings, self.now, self.stop)
        self.trends = TrendPass(self.store, settings, self.now, self.stop)
        self.briefs = BriefPass(self.store, settings, self.now)
        self.alerts = AlertPass(self.store, settings, self.now)
        self.messages = MessagePass(
            self.store, settings, self.now, self.stop, self.lanes
        )

    def use(self, settings: Settings) -> None:
        """Work by these settings from now on; what the store holds stays.

        If it cannot be begun, work goes on by the old ones.
        """
        before = self.polls
        self._start(settings)
        before.close()

    def close(self) -> None:
        """End the parse children."""
        self.polls.close()

    def cycle(self, *, due_only: bool = True) -> CycleCounts:
        """Store what was pushed, poll what is due, cluster what waits, then brief.

        A pass that fails keeps no other from its work: all have their turn, then the
        first failure is raised.
        """
        tried = _Tries()
        tried(self.pushes.run, 0)
        polls = tried(lambda: self.polls.run(due_only=due_only), PollCounts())
        if polls.new_items > BATCH:  # clustering them needs the memory more
            self.polls.rest()
        if polls.polled:
            tried(self.lives.listen, None)
        tried(self.topics.learn, None)
        tried(self.answers.run, None)
        if tried(self.topics.run, 0) and not self.store.rescored_shares():
            self.trends.renew()
        tried(self.families.run, 0)
        tried(self.meanings.run, None)
        clustered = tried(self.groups.run, 0)
        tried(self.storylines.run, 0)
        tried(lambda: self.lives.run(is_asked=polls.polled > 0), 0)
        tried(self.trends.run, False)
        tried(lambda: self.alerts.run(has_news=clustered > 0), None)
        if not self.stop.is_set():
            tried(self.briefs.run, None)
        tried(self.poll_log.run, 0)
        if polls.polled or clustered:
            give_back()
        if tried.first is not None:
            raise tried.first
        return CycleCounts(polls, clustered)


class _Tries:
    """Runs one pass after the other; logs failures but the `first`, which is kept."""

    def __init__(self) -> None:
        self.first: Exception | None = None

    def __call__(self, run: Callable[[], T], otherwise: T) -> T:
        try:
            return run()
        except Exception as error:
            if self.first is None:
                self.first = error
            elif isinstance(error, AggregatorError):
                log.error("cycle error=%s", error)
            else:
                log.exception("cycle")
            return otherwise
