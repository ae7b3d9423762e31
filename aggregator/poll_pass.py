"""Feeds that are due -> stored items: claim, fetch, parse, save."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import aggregator
from aggregator.addresses import is_public, parse_allowed
from aggregator.config import Settings
from aggregator.errors import FetchError, ParseError
from aggregator.fetch import FetchPolicy, FetchRequest, fetch_many
from aggregator.models import Document, Feed, Outcome, Poll, Response
from aggregator.parse_pool import ParserPool
from aggregator.polling import Intervals, needs_parsing, poll_of
from aggregator.store import Store

log = logging.getLogger(__name__)

CLAIM = 500
OWN_FLOOR = timedelta(seconds=1)
"""How often a feed under `allow_private` may be polled at most."""
DELIVERED = (Outcome.OK, Outcome.NOT_MODIFIED)

WATCH_S = 0.2
"""How often a pass that waits for the parser looks whether it shall stop."""


@dataclass(frozen=True, slots=True)
class PollCounts:
    """What polling did."""

    polled: int = 0
    failed: int = 0
    new_items: int = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """A feed's answer on its way to becoming a poll."""

    feed: Feed
    started_at: datetime
    content: Response | FetchError


_Parsed = SimpleQueue[tuple[_Answer, Future[Document]]]
"""Answers whose parsing is done."""


class PollPass:
    """Polls every feed that is due; one bad feed never hurts another."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self.stop = stop
        self._parsers: ParserPool | None = None
        self._intervals = Intervals(usual=settings.poll_interval)
        self._allowed = parse_allowed(settings.allow_private)

    def close(self) -> None:
        """End the parse children."""
        if self._parsers is not None:
            self._parsers.close()
            self._parsers = None

    def run(self, *, due_only: bool = True) -> PollCounts:
        """Poll what is due, or all that was not told to wait."""
        polled = failed = new_items = 0
        started_at = self.now()
        seen: set[int] = set()
        while not self.stop.is_set():
            feeds = self.store.claim_feeds(started_at, limit=CLAIM, due_only=due_only)
            fresh = [feed for feed in feeds if feed.id not in seen]
            if not fresh:
                self.store.release_feeds([feed.id for feed in feeds])
                break
            seen |= {feed.id for feed in fresh}
            for poll in self._polls(fresh):
                new_items += self._save(poll)
                polled += 1
                failed += poll.outcome not in DELIVERED
        return PollCounts(polled, failed, new_items)

    def _polls(self, feeds: Sequence[Feed]) -> Iterator[Poll]:
        """Fetch and parse feeds; yield each one's poll as it is done."""
        waiting = {feed.id: feed for feed in feeds}
        parsed: _Parsed = SimpleQueue()
        requests = [_request_of(feed) for feed in feeds]
        try:
            for request, started_at, content in fetch_many(
                requests, self._policy(), self.stop
            ):
                answer = _Answer(waiting[request.feed_id], started_at, content)
                if not self._parse(answer, parsed):
                    del waiting[answer.feed.id]
                    yield self._poll(answer, None)
                while not parsed.empty():
                    yield self._parsed(parsed.get(), waiting)
            while waiting and not self.stop.is_set():
                with suppress(Empty):
                    yield self._parsed(parsed.get(timeout=WATCH_S), waiting)
        finally:
            self.store.release_feeds(list(waiting))

    def _parse(self, answer: _Answer, parsed: _Parsed) -> bool:
        """Have an answer parsed if it holds something new; say whether it does."""
        content = answer.content
        if not isinstance(content, Response) or not needs_parsing(answer.feed, content):
            return False
        if self._parsers is None:
            self._parsers = ParserPool(self.settings.limits)
        parsing = self._parsers.submit(content, self.now())
        parsing.add_done_callback(lambda future: parsed.put((answer, future)))
        return True

    def _parsed(
        self, done: tuple[_Answer, Future[Document]], waiting: dict[int, Feed]
    ) -> Poll:
        answer, future = done
        del waiting[answer.feed.id]
        try:
            return self._poll(answer, future.result())
        except ParseError as error:
            return self._poll(answer, error)

    def _poll(self, answer: _Answer, document: Document | ParseError | None) -> Poll:
        return poll_of(
            answer.feed,
            answer.started_at,
            self.now(),
            answer.content,
            document,
            self._intervals_of(answer.feed),
        )

    def _intervals_of(self, feed: Feed) -> Intervals:
        """Strangers' servers have a floor; an operator's own are his to load."""
        parts = urlsplit(feed.url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if not is_public(host) and self._allowed.allows(host, host, port):
            return replace(self._intervals, floor=OWN_FLOOR)
        return self._intervals

    def _save(self, poll: Poll) -> int:
        new_count = self.store.save_poll(poll)
        level = logging.WARNING if poll.error else logging.INFO
        took = poll.finished_at - poll.started_at
        log.log(
            level,
            "poll feed=%d outcome=%s status=%s bytes=%d entries=%d new=%d seconds=%d error=%r",
            poll.feed_id,
            poll.outcome.value,
            poll.status,
            poll.byte_count,
            len(poll.entries),
            new_count,
            took.total_seconds(),
            poll.error,
        )
        return new_count

    def _policy(self) -> FetchPolicy:
        settings = self.settings
        contact = settings.user_agent_contact
        return FetchPolicy(
            user_agent=f"topic-aggregator/{aggregator.__version__}"
            + (f" (+{contact})" if contact else ""),
            allow_private=settings.allow_private,
            concurrency=settings.concurrency,
            per_host_concurrency=settings.per_host_concurrency,
            per_host_spacing=settings.per_host_spacing,
            limits=settings.limits,
        )


def _request_of(feed: Feed) -> FetchRequest:
    return FetchRequest(
        feed_id=feed.id,
        url=feed.url,
        etag=feed.etag,
        last_modified=feed.last_modified,
        headers=feed.headers,
        validators_url=feed.validators_url,
    )
