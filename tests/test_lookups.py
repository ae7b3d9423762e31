"""Names that lie, change and hang: a resolver of ours instead of the system's."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import FetchError
from aggregator.fetch import FetchPolicy, FetchRequest, fetch_many
from aggregator.fetch.lookups import LookUp
from aggregator.limits import Limits
from aggregator.models import Feed, FeedState, Outcome, Response
from aggregator.polling import Intervals, poll_of
from tests.hostile import HostileServer, Play, reply

PUBLIC = "127.0.0.2"
"""Plays a public address: an operator allows it; the canary's is never allowed."""
CANARY = "127.0.0.1"
FEED: dict[str, Play] = {"/f": lambda _: reply("<rss/>")}
LIMITS = Limits(
    lookup=timedelta(seconds=0.4),
    connect=timedelta(seconds=1),
    silence=timedelta(seconds=1),
    total=timedelta(seconds=2),
)


@contextmanager
def houses() -> Iterator[tuple[HostileServer, HostileServer]]:
    """Run a feed server and a canary: two addresses, one port."""
    with ExitStack() as stack:
        for _ in range(50):
            server = HostileServer(dict(FEED), PUBLIC).__enter__()
            try:
                # a port that is free at one address may be taken at the other
                canary = stack.enter_context(
                    HostileServer(dict(FEED), CANARY, server.port)
                )
            except OSError:
                server.__exit__(None, None, None)
                continue
            stack.push(server)
            break
        yield server, canary


def policy(look_up: LookUp, **changes: object) -> FetchPolicy:
    settings: dict[str, object] = {
        "user_agent": "tester/1",
        "allow_private": (f"{PUBLIC}/32",),
        "per_host_spacing": timedelta(0),
        "limits": LIMITS,
        "look_up": look_up,
    }
    return FetchPolicy(**(settings | changes))  # type: ignore[arg-type]


def fetch(look_up: LookUp, *urls: str) -> list[Response | FetchError]:
    requests = [FetchRequest(number, url) for number, url in enumerate(urls)]
    answers = {
        request.feed_id: answer
        for request, _, answer in fetch_many(requests, policy(look_up))
    }
    return [answers[number] for number in range(len(urls))]


def in_turn(*answers: list[str]) -> LookUp:
    turns = itertools.cycle(answers)
    return lambda _: next(turns)


def kinds(answers: list[Response | FetchError]) -> Counter[str]:
    return Counter(one.kind if isinstance(one, FetchError) else "ok" for one in answers)


def test_h401_a_name_that_is_bound_again_never_leads_inside() -> None:
    look_up = in_turn([PUBLIC], [CANARY])
    with houses() as (server, canary):
        url = f"http://rebind.test:{server.port}/f"
        answers = [fetch(look_up, url)[0] for _ in range(20)]
    assert kinds(answers) == {"ok": 10, "private_address": 10}
    assert canary.asked == []


def test_h401_a_redirect_to_the_same_name_is_no_way_around() -> None:
    look_up = in_turn([PUBLIC], [CANARY])
    with houses() as (server, canary):
        there = f"http://other.test:{server.port}/f"
        server.plays["/r"] = lambda _: reply(b"", "302 Found", Location=there)
        answers = fetch(look_up, f"http://rebind.test:{server.port}/r")
    assert kinds(answers) == {"private_address": 1}
    assert canary.asked == []


@pytest.mark.parametrize("order", [1, -1])
def test_h402_of_mixed_answers_only_the_public_ones_are_dialled(order: int) -> None:
    found = [CANARY, PUBLIC, "::1", "169.254.169.254"][::order]
    with houses() as (server, canary):
        url = f"http://mixed.test:{server.port}/f"
        answers = [fetch(lambda _: found, url)[0] for _ in range(5)]
    assert kinds(answers) == {"ok": 5}
    assert canary.asked == []


def test_h403_answers_whose_order_flips_change_nothing() -> None:
    look_up = in_turn([PUBLIC, CANARY], [CANARY, PUBLIC], [CANARY])
    with houses() as (server, canary):
        url = f"http://flip.test:{server.port}/f"
        answers = [fetch(look_up, url)[0] for _ in range(9)]
    assert kinds(answers) == {"ok": 6, "private_address": 3}
    assert canary.asked == []


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0"),
        *("169.254.169.254", "::1", "::", "fd00::1", "fe80::1", "2002:7f00:1::"),
        *("100.64.0.1", "192.168.0.1", "224.0.0.1", "::127.0.0.1", "168.63.129.16"),
    ],
)
def test_h404_names_of_private_addresses_are_refused(address: str) -> None:
    with houses() as (server, canary):
        url = f"http://private.test:{server.port}/f"
        (answer,) = fetch(lambda _: [address], url)
    assert isinstance(answer, FetchError)
    assert answer.kind == "private_address"
    assert f"private.test is {address}" in str(answer)
    assert canary.asked == server.asked == []


