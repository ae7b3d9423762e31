"""What a poll's answer means, and when the feed is due next; pure."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from aggregator.errors import FetchError, ParseError
from aggregator.models import Document, Feed, Outcome, Poll, Response
from aggregator.polling.caching import fresh_for, retry_after, sendable
from aggregator.polling.pace import usual_gap, with_hours
from aggregator.text import clean_text, without_password

_CONTENT = frozenset({200, 203, 226})
_TOLD_TO_WAIT = frozenset({429, 503})
# What often passes by itself: the first such failure does not lengthen the gap.
_PASSING = frozenset({"dns", "connect", "timeout", "broken"})
_ERROR_CHARS = 300
ADAPTED = timedelta(minutes=5)
"""The shortest interval that a feed's own pace may lengthen: who sets a shorter one
means it, and can set it only for servers of his own."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often feeds are polled, and how far servers and failures may move that."""

    usual: timedelta = timedelta(minutes=60)
    """The shortest gap of a feed for which the operator sets none of its own."""
    quiet: timedelta = timedelta(hours=12)
    """The longest gap that a feed's own pace leads to."""
    pushed: timedelta = timedelta(hours=24)
    """The gap while a hub pushes what is new."""
    floor: timedelta = timedelta(minutes=5)
    jitter: float = 0.1
    """How far a gap may be off, as a part of it, so that feeds do not line up."""
    backoff_cap: timedelta = timedelta(hours=24)
    fresh_cap: timedelta = timedelta(hours=24)
    """The longest that max-age and Expires can put a poll off."""
    retry_after_cap: timedelta = timedelta(days=31)
    validator_chars: int = 4_000
    """The longest validator that is kept."""


