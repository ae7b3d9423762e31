"""What hubs pushed -> stored items: read like any answer, saved like any poll."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from aggregator.errors import ParseError, StoreError
from aggregator.models import FeedState, Push, Response
from aggregator.passes.polls import PollPass
from aggregator.polling import push_of
from aggregator.store import Store
from aggregator.text import without_password

log = logging.getLogger(__name__)

_UNWANTED = (FeedState.GONE, FeedState.REMOVED, FeedState.DISABLED)


class PushPass:
    """Reads the pushes that wait; one bad push never hurts another."""

    def __init__(
        self,
        store: Store,
        polls: PollPass,
        now: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._polls = polls
        self._now = now
        self._stop = stop

    def run(self) -> int:
        """Store what was pushed; return how many items are new."""
        new_count = 0
        for push in self._store.waiting_pushes():
            if self._stop.is_set():
                break
            try:
                new_count += self._take(push)
            except StoreError:
                raise
            except Exception:
                log.exception("push_unsaved feed=%d", push.feed_id)
                self._store.finish_push(push, "a push could not be stored")
        return new_count

    def _take(self, push: Push) -> int:
        feed = self._store.feed(push.feed_id)
        if feed.state in _UNWANTED:
            self._store.finish_push(push, f"the feed is {feed.state}")
            return 0
        headers = {"content-type": push.content_type}
        answer = Response(without_password(feed.url), 200, headers, push.body)
        try:
            document = self._polls.parse(answer).result()
        except ParseError as error:
            log.warning("push_unread feed=%d error=%r", feed.id, str(error))
            self._store.finish_push(push, f"a push could not be read: {error}")
            return 0
        intervals = self._polls.intervals_of(feed)
        poll = push_of(feed, push.received_at, self._now(), document, intervals)
        new_count = self._store.save_poll(poll)
        self._store.finish_push(push, "")
        log.info(
            "push feed=%d bytes=%d entries=%d new=%d",
            feed.id,
            len(push.body),
            len(document.entries),
            new_count,
        )
        return new_count
