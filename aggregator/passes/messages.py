"""Briefs and alerts -> messages in a queue -> out, again and again until they arrive."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.alerts import FRESH, cluster_alerts, fresh, may_tell_at
from aggregator.config import Settings
from aggregator.delivery.compose import alert_message, brief_message
from aggregator.delivery.lanes import Lanes
from aggregator.delivery.sending import next_try, send
from aggregator.errors import StoreError
from aggregator.models import (
    Alert,
    AlertKind,
    Cargo,
    Dispatch,
    Message,
    Target,
    Topic,
)
from aggregator.store import Store

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
"""How often topics are asked whether they call, beside every time items came."""
LOOKED_AT = 100
"""So many of a topic's clusters of the last day, those of most sources, are looked at."""
PATIENCE_S = 10.0
"""A target that took longer gives up its place to the others after each message."""


class AlertPass:
    """Raises alerts as clusters come and grow, and queues what may be told by now."""

    def __init__(
        self, store: Store, settings: Settings, now: Callable[[], datetime]
    ) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self.topics = [topic for topic in settings.topics if topic.alert]
        self._next_at: datetime | None = None

    def run(self, *, has_news: bool) -> None:
        """Raise and queue; does nothing where nothing came and no minute has passed."""
        now = self.now()
        if self._next_at is None:
            self.store.forget_alert_rules([topic.slug for topic in self.topics])
        elif not has_news and now < self._next_at:
            return
        self._next_at = now + EVERY
        told_at = self.store.told_at()
        for topic in self.topics:
            found = self._called(topic, now)
            if self.store.alert_rule(topic.slug) != repr(topic.alert):
                # a rule that is new tells of what comes, not of all there is
                self.store.start_alerts(topic.slug, repr(topic.alert), found, now)
                continue
            if found:
                self.store.raise_alerts(found)
            self._tell(topic, told_at.get(topic.slug), now)

    def _called(self, topic: Topic, now: datetime) -> list[Alert]:
        cards = self.store.busiest_clusters(
            since=now - FRESH, topic=topic.slug, limit=LOOKED_AT, titles=0
        )
        alerts = cluster_alerts(topic, topic.alert, cards, now)
        if topic.alert.surge and (series := self.store.trends([topic.slug])):
            point = series[topic.slug].points[-1]
            if point.surge:
                day = point.start.astimezone(self.settings.timezone).date().isoformat()
                text = (
                    f"{topic.name} stands out today: {point.surge.count} reports, "
                    f"{point.surge.expected:.0f} expected"
                )
                alerts.append(Alert(topic.slug, AlertKind.SURGE, 0, day, text, now))
        known = self.store.raised(topic.slug, [0, *(a.cluster_id for a in alerts)])
        return fresh(alerts, known)

    def _tell(self, topic: Topic, told_at: datetime | None, now: datetime) -> None:
        alerts = self.store.untold(topic.slug)
        settings = self.settings
        if not alerts or now < may_tell_at(
            now, told_at, topic.alert.cooldown, settings.quiet_hours, settings.timezone
        ):
            return
        site_url = settings.site_url or settings.public_url
        self.store.queue_message(
            [t.name for t in settings.deliver if Cargo.ALERT in t.cargo],
            Cargo.ALERT,
            alert_message(topic.name, alerts, site_url),
            now,
            told=alerts,
        )
        log.info("alert topic=%s count=%d", topic.slug, len(alerts))


class MessagePass:
    """Sends what is due; any thread may call `send`, several at once."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
        lanes: Lanes | None = None,
    ) -> None:
        """`lanes` outlive the pass: what an earlier one is sending is not sent twice."""
        self.store = store
        self.now = now
        self.stop = stop
        self.lanes = lanes or Lanes()
        self.targets = {target.name: target for target in settings.deliver}

    def send(self) -> int:
        """Send what is due to targets that no other thread serves; return how many arrived.

        What fails, for whatever reason, is due again later and keeps no other waiting.
        """
        count = 0
        served: set[str] = set()
        while not self.stop.is_set():
            waiting = self.store.due_targets(self.now())
            with self.lanes.take([t for t in waiting if t not in served]) as target:
                if target is None:
                    break
                served.add(target)
                count += self._serve(target)
        return count

    def _serve(self, name: str) -> int:
        """Send what is due to one target; one that is slow has its next turn later."""
        count = 0
        began = time.monotonic()
        for dispatch, text in self.store.due_dispatches(self.now(), name):
            if self.stop.is_set() or time.monotonic() - began > PATIENCE_S:
                break
            target = self.targets.get(name)
            if target is None:
                error = f"feeds.yaml delivers to no '{name}' any more"
                self.store.note_unsent(dispatch.id, error, None, self.now())
                continue
            error = self._send(target, dispatch, text)
            if error and self.stop.is_set():
                break  # it was cut short, and stays as due as it was
            self._note(dispatch, error)
            count += not error
        return count

    def _send(self, target: Target, dispatch: Dispatch, text: str) -> str:
        """Return what went wrong, or ''."""
        try:
            if dispatch.brief_id is None:
                message = Message(dispatch.title, text)
            else:
                message = brief_message(self.store.kept_brief(dispatch.brief_id))
        except StoreError:
            raise
        except Exception:
            log.exception("unwritten dispatch=%d", dispatch.id)
            return "it could not be written; the server's log says why"
        return send(target, message, self.stop)

    def _note(self, dispatch: Dispatch, error: str) -> None:
        now = self.now()
        if not error:
            self.store.note_sent(dispatch.id, now)
            log.info("sent dispatch=%d target=%s", dispatch.id, dispatch.target)
            return
        pause = next_try(dispatch.try_count + 1)
        self.store.note_unsent(dispatch.id, error, now + pause if pause else None, now)
        log.warning(
            "unsent dispatch=%d target=%s try=%d error=%s",
            dispatch.id,
            dispatch.target,
            dispatch.try_count + 1,
            error,
        )