def body_hash(body: bytes) -> str:
    """Return what stands for a body: the same bytes need no second parse."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def needs_parsing(feed: Feed, response: Response) -> bool:
    """Say whether an answer holds a document that the feed has not stored yet."""
    return response.status in _CONTENT and body_hash(response.body) != feed.body_hash


def poll_of(
    feed: Feed,
    started_at: datetime,
    finished_at: datetime,
    answer: Response | FetchError,
    document: Document | ParseError | None,
    intervals: Intervals,
    *,
    offline: bool = False,
) -> Poll:
    """Return the poll that an answer makes, with everything it changes of its feed.

    `document` is what parsing gave, or None where `needs_parsing` says no. While we are
    `offline`, a failure is no more than the last one was.
    """
    poll = Poll(
        feed_id=feed.id,
        started_at=started_at,
        finished_at=finished_at,
        outcome=Outcome.ERROR,
        next_poll_at=None,
        etag=feed.etag,
        last_modified=feed.last_modified,
        validators_url=feed.validators_url,
        body_hash=feed.body_hash,
        permanent_url=feed.permanent_url,
        item_hours=feed.item_hours,
        title=feed.title,
        site_url=feed.site_url,
        warning=feed.last_warning,
        status=None if isinstance(answer, FetchError) else answer.status,
        byte_count=0 if isinstance(answer, FetchError) else len(answer.body),
    )
    if isinstance(answer, FetchError):
        if offline and answer.kind in _PASSING:
            feed = replace(feed, failure_count=max(feed.failure_count - 1, 0))
        return _failed(poll, feed, intervals, answer.kind, str(answer))
    if isinstance(document, ParseError):
        return _failed(poll, feed, intervals, document.kind, str(document))
    if answer.status == 304:
        if not (feed.etag or feed.last_modified):
            text = "304 to an unconditional request: nothing was sent"
            return _failed(poll, feed, intervals, "http", text)
        return _succeeded(poll, feed, answer, intervals, Outcome.NOT_MODIFIED)
    if answer.status not in _CONTENT:
        return _refused(poll, feed, answer, intervals)
    if document is None:
        return _succeeded(poll, feed, answer, intervals, Outcome.NOT_MODIFIED)
    return _read(poll, feed, answer, document, intervals)


def push_of(
    feed: Feed,
    received_at: datetime,
    finished_at: datetime,
    document: Document,
    intervals: Intervals,
) -> Poll:
    """Return the poll that a push makes: items, and nothing that is a poll's to say.

    A push may hold new entries only, and comes from the hub: it says nothing about
    validators, redirects or form, and puts no poll off, which is what finds out whether
    the hub keeps anything back.
    """
    answer = Response(without_password(feed.url), 200, {}, b"")
    poll = poll_of(feed, received_at, finished_at, answer, document, intervals)
    return replace(
        poll,
        status=None,
        failure_count=feed.failure_count,
        warning=feed.last_warning,
        etag=feed.etag,
        last_modified=feed.last_modified,
        validators_url=feed.validators_url,
        body_hash=feed.body_hash,
        permanent_url=feed.permanent_url,
        next_poll_at=feed.next_poll_at,
    )


def _read(
    poll: Poll, feed: Feed, answer: Response, document: Document, intervals: Intervals
) -> Poll:
    poll = replace(
        poll,
        warning=answer.warning or document.warning,
        body_hash=body_hash(answer.body),
        title=document.title or feed.title,
        site_url=document.site_url or feed.site_url,
        entries=document.entries,
        item_hours=with_hours(
            feed.item_hours,
            [entry.published_at or poll.finished_at for entry in document.entries],
            poll.finished_at,
        ),
        skipped_count=document.skipped_count,
    )
    return _succeeded(poll, feed, answer, intervals, Outcome.OK)


def _succeeded(
    poll: Poll, feed: Feed, answer: Response, intervals: Intervals, outcome: Outcome
) -> Poll:
    etag = sendable(answer.headers.get("etag", ""), intervals.validator_chars)
    last_modified = sendable(
        answer.headers.get("last-modified", ""), intervals.validator_chars
    )
    if answer.status == 304:  # it may bring newer ones and need not repeat them
        etag = etag or feed.etag
        last_modified = last_modified or feed.last_modified
    asked = answer.url == without_password(feed.url)
    return replace(
        poll,
        outcome=outcome,
        failure_count=0,
        etag=etag,
        last_modified=last_modified,
        validators_url=(feed.url if asked else answer.url)
        if etag or last_modified
        else "",
        permanent_url=answer.permanent_url,
        next_poll_at=_due(poll, feed, answer, intervals),
    )


def _due(poll: Poll, feed: Feed, answer: Response, intervals: Intervals) -> datetime:
    """Return when a feed that is well is due: its interval, or when the answer ages."""
    gap = _gap(feed, intervals)
    if feed.every is None and gap >= ADAPTED:
        gap = usual_gap(poll.item_hours, poll.finished_at, gap, intervals.quiet)
    if feed.every is None and feed.pushed_until:
        gap = max(gap, min(feed.pushed_until - poll.finished_at, intervals.pushed))
    gap *= 1 + intervals.jitter * (2 * _chance(poll) - 1)
    fresh = fresh_for(answer.headers, poll.finished_at)
    return _at(poll, max(gap, intervals.floor, min(fresh, intervals.fresh_cap)))


def _failed(poll: Poll, feed: Feed, intervals: Intervals, kind: str, text: str) -> Poll:
    """Return a poll that ended badly: the gap doubles, and nothing is forgotten."""
    count = feed.failure_count + 1
    return replace(
        poll,
        failure_count=count,
        error_kind=kind,
        error=clean_text(text, _ERROR_CHARS),
        next_poll_at=_at(poll, _backoff(poll, feed, intervals, kind, count)),
    )


def _refused(poll: Poll, feed: Feed, answer: Response, intervals: Intervals) -> Poll:
    """Return the poll of an answer whose status says that there is no document."""
    text = _status_text(answer.status)
    if answer.status == 410:
        text += ": the feed is gone and is not polled any more until someone resumes it"
        poll = _failed(poll, feed, intervals, "gone", text)
        return replace(poll, outcome=Outcome.GONE, next_poll_at=None)
    if answer.status not in _TOLD_TO_WAIT:
        return _failed(poll, feed, intervals, "http", text)
    poll = _failed(poll, feed, intervals, "rate_limited", text)
    wait = retry_after(answer.headers, poll.finished_at)
    if wait is None:
        wait = _backoff(poll, feed, intervals, "rate_limited", poll.failure_count)
    wait = max(min(wait, intervals.retry_after_cap), _gap(feed, intervals))
    until = _at(poll, wait)
    text = f"rate limited until {until:%Y-%m-%d %H:%M:%S} UTC ({text})"
    return replace(poll, outcome=Outcome.BACKOFF, error=text, next_poll_at=until)


def _gap(feed: Feed, intervals: Intervals) -> timedelta:
    return max(feed.every or intervals.usual, intervals.floor)


def _backoff(
    poll: Poll, feed: Feed, intervals: Intervals, kind: str, count: int
) -> timedelta:
    gap = _gap(feed, intervals)
    doublings = min(count - 1 if kind in _PASSING else count, 20)
    longer: timedelta = min(gap * int(2**doublings), max(intervals.backoff_cap, gap))
    return longer * (1 + intervals.jitter * _chance(poll))


def _chance(poll: Poll) -> float:
    """Return a number from 0 to 1 that is the same whenever the poll is the same."""
    seed = f"{poll.feed_id} {poll.finished_at.isoformat()}".encode()
    digest = hashlib.blake2b(seed, digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0xFFFFFFFF


def _at(poll: Poll, gap: timedelta) -> datetime:
    """Return the end of a gap in whole seconds, rounded up."""
    seconds = math.ceil(gap.total_seconds())
    return poll.finished_at.astimezone(UTC) + timedelta(seconds=seconds)


def _status_text(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