@contextmanager
def hanging(seconds: float = 20) -> Iterator[LookUp]:
    """Yield what never answers for slow names while the body runs."""
    over = threading.Event()

    def look_up(host: str) -> list[str]:
        if host.startswith("slow"):
            over.wait(seconds)
        return [PUBLIC]

    try:
        yield look_up
    finally:
        over.set()


@pytest.mark.parametrize("slow_count", [1, 16])
def test_h405_names_that_hang_fail_alone_and_the_others_are_on_time(
    slow_count: int,
) -> None:
    with houses() as (server, _), hanging() as look_up:
        names = [f"slow{n}.test" for n in range(slow_count)]
        names += [f"quick{n}.test" for n in range(20)]
        requests = [
            FetchRequest(number, f"http://{name}:{server.port}/f")
            for number, name in enumerate(names)
        ]
        began = time.monotonic()
        took: dict[int, float] = {}
        answers: dict[int, Response | FetchError] = {}
        for request, _, answer in fetch_many(requests, policy(look_up)):
            took[request.feed_id] = time.monotonic() - began
            answers[request.feed_id] = answer
    for number, answer in answers.items():
        if number < slow_count:
            assert isinstance(answer, FetchError) and answer.kind == "dns"
            assert "took longer than 0.4 s" in str(answer)
            assert 0.4 <= took[number] < 1.5
        else:
            assert isinstance(answer, Response)
            assert took[number] < 0.4
    assert len(answers) == len(names)


def test_h405_look_ups_under_way_are_bounded() -> None:
    limits = Limits(
        lookup=timedelta(seconds=0.1), lookup_count=4, total=timedelta(seconds=0.5)
    )
    with hanging() as look_up:
        urls = [f"http://slow{n}.test/f" for n in range(20)]
        requests = [FetchRequest(number, url) for number, url in enumerate(urls)]
        most = 0
        answers = []
        for _, _, answer in fetch_many(requests, policy(look_up, limits=limits)):
            names = [thread.name for thread in threading.enumerate()]
            most = max(most, names.count("lookup"))
            answers.append(answer)
        assert kinds(answers) == {"dns": 20}
    assert 1 <= most <= 4


def test_h405_feeds_of_one_name_share_its_look_up() -> None:
    asked: list[str] = []

    def look_up(host: str) -> list[str]:
        asked.append(host)
        return [PUBLIC]

    with houses() as (server, _):
        answers = fetch(look_up, *[f"http://one.test:{server.port}/f"] * 5)
    assert kinds(answers) == {"ok": 5}
    assert asked == ["one.test"]


def test_h406_a_name_that_failed_ten_times_recovers_by_itself() -> None:
    def failing(_: str) -> list[str]:
        raise OSError("no such name")

    now = datetime(2026, 7, 2, 12, tzinfo=UTC)
    feed = Feed(1, "http://fail.test/f", "F", "", "", FeedState.NEW)
    with houses() as (server, _):
        url = f"http://fail.test:{server.port}/f"
        for count in range(1, 11):
            (answer,) = fetch(failing, url)
            assert isinstance(answer, FetchError)
            poll = poll_of(feed, now, now, answer, None, Intervals())
            assert (poll.outcome, poll.failure_count) == (Outcome.ERROR, count)
            assert poll.next_poll_at is not None
            assert poll.next_poll_at - now <= timedelta(hours=27)
            feed = _after(feed, poll.failure_count)
        (answer,) = fetch(lambda _: [PUBLIC], url)
    assert isinstance(answer, Response)


def _after(feed: Feed, failure_count: int) -> Feed:
    return Feed(
        feed.id, feed.url, "F", "", "", FeedState.ERROR, failure_count=failure_count
    )


@pytest.mark.parametrize(
    "look_up",
    [lambda _: [], lambda _: (_ for _ in ()).throw(OSError("gone"))],
    ids=["no address", "no name"],
)
def test_a_name_without_an_address_is_a_failed_look_up(
    look_up: Callable[[str], list[str]],
) -> None:
    (answer,) = fetch(look_up, "http://none.test/f")
    assert isinstance(answer, FetchError)
    assert answer.kind == "dns"


def test_h407_of_many_addresses_four_are_tried() -> None:
    found = [f"127.0.1.{n}" for n in range(1, 41)]
    with HostileServer({}, PUBLIC) as server:
        port = server.port  # nobody listens there any more when it has ended
    fifth = HostileServer(FEED, found[4], port)
    settings = policy(lambda _: found, allow_private=("127.0.1.0/24",))
    request = FetchRequest(1, f"http://many.test:{port}/f")
    with fifth:
        ((_, _, answer),) = fetch_many([request], settings)
        assert isinstance(answer, FetchError) and answer.kind == "connect"
        with HostileServer(FEED, found[3], port):
            ((_, _, answer),) = fetch_many([request], settings)
        assert isinstance(answer, Response)
    assert fifth.asked == []
