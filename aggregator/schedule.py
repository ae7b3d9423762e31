"""Runs the pipeline again and again; the only module that knows APScheduler."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from aggregator.config import Settings, load_settings
from aggregator.delivery.lanes import LANES
from aggregator.errors import AggregatorError, ConfigError, StoreError
from aggregator.pipeline import Pipeline, utc_now

log = logging.getLogger(__name__)

TICK = timedelta(seconds=1)
"""How often the store is asked what is due (0.3 ms); due times live on the feed rows."""


SEND = timedelta(seconds=5)
"""How often the store is asked what is to be sent."""


class Ticker:
    """A short tick in UTC: reload feeds.yaml if it was edited, then run a cycle.

    Due times are the store's, so there is nothing to misfire: a tick that comes late
    or is skipped asks the same question a little later.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        tick: timedelta = TICK,
        send: timedelta = SEND,
        on_reload: Callable[[Settings], None] = lambda settings: None,
    ) -> None:
        self.pipeline = pipeline
        self._on_reload = on_reload
        self._stamp = self._read_stamp()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": ThreadPoolExecutor(1),
                # a mail server that hangs holds up no poll, and no other target
                "messages": ThreadPoolExecutor(LANES),
            },
            job_defaults={
                "max_instances": 1,
                "coalesce": True,
                "misfire_grace_time": None,  # the default drops a tick one second late
            },
        )
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=tick.total_seconds(),
            next_run_time=utc_now(),
        )
        self._scheduler.add_job(
            self.send,
            "interval",
            seconds=send.total_seconds(),
            executor="messages",
            max_instances=LANES,
        )

    def start(self) -> None:
        """Begin ticking; the first tick comes at once."""
        self._scheduler.start()

    def stop(self, patience: timedelta) -> bool:
        """End the tick under way; return whether it ended within `patience`."""
        self.pipeline.stop.set()
        ending = threading.Thread(
            target=self._scheduler.shutdown, kwargs={"wait": True}, daemon=True
        )
        ending.start()
        ending.join(patience.total_seconds())
        return not ending.is_alive()

    def tick(self) -> None:
        """Do what is due; whatever goes wrong, the next tick comes."""
        try:
            self._reload()
            counts = self.pipeline.cycle()
            if counts.polls.polled or counts.clustered:
                log.info(
                    "cycle polled=%d failed=%d new=%d clustered=%d",
                    counts.polls.polled,
                    counts.polls.failed,
                    counts.polls.new_items,
                    counts.clustered,
                )
        except AggregatorError as error:
            log.error("tick error=%s", error)
        except Exception:
            log.exception("tick")

    def send(self) -> None:
        """Send the messages that are due; whatever goes wrong, they are due again."""
        try:
            self.pipeline.messages.send()
        except AggregatorError as error:
            log.error("send error=%s", error)
        except Exception:
            log.exception("send")

    def _reload(self) -> None:
        """Take an edited feeds.yaml; a broken one changes nothing and is named."""
        stamp = self._read_stamp()
        if stamp == self._stamp:
            return
        before, self._stamp = self._stamp, stamp
        path = self.pipeline.settings.path
        try:
            settings = load_settings(path)
        except ConfigError as error:
            for problem in error.args[0]:
                log.error("config kept_old=true problem=%s", problem)
            return
        try:
            self.pipeline.use(settings)
        except StoreError:
            self._stamp = before  # the next tick tries again
            raise
        self._on_reload(settings)
        log.info(
            "config loaded=%s feeds=%d topics=%d",
            path,
            len(settings.feeds),
            len(settings.topics),
        )

    def _read_stamp(self) -> tuple[int, int, int] | None:
        try:
            stat = self.pipeline.settings.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
