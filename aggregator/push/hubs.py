"""Asks the hubs of feeds for pushes, and stops relying on those that do not keep up."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from queue import SimpleQueue

from aggregator.config import Settings
from aggregator.errors import FetchError
from aggregator.fetch import FetchRequest, fetch_many
from aggregator.fetch.manners import policy_of
from aggregator.models import Feed, Response, Subscription, SubscriptionState
from aggregator.push.websub import Offer, offer_of, retry_gap, subscribe_form
from aggregator.stopping import EitherStop
from aggregator.store import Store

log = logging.getLogger(__name__)

HUB_TIME = timedelta(seconds=15)
"""How long a hub may take to answer."""
PATIENCE_S = 1.0
"""How long a cycle waits for hubs: what comes later is noted by one of the next."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Hubs:
    """What is asked of hubs; does nothing where no public address is set."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._now = now
        self._stop = EitherStop(stop)
        self._base = settings.public_url and f"{settings.public_url}/websub/"
        self._interval = settings.poll_interval
        policy = policy_of(settings)
        total = min(settings.limits.total, HUB_TIME)
        self._policy = replace(policy, limits=replace(policy.limits, total=total))
        self._is_checked = False
        self._asking: threading.Thread | None = None
        self._answers: SimpleQueue[tuple[int, str]] = SimpleQueue()

    def close(self) -> None:
        """Give up what is being asked: it is asked again when it is due."""
        self._stop.set()
        if self._asking is not None:
            self._asking.join()

    def met(self, feed: Feed, answer: Response, new_count: int) -> None:
        """Take note of a feed's answer: the hub it names, and what no push brought."""
        if not self._base:
            return
        if new_count and feed.pushed_until and feed.pushed_until > self._now():
            self._store.note_missed(feed.id, self._now() + self._interval)
            log.info("push_missed feed=%d new=%d", feed.id, new_count)
        if not answer.body and "link" not in answer.headers:
            return
        offer = offer_of(answer.url, answer.headers, answer.body)
        known = self._store.subscription(feed.id)
        held = known if known and known.state != SubscriptionState.ENDED else None
        if offer and (held is None or offer != (held.hub, held.topic)):
            self._want(feed.id, offer)
        elif held and not offer and answer.body:
            self._end(held)

    def ask(self) -> int:
        """Ask every hub that is due; return how many took it by now.

        One that hangs holds up other hubs, which can wait, and no poll.
        """
        if not self._is_checked:
            self._check_callbacks()
            self._is_checked = True
        if self._asking is None:
            due = self._store.due_subscriptions(self._now()) if self._base else ()
            if not due:
                return 0  # most ticks
            for one in due:
                again_at = self._now() + retry_gap(one.failure_count)
                self._store.note_asking(one.feed_id, again_at)
            self._asking = threading.Thread(
                target=self._ask, args=(due,), name="hubs", daemon=True
            )
            self._asking.start()
            self._asking.join(PATIENCE_S)
        if not self._asking.is_alive():
            self._asking = None
        return self._note_answers()

    def _ask(self, due: Sequence[Subscription]) -> None:
        """Ask hubs and keep what they answer: what a thread of its own does."""
        try:
            requests = [_request(one) for one in due]
            for request, _, answer in fetch_many(requests, self._policy, self._stop):
                self._answers.put((request.feed_id, _refusal(answer)))
        except Exception:
            log.exception("hubs_unasked count=%d", len(due))

    def _note_answers(self) -> int:
        taken = 0
        while not self._answers.empty():
            feed_id, error = self._answers.get()
            if error:
                self._store.note_unasked(feed_id, error)
                log.warning("hub_refused feed=%d error=%r", feed_id, error)
            else:
                taken += 1
        return taken

    def _check_callbacks(self) -> None:
        """Ask anew where the site's public address has changed; end all without one."""
        for one in self._store.subscriptions():
            if not self._base:
                self._end(one)
            elif one.callback != self._base + one.token:
                self._want(one.feed_id, Offer(one.hub, one.topic))

    def _want(self, feed_id: int, offer: Offer) -> None:
        token = secrets.token_urlsafe(24)
        self._store.want_subscription(
            Subscription(
                feed_id=feed_id,
                hub=offer.hub,
                topic=offer.topic,
                callback=self._base + token,
                token=token,
                secret=secrets.token_urlsafe(32),
            ),
            self._now(),
        )
        log.info("push_wanted feed=%d hub=%s", feed_id, offer.hub)

    def _end(self, one: Subscription) -> None:
        self._store.end_subscriptions([one.feed_id], self._now() + self._interval)
        log.info("push_ended feed=%d hub=%s", one.feed_id, one.hub)


def _request(one: Subscription) -> FetchRequest:
    form = subscribe_form(one.topic, one.callback, one.secret)
    return FetchRequest(one.feed_id, one.hub, headers=_FORM, body=form)


def _refusal(answer: Response | FetchError) -> str:
    if isinstance(answer, FetchError):
        return f"the hub cannot be asked: {answer}"
    if answer.status // 100 != 2:
        return f"the hub answered HTTP {answer.status}"
    return ""
