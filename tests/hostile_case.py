"""What a hostile case is, how cases are played, and the words they are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from aggregator.errors import ParseError
from aggregator.fetch import FetchPolicy, FetchRequest, fetch_many
from aggregator.limits import Limits, MiB
from aggregator.models import Document, Entry, Feed, FeedState, Outcome, Poll, Response
from aggregator.parse.pool import ParserPool
from aggregator.polling import Intervals, needs_parsing, poll_of
from tests.hostile import Asked, HostileServer, Play, reply

_LENGTH = re.compile(rb"(Content-Length: )(\d+)")
NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)
LIMITS = Limits(
    lookup=timedelta(seconds=2),
    connect=timedelta(seconds=1),
    silence=timedelta(seconds=0.7),
    total=timedelta(seconds=2),
    wire_bytes=4 * MiB,
    decoded_bytes=8 * MiB,
    parse_cpu=timedelta(seconds=6),
    parse_wall=timedelta(seconds=15),
)
STEADY = Intervals(jitter=0)
ROUNDS = 3


@dataclass
class Seen:
    """What became of a case in all its rounds."""

    feed: Feed
    polls: list[Poll] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    """By key: what a store would hold."""
    asked: list[Asked] = field(default_factory=list)

    @property
    def first(self) -> Poll:
        return self.polls[0]

    @property
    def last(self) -> Poll:
        return self.polls[-1]

    @property
    def titles(self) -> list[str]:
        return [entry.title for entry in self.entries.values()]

    @property
    def gap(self) -> timedelta:
        """How long the first poll puts the next one off."""
        assert self.first.next_poll_at is not None
        return self.first.next_poll_at - self.first.finished_at


Check = Callable[[Seen], None]


@dataclass(frozen=True)
class Case:
    """One feed. Plays are by path below the case's own: "" is the feed itself.

    `outcome` is the first poll's: ok, warn, error, backoff, gone, or several with |.
    `entries` is how many there are in the end, or the least and the most.
    """

    id: str
    what: str
    outcome: str
    entries: int | tuple[int, int]
    plays: Play | Mapping[str, Play]
    words: str = ""
    """What the first poll's error or warning says."""
    check: Check | None = None
    url: str = ""
    """Where not the hostile server's: {port} is its port, {canary} the canary's."""


def play_cases(cases: Sequence[Case]) -> tuple[dict[str, Seen], list[Asked]]:
    """Play all cases at once, in rounds; return what was seen and canary hits."""
    canary = HostileServer({})
    with HostileServer(_plays(cases, canary.port)) as server, canary:
        feeds = {
            number: Feed(
                number, _url(case, server, canary), case.id, "", "", FeedState.NEW
            )
            for number, case in enumerate(cases)
        }
        seen = {number: Seen(feed) for number, feed in feeds.items()}
        with ParserPool(LIMITS) as pool:
            for number in range(ROUNDS):
                _round(seen, server, pool, NOW + number * timedelta(days=1))
        for asked in server.asked:
            case_id = asked.path.strip("/").split("/")[0].split("?")[0]
            for one in seen.values():
                if one.feed.name == case_id:
                    one.asked.append(asked)
        return {one.feed.name: one for one in seen.values()}, canary.asked


def _round(
    seen: dict[int, Seen], server: HostileServer, pool: ParserPool, now: datetime
) -> None:
    policy = FetchPolicy(
        "hostile-test/1",
        allow_private=(f"127.0.0.1:{server.port}",),
        concurrency=24,
        per_host_concurrency=24,
        per_host_spacing=timedelta(0),
        limits=LIMITS,
    )
    waiting = [
        one.feed
        for one in seen.values()
        if one.feed.state not in {FeedState.GONE, FeedState.BACKOFF}
    ]
    parsing: list[tuple[Feed, Response, Future[Document]]] = []
    for request, _, answer in fetch_many([_request(feed) for feed in waiting], policy):
        feed = seen[request.feed_id].feed
        if isinstance(answer, Response) and needs_parsing(feed, answer):
            parsing.append((feed, answer, pool.submit(answer, now)))
        else:
            _note(seen[feed.id], poll_of(feed, now, now, answer, None, STEADY))
    for feed, response, future in parsing:
        document: Document | ParseError
        try:
            document = future.result()
        except ParseError as error:
            document = error
        _note(seen[feed.id], poll_of(feed, now, now, response, document, STEADY))


