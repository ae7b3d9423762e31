"""URL -> bytes: the only module that opens an outgoing socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import aiohttp

from aggregator.errors import FetchError
from aggregator.fetch.addresses import parse_allowed
from aggregator.fetch.bodies import Body
from aggregator.fetch.dialling import Connector, explain, hop_to, open_session
from aggregator.fetch.hops import checked_url, host_of, next_hop, shown
from aggregator.fetch.lookups import LookUp, Resolver, is_name, system_addresses
from aggregator.fetch.turns import Turns
from aggregator.limits import Limits
from aggregator.models import Response
from aggregator.text import without_password

log = logging.getLogger(__name__)

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml,"
    " application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_HEADERS = {"Accept": _ACCEPT, "Accept-Encoding": "gzip"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_SAME_METHOD = frozenset({307, 308})
_WITH_BODY = frozenset({200, 203, 226})
_LISTS = frozenset({"cache-control", "link"})  # several lines of these are one
_WATCH_S = 0.1  # how often a run looks whether it shall stop
_SPARE_RESULTS = 4  # answers that may wait for a slow consumer


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One request for one feed: a GET, or a POST of `body` where there is one.

    `etag` and `last_modified` are sent, byte for byte, to `validators_url` and to no
    other address; it stands for `url` where it is empty.
    """

    feed_id: int
    url: str
    etag: str = ""
    last_modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    validators_url: str = ""
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How requests are made. `allow_private` holds `host:port` and CIDR entries."""

    user_agent: str
    allow_private: tuple[str, ...] = ()
    concurrency: int = 8
    per_host_concurrency: int = 2
    per_host_spacing: timedelta = timedelta(seconds=1)
    limits: Limits = field(default_factory=Limits)
    trust_env: bool = False
    """Whether a proxy that the environment names is used."""
    look_up: LookUp = system_addresses
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


Result = tuple[FetchRequest, datetime, Response | FetchError]


def fetch_many(
    requests: Sequence[FetchRequest],
    policy: FetchPolicy,
    stop: threading.Event | None = None,
) -> Iterator[Result]:
    """Yield every request with its start and its answer, as answers come.

    A slow consumer slows the fetching. After `stop` is set, or when the iterator is
    closed, requests under way are given up and no more results come.
    """
    run = _Run(requests, policy, stop or threading.Event())
    thread = threading.Thread(target=run.run, name="fetch", daemon=True)
    thread.start()
    try:
        while (result := run.results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result
            run.taken()
    finally:
        run.closed.set()
        thread.join()


class _Run:
    """One call of `fetch_many`, seen from the thread that runs its event loop."""

    def __init__(
        self,
        requests: Sequence[FetchRequest],
        policy: FetchPolicy,
        stop: threading.Event,
    ) -> None:
        self.results: queue.SimpleQueue[Result | BaseException | None]
        self.results = queue.SimpleQueue()
        self.closed = threading.Event()
        self._requests = requests
        self._policy = policy
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places: asyncio.Semaphore | None = None
        self._taken = 0
        self._guard = threading.Lock()

    def run(self) -> None:
        """Fetch everything; the last thing that `results` gets is None."""
        try:
            asyncio.run(self._watch())
        except BaseException as error:  # noqa: BLE001 - raised again by the consumer
            self.results.put(error)
        finally:
            self.results.put(None)

    def taken(self) -> None:
        """Note that the consumer is done with one result."""
        with self._guard:
            self._taken += 1
            if self._taken > 1 or self._loop is None:
                return  # the loop knows, and has not come to it yet
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._give_places)

    def _give_places(self) -> None:
        with self._guard:
            count, self._taken = self._taken, 0
        places = self._places
        for _ in range(count if places else 0):
            places.release()  # type: ignore[union-attr]  # mypy forgets the line above

    async def _watch(self) -> None:
        self._loop = asyncio.get_running_loop()
        work = asyncio.create_task(self._fetch_all())
        while not work.done():
            if self._stop.is_set() or self.closed.is_set():
                work.cancel()
            await asyncio.wait({work}, timeout=_WATCH_S)
        if not work.cancelled():
            work.result()

    async def _fetch_all(self) -> None:
        policy = self._policy
        allowed = parse_allowed(policy.allow_private)
        resolver = Resolver(policy.look_up, allowed, policy.limits)
        turns: Turns[FetchRequest] = Turns(
            (), policy.per_host_concurrency, policy.per_host_spacing.total_seconds()
        )
        hosts: dict[str, list[FetchRequest]] = {}
        for request in self._requests:
            hosts.setdefault(host_of(request.url), []).append(request)
        looking = len(hosts)
        self._places = asyncio.Semaphore(policy.concurrency + _SPARE_RESULTS)
        free = asyncio.Semaphore(policy.concurrency)
        ended = asyncio.Event()
        clock = asyncio.get_running_loop().time

        async def line_up(host: str) -> None:
            """Look a name up before anything waits for it: one that hangs harms none."""
            nonlocal looking
            if is_name(host) and not policy.trust_env:
                await resolver.look_up(host)
            looking -= 1
            for request in hosts[host]:
                turns.add(host, request)
            ended.set()

        async def fetch_one(host: str, request: FetchRequest) -> None:
            spent = timedelta(seconds=resolver.took(host))
            started_at = (policy.now() - spent).replace(microsecond=0)
            answer = await _fetch(session, request, policy, spent)
            self.results.put((request, started_at, answer))
            free.release()
            turns.finish(host)
            ended.set()

        session = open_session(
            Connector(allowed, resolver),
            policy.limits,
            {**_HEADERS, "User-Agent": policy.user_agent},
            trust_env=policy.trust_env,
        )
        async with session, asyncio.TaskGroup() as tasks:
            for host in hosts:
                tasks.create_task(line_up(host))
            while turns or looking:
                await self._places.acquire()
                await free.acquire()
                while (turn := turns.take(clock())) is None:
                    ended.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(turns.delay(clock())):
                            await ended.wait()
                tasks.create_task(fetch_one(*turn))


async def _fetch(
    session: aiohttp.ClientSession,
    request: FetchRequest,
    policy: FetchPolicy,
    spent: timedelta,
) -> Response | FetchError:
    """Return what became of one request; only cancelling it raises.

    `spent` is what looking its name up has taken of its time already.
    """
    deadline = asyncio.timeout((policy.limits.total - spent).total_seconds())
    try:
        async with deadline:
            return await _follow(session, request, policy.limits)
    except FetchError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one request never stops another
        if isinstance(error, TimeoutError) and deadline.expired():
            seconds = policy.limits.total.total_seconds()
            return FetchError("timeout", f"took too long: not done after {seconds:g} s")
        return _explained(error, request, policy.limits)


def _explained(error: Exception, request: FetchRequest, limits: Limits) -> FetchError:
    if isinstance(error, aiohttp.ClientError | OSError | ValueError):
        try:
            return explain(error, limits)
        except Exception:
            log.exception("explain_failed url=%s", without_password(request.url))
    else:
        log.error("fetch_failed url=%s", without_password(request.url), exc_info=error)
    return FetchError("broken", f"unexpected: {type(error).__name__}")


async def _follow(
    session: aiohttp.ClientSession, request: FetchRequest, limits: Limits
) -> Response:
    """Ask for a URL and for those that it leads to; raises `FetchError` and others."""
    url = checked_url(request.url)
    first, name = url.origin(), without_password(request.url)
    validators_url = without_password(request.validators_url or request.url)
    seen = {url}
    permanent = True
    note = ""
    method = "GET" if request.body is None else "POST"
    for _ in range(limits.redirects + 1):
        headers = dict(request.headers) if url.origin() == first else {}
        if name == validators_url:
            headers |= _conditional(request)
        with hop_to(url):
            async with session.request(
                method, url, headers=headers, data=request.body, allow_redirects=False
            ) as got:
                if got.status not in _REDIRECTS:
                    answer = await _read(got, name, limits)
                    moved = permanent and len(seen) > 1
                    return replace(
                        answer, permanent_url=name if moved else "", warning=note
                    )
                location = got.headers.get("Location", "")
                got.close()  # the body of a redirect is never read
        if method == "POST" and got.status not in _SAME_METHOD:
            raise FetchError("redirect", f"redirects a POST with {got.status}")
        permanent = permanent and got.status in _PERMANENT
        before, url = url, next_hop(url, location, got.status)
        if before.scheme == "https" != url.scheme:
            note, permanent = f"not encrypted: redirects to {shown(url)}", False
        if url in seen:
            raise FetchError("redirect", f"redirects in a circle, back to {shown(url)}")
        seen.add(url)
        name = without_password(str(url))
    raise FetchError("redirect", f"redirects more than {limits.redirects} times")


async def _read(got: aiohttp.ClientResponse, name: str, limits: Limits) -> Response:
    content = b""
    if got.status in _WITH_BODY:
        body = Body(got.headers.get("Content-Encoding", ""), limits)
        body.expect(got.content_length)
        async for data in got.content.iter_any():
            body.add(data)
        content = body.finish()
    headers: dict[str, str] = {}
    for key, value in got.headers.items():
        key = key.lower()
        if key in _LISTS and key in headers:
            headers[key] += f", {value}"
        else:
            headers.setdefault(key, value)
    return Response(name, got.status, headers, content)


def _conditional(request: FetchRequest) -> dict[str, str]:
    headers: dict[str, str] = {}
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    return headers
