"""Feeds that are due -> stored items: claim, fetch, parse, save."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from aggregator.config import Settings
from aggregator.errors import FetchError, ParseError, StoreError
from aggregator.fetch import FetchRequest, fetch_many
from aggregator.fetch.addresses import is_public, parse_allowed
from aggregator.fetch.hops import host_of
from aggregator.fetch.manners import policy_of
from aggregator.models import Document, Feed, Outcome, Poll, Response
from aggregator.parse.pool import ParserPool
from aggregator.polling import Intervals, needs_parsing, poll_of
from aggregator.polling.outage import Outage
from aggregator.push.hubs import Hubs
from aggregator.stopping import EitherStop
from aggregator.store import Store

log = logging.getLogger(__name__)

CLAIM = 500
OWN_FLOOR = timedelta(seconds=1)
"""How often a feed under `allow_private` may be polled at most."""
DELIVERED = (Outcome.OK, Outcome.NOT_MODIFIED)

WATCH_S = 0.2
"""How often a pass that waits looks whether it shall stop."""
GATHER_S = 0.25
"""How long a poll may wait for others to be saved with: a transaction costs 0.5 ms."""
GATHER_POLLS, GATHER_ENTRIES = 100, 1_000
AHEAD = 200
"""Answers that may wait for the parser or the store; then no more are fetched."""
ALL = 1_000_000


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


@dataclass(frozen=True, slots=True)
class _Done:
    """An answer of which all is known; `document` is None where none was needed."""

    answer: _Answer
    document: Future[Document] | None = None


_Polled = tuple[_Answer, Poll]
_Results = SimpleQueue[_Done | BaseException]
"""What is done, in the order in which it was, or why fetching ended."""


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
        self._intervals = _intervals(settings)
        self._by_origin: dict[str, Intervals] = {}
        self._hubs = Hubs(store, settings, now, stop)
        self._allowed = parse_allowed(settings.allow_private)
        self._outage = Outage(len({host_of(feed.url) for feed in settings.feeds}))

    def close(self) -> None:
        """End the parse children, and what is being asked of hubs."""
        self._hubs.close()
        self.rest()

    def rest(self) -> None:
        """End the parse children until there is something to parse again."""
        if self._parsers is not None:
            self._parsers.close()
            self._parsers = None

    def run(self, *, due_only: bool = True) -> PollCounts:
        """Poll what is due, or all that was not told to wait."""
        polled = failed = new_items = 0
        started_at = self.now()
        seen: set[int] = set()
        while not self.stop.is_set():
            feeds = self.store.claim_feeds(
                started_at, limit=CLAIM if due_only else ALL, due_only=due_only
            )
            fresh = [feed for feed in feeds if feed.id not in seen]
            self.store.release_feeds([feed.id for feed in feeds if feed.id in seen])
            if not fresh:
                break
            seen |= {feed.id for feed in fresh}
            for done in self._polls(fresh):
                new_items += self._save(done)
                polled += len(done)
                failed += sum(poll.outcome not in DELIVERED for _, poll in done)
            if not due_only:
                break
        self._hubs.ask()
        return PollCounts(polled, failed, new_items)

    def _polls(self, feeds: Sequence[Feed]) -> Iterator[list[_Polled]]:
        """Fetch and parse feeds; yield the polls that are done, some at a time."""
        waiting = {feed.id: feed for feed in feeds}
        stop = EitherStop(self.stop)
        results: _Results = SimpleQueue()
        places = threading.BoundedSemaphore(AHEAD)
        thread = threading.Thread(
            target=self._fetch,
            args=(dict(waiting), stop, places, results),
            name="answers",
            daemon=True,
        )
        thread.start()
        try:
            while waiting and not stop.is_set():
                polls: list[_Polled] = []
                for answer, document in self._gathered(results, stop, len(waiting)):
                    del waiting[answer.feed.id]
                    polls.append((answer, self._poll(answer, document)))
                    places.release()
                if polls:
                    yield polls
        finally:
            stop.set()
            thread.join()
            self.store.release_feeds(list(waiting))

    def _fetch(
        self,
        feeds: dict[int, Feed],
        stop: EitherStop,
        places: threading.BoundedSemaphore,
        results: _Results,
    ) -> None:
        """Fetch feeds and have answers parsed: what the thread of a pass does."""
        requests = [_request_of(feed) for feed in feeds.values()]
        try:
            policy = replace(policy_of(self.settings), now=self.now)
            for request, started_at, content in fetch_many(requests, policy, stop):
                while not places.acquire(timeout=WATCH_S):
                    if stop.is_set():
                        return
                answer = _Answer(feeds[request.feed_id], started_at, content)
                self._take(answer, results)
        except BaseException as error:  # noqa: BLE001 - raised again by the pass
            results.put(error)

    def _take(self, answer: _Answer, results: _Results) -> None:
        """Have an answer parsed if it holds something new."""
        content = answer.content
        if not isinstance(content, Response) or not needs_parsing(answer.feed, content):
            results.put(_Done(answer))
            return
        self.parse(content).add_done_callback(
            lambda document: results.put(_Done(answer, document))
        )

    def parse(self, response: Response) -> Future[Document]:
        """Have a response parsed in a child; waits while there is too much to do."""
        if self._parsers is None:
            self._parsers = ParserPool(self.settings.limits)
        return self._parsers.submit(response, self.now())

    def _gathered(
        self, results: _Results, stop: EitherStop, most: int
    ) -> Iterator[tuple[_Answer, Document | ParseError | None]]:
        """Yield what is done until enough, or enough time, has come together."""
        entry_count = 0
        until = time.monotonic() + GATHER_S
        for count in range(min(most, GATHER_POLLS)):
            if entry_count >= GATHER_ENTRIES or stop.is_set():
                return
            try:
                done = results.get(timeout=max(until - time.monotonic(), 0))
            except Empty:
                return
            if isinstance(done, BaseException):
                if count:
                    return results.put(done)  # what was gathered is saved first
                raise done
            document = _verdict(done.document)
            entry_count += (
                len(document.entries) if isinstance(document, Document) else 0
            )
            yield done.answer, document

    def _poll(self, answer: _Answer, document: Document | ParseError | None) -> Poll:
        feed, content, now = answer.feed, answer.content, self.now()
        kind = content.kind if isinstance(content, FetchError) else ""
        offline = self._outage.note(host_of(feed.url), kind, now)
        intervals = self.intervals_of(feed)
        return poll_of(
            *(feed, answer.started_at, now, content, document, intervals),
            offline=offline,
        )

    def intervals_of(self, feed: Feed) -> Intervals:
        """Strangers' servers have a floor; an operator's own are his to load."""
        origin = "/".join(feed.url.split("/", 3)[:3])
        if origin not in self._by_origin:
            parts = urlsplit(feed.url)
            host = parts.hostname or ""
            port = parts.port or (443 if parts.scheme == "https" else 80)
            is_own = not is_public(host) and self._allowed.allows(host, host, port)
            self._by_origin[origin] = (
                replace(self._intervals, floor=OWN_FLOOR) if is_own else self._intervals
            )
        return self._by_origin[origin]

    def _save(self, polls: Sequence[_Polled]) -> int:
        """Store polls at once, or those that can be; return how many items are new."""
        try:
            counts = self.store.save_polls([poll for _, poll in polls])
        except StoreError:
            raise
        except Exception:
            if len(polls) > 1:
                return sum(self._save([one]) for one in polls)
            feed_id = polls[0][1].feed_id
            log.exception("poll_unsaved feed=%d", feed_id)
            self.store.release_feeds([feed_id])
            return 0
        for (answer, poll), new_count in zip(polls, counts, strict=True):
            _report(poll, new_count)
            if isinstance(answer.content, Response) and poll.outcome in DELIVERED:
                self._hubs.met(answer.feed, answer.content, new_count)
        return sum(counts)


def _intervals(settings: Settings) -> Intervals:
    limits = settings.limits
    return Intervals(
        usual=settings.poll_interval,
        quiet=limits.quiet,
        floor=limits.poll_floor,
        backoff_cap=limits.backoff,
        fresh_cap=limits.fresh,
        retry_after_cap=limits.retry_after,
        validator_chars=limits.validator_chars,
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


def _report(poll: Poll, new_count: int) -> None:
    log.log(
        logging.WARNING if poll.error else logging.INFO,
        "poll feed=%d outcome=%s status=%s bytes=%d entries=%d new=%d seconds=%d error=%r",
        poll.feed_id,
        poll.outcome.value,
        poll.status,
        poll.byte_count,
        len(poll.entries),
        new_count,
        (poll.finished_at - poll.started_at).total_seconds(),
        poll.error,
    )


def _verdict(parsing: Future[Document] | None) -> Document | ParseError | None:
    try:
        return parsing.result() if parsing else None
    except ParseError as error:
        return error