def _note(seen: Seen, poll: Poll) -> None:
    """Do what a store does with a poll."""
    seen.polls.append(poll)
    seen.entries |= {entry.key: entry for entry in poll.entries}
    state = FeedState.ERROR if poll.error else FeedState.OK
    if poll.outcome in {Outcome.BACKOFF, Outcome.GONE}:
        state = FeedState(poll.outcome.value)
    seen.feed = replace(
        seen.feed,
        state=state,
        etag=poll.etag,
        last_modified=poll.last_modified,
        validators_url=poll.validators_url,
        body_hash=poll.body_hash,
        permanent_url=poll.permanent_url,
        failure_count=poll.failure_count,
        last_warning=poll.warning,
        last_error=poll.error,
    )


def _request(feed: Feed) -> FetchRequest:
    return FetchRequest(
        feed.id,
        feed.url,
        feed.etag,
        feed.last_modified,
        validators_url=feed.validators_url,
    )


def _url(case: Case, server: HostileServer, canary: HostileServer) -> str:
    template = case.url or "http://127.0.0.1:{port}/" + case.id
    return template.replace("{port}", str(server.port)).replace(
        "{canary}", str(canary.port)
    )


def _plays(cases: Sequence[Case], canary_port: int) -> dict[str, Play]:
    return {
        f"/{case.id}{path}": _with_port(play, canary_port)
        for case in cases
        for path, play in (
            case.plays if isinstance(case.plays, Mapping) else {"": case.plays}
        ).items()
    }


def _with_port(play: Play, canary_port: int) -> Play:
    """Fill the canary's port in where a play sends bytes that name it."""

    def filled(asked: Asked) -> bytes | Iterator[bytes | float | object]:
        pieces = play(asked)
        if isinstance(pieces, bytes):
            port = b"%d" % canary_port
            longer = pieces.count(b"{canary}", pieces.find(b"\r\n\r\n")) * (
                len("{canary}") - len(port)
            )
            return _LENGTH.sub(
                lambda length: b"%s%d" % (length[1], int(length[2]) - longer),
                pieces.replace(b"{canary}", port),
                count=1,
            )
        return iter(pieces)

    return filled


# --- words ------------------------------------------------------------------


def item(
    title: str = "",
    *,
    guid: str = "",
    link: str = "",
    date: str = "",
    text: str = "",
    more: str = "",
) -> str:
    """Return an RSS item; texts are already escaped."""
    parts = {
        "title": title,
        "guid": guid,
        "link": link,
        "pubDate": date,
        "description": text,
    }
    inside = "".join(f"<{name}>{said}</{name}>" for name, said in parts.items() if said)
    return f"<item>{inside}{more}</item>\n"


def items(count: int, words: str = "Story") -> str:
    """Return so many items that nothing is wrong with."""
    return "".join(
        item(
            f"{words} {n}",
            guid=f"{words}-{n}",
            link=f"https://e.example/{words.lower()}/{n}",
            date=f"Wed, 01 Jul 2026 1{n % 10}:00:00 GMT",
            text=f"About {words.lower()} number {n}.",
        )
        for n in range(count)
    )


def rss(inside: str, encoding: str = "utf-8") -> str:
    """Return an RSS document."""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0"><channel>'
        f"<title>T</title><link>https://e.example/</link>\n{inside}</channel></rss>\n"
    )


def always(
    body: bytes | str,
    status: str = "200 OK",
    kind: str = "application/rss+xml",
    **headers: str,
) -> Play:
    """Return a play that gives the same answer every time."""
    answer = reply(body, status, kind, **headers)
    return lambda _: answer


def in_turn(*answers: bytes) -> Play:
    """Return a play that gives one answer after the other, the last one for ever."""
    return lambda asked: answers[min(asked.number, len(answers)) - 1]


def redirect(to: str, status: str = "302 Found") -> Play:
    """Return a play that leads elsewhere."""
    return always(b"", status, Location=to)
