"""Fetching: over real sockets, politely, within bounds, and to allowed places only."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import FetchError
from aggregator.fetch import FetchPolicy, FetchRequest, fetch_many
from aggregator.fetch.addresses import is_public, parse_allowed
from aggregator.fetch.turns import Turns
from aggregator.limits import Limits
from aggregator.models import Response
from tests.hostile import Asked, HostileServer, Play, reply

FAST = Limits(
    lookup=timedelta(seconds=2),
    connect=timedelta(seconds=1),
    silence=timedelta(seconds=0.5),
    total=timedelta(seconds=1),
    wire_bytes=200_000,
    decoded_bytes=400_000,
)


def policy(server: HostileServer, **changes: object) -> FetchPolicy:
    settings: dict[str, object] = {
        "user_agent": "tester/1 (+https://e.example)",
        "allow_private": (f"127.0.0.1:{server.port}",),
        "per_host_spacing": timedelta(0),
        "limits": FAST,
    }
    return FetchPolicy(**(settings | changes))  # type: ignore[arg-type]


def fetch(
    server: HostileServer, *requests: FetchRequest, **changes: object
) -> dict[int, Response | FetchError]:
    results = fetch_many(requests, policy(server, **changes))
    return {request.feed_id: answer for request, _, answer in results}


def one(play: Play, path: str = "/f") -> Response | FetchError:
    with HostileServer({path: play}) as server:
        return fetch(server, FetchRequest(1, server.base + path))[1]


def test_an_answer_comes_whole_and_with_its_start() -> None:
    with HostileServer({"/f": lambda _: reply("<rss/>", ETag='"x"')}) as server:
        before = datetime.now(UTC).replace(microsecond=0)
        (result,) = fetch_many([FetchRequest(7, f"{server.base}/f")], policy(server))
    request, started_at, answer = result
    assert request.feed_id == 7
    assert started_at.microsecond == 0 and before <= started_at <= datetime.now(UTC)
    assert isinstance(answer, Response)
    assert (answer.status, answer.body, answer.url) == (
        200,
        b"<rss/>",
        f"{server.base}/f",
    )
    assert answer.headers["etag"] == '"x"'
    assert answer.permanent_url == ""


def test_lines_that_make_one_list_are_put_together() -> None:
    said = (
        b"HTTP/1.1 200 OK\r\nLink: <a>; rel=hub\r\nETag: 1\r\nlink: <b>; rel=self\r\n"
    )
    answer = one(lambda _: said + b"ETag: 2\r\nContent-Length: 1\r\n\r\nx")
    assert isinstance(answer, Response)
    assert answer.headers["link"] == "<a>; rel=hub, <b>; rel=self"
    assert answer.headers["etag"] == "1"


def test_a_request_with_a_body_is_a_post_by_the_same_rules() -> None:
    with HostileServer({"/hub": lambda _: reply("", "202 Accepted")}) as server:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        post = FetchRequest(1, f"{server.base}/hub", headers=form, body=b"a=1")
        answer = fetch(server, post)[1]
        refused = fetch(server, post, allow_private=())[1]
    assert isinstance(answer, Response)
    assert answer.status == 202
    (asked,) = server.asked
    assert asked.raw.startswith(b"POST /hub HTTP/1.1\r\n")
    assert (asked.headers["content-length"], asked.headers["content-type"]) == (
        "3",
        "application/x-www-form-urlencoded",
    )
    assert asked.headers["user-agent"] == "tester/1 (+https://e.example)"
    assert isinstance(refused, FetchError)
    assert refused.kind == "private_address"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other"])
def test_a_post_is_never_sent_on_as_something_else(status: str) -> None:
    plays: dict[str, Play] = {"/hub": lambda _: reply("", status, Location="/other")}
    with HostileServer(plays) as server:
        answer = fetch(server, FetchRequest(1, f"{server.base}/hub", body=b"a=1"))[1]
    assert isinstance(answer, FetchError)
    assert answer.kind == "redirect"
    assert len(server.asked) == 1


def test_requests_say_who_asks_and_nothing_that_nobody_needs() -> None:
    with HostileServer({"/f": lambda _: reply("x", Set_Cookie="a=b")}) as server:
        for _ in range(2):
            fetch(server, FetchRequest(1, f"{server.base}/f", headers={"X-Key": "k"}))
    for asked in server.asked:
        assert set(asked.headers) == {
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
            "x-key",
        }
        assert asked.headers["user-agent"] == "tester/1 (+https://e.example)"
        assert asked.headers["accept-encoding"] == "gzip"


def test_validators_go_back_byte_for_byte() -> None:
    etag, modified = 'W/"a, b;  c"', "Wed, 1 Jul 26 12:00 +0200"
    with HostileServer({"/f": lambda _: reply(b"", "304 Not Modified")}) as server:
        answer = fetch(server, FetchRequest(1, f"{server.base}/f", etag, modified))[1]
    assert isinstance(answer, Response) and answer.status == 304
    raw = server.asked[0].raw
    assert f"If-None-Match: {etag}\r\n".encode() in raw
    assert f"If-Modified-Since: {modified}\r\n".encode() in raw


def redirect(status: str, to: str) -> Play:
    return lambda _: reply(b"", status, Location=to)


def test_validators_go_to_the_address_they_came_from_and_no_other() -> None:
    plays: dict[str, Play] = {
        "/a": redirect("302 Found", "/b"),
        "/b": lambda _: reply("<rss/>"),
    }
    with HostileServer(plays) as server:
        a, b = f"{server.base}/a", f"{server.base}/b"
        fetch(server, FetchRequest(1, a, "1"))
        fetch(server, FetchRequest(1, a, "2", validators_url=b))
        fetch(server, FetchRequest(1, a, "3", validators_url="http://else.example/"))
    sent = [(asked.path, asked.headers.get("if-none-match")) for asked in server.asked]
    assert sent == [
        ("/a", "1"),
        ("/b", None),
        ("/a", None),
        ("/b", "2"),
        ("/a", None),
        ("/b", None),
    ]


@pytest.mark.parametrize(
    ("first", "second", "permanent"),
    [
        ("301 Moved Permanently", "308 Permanent Redirect", True),
        ("301 Moved Permanently", "302 Found", False),
        ("307 Temporary Redirect", "303 See Other", False),
    ],
)
def test_only_permanent_redirects_make_a_permanent_address(
    first: str, second: str, permanent: bool
) -> None:
    plays: dict[str, Play] = {
        "/a": redirect(first, "b"),
        "/b": redirect(second, "/c"),
        "/c": lambda _: reply("<rss/>"),
    }
    with HostileServer(plays) as server:
        answer = fetch(server, FetchRequest(1, f"{server.base}/a"))[1]
    assert isinstance(answer, Response)
    assert answer.url == f"{server.base}/c"
    assert answer.permanent_url == (f"{server.base}/c" if permanent else "")


def test_passwords_go_to_their_own_host_and_appear_nowhere() -> None:
    plays: dict[str, Play] = {
        "/f": lambda _: reply("x"),
        "/r": redirect("302 Found", "/f"),
    }
    with HostileServer(plays) as server:
        base = server.base.replace("://", "://me:s3cret@")
        answers = fetch(
            server, FetchRequest(1, f"{base}/f"), FetchRequest(2, f"{base}/r")
        )
    assert all(asked.headers["authorization"] for asked in server.asked)
    assert "s3cret" not in repr(answers)


@pytest.mark.parametrize("packed", [True, False])
def test_gzip_is_unpacked_whether_it_is_announced_or_not(packed: bool) -> None:
    data = zlib.compress(b"<rss/>" * 100, wbits=31)
    encoding = "gzip" if packed else ""
    answer = one(lambda _: reply(data, Content_Encoding=encoding))
    assert isinstance(answer, Response)
    assert answer.body == b"<rss/>" * 100


def test_every_host_is_asked_by_few_at_once_and_with_pauses() -> None:
    running = peak = 0
    lock = threading.Lock()

    def play(_: Asked) -> Iterator[bytes | float]:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        yield 0.02
        with lock:
            running -= 1
        yield reply("x")

    with HostileServer({"/f": play}) as server:
        requests = [FetchRequest(n, f"{server.base}/f") for n in range(8)]
        began = time.monotonic()
        answers = fetch(
            server,
            *requests,
            per_host_concurrency=2,
            per_host_spacing=timedelta(seconds=0.03),
        )
        took = time.monotonic() - began
    assert len(answers) == 8
    assert peak <= 2
    assert took >= 7 * 0.03


def test_a_slow_consumer_slows_the_fetching() -> None:
    with HostileServer({"/f": lambda _: reply("x")}) as server:
        requests = [FetchRequest(n, f"{server.base}/f") for n in range(40)]
        results = fetch_many(
            requests, policy(server, concurrency=2, per_host_concurrency=2)
        )
        next(results)
        threading.Event().wait(0.05)
        threading.Event().wait(0.05)
        asked_count = len(server.asked)
        rest = list(results)
    assert asked_count < 12
    assert len(rest) == 39


def test_a_run_ends_soon_after_it_is_told_to() -> None:
    with HostileServer({"/f": lambda _: [30.0]}) as server:
        stop = threading.Event()
        requests = [FetchRequest(n, f"{server.base}/f") for n in range(20)]
        slow = Limits(total=timedelta(seconds=30))
        threading.Timer(0.05, stop.set).start()
        began = time.monotonic()
        assert list(fetch_many(requests, policy(server, limits=slow), stop)) == []
        assert time.monotonic() - began < 1


def test_a_consumer_may_leave_early() -> None:
    with HostileServer({"/f": lambda _: reply("x")}) as server:
        requests = [FetchRequest(n, f"{server.base}/f") for n in range(40)]
        results = fetch_many(requests, policy(server))
        next(results)
        results.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name == "fetch"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "168.63.129.16",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "nonsense",
    ],
)
def test_addresses_outside_of_the_public_internet_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


def test_exceptions_are_exact() -> None:
    allowed = parse_allowed(
        ["127.0.0.1:8080", "NAS.local:80", "10.1.0.0/16", "fd00::/8"]
    )
    assert allowed.allows("127.0.0.1", "127.0.0.1", 8080)
    assert not allowed.allows("127.0.0.1", "127.0.0.1", 8081)
    assert allowed.allows("192.168.1.5", "nas.local", 80)
    assert not allowed.allows("192.168.1.5", "evil.example", 80)
    assert allowed.allows("10.1.2.3", "any.example", 99)
    assert allowed.allows("::ffff:10.1.2.3", "any.example", 99)
    assert not allowed.allows("10.2.2.3", "any.example", 99)
    for wrong in ("localhost", "10.1.0.1/16", "x:0", "x:99999", "*", ""):
        with pytest.raises(ValueError, match="is n"):
            parse_allowed([wrong])


def order(turns: Turns[str], times: Sequence[float]) -> list[str | None]:
    return [taken[1] if (taken := turns.take(now)) else None for now in times]


def test_hosts_take_turns() -> None:
    turns = Turns([("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1")], 2, 1.0)
    assert order(turns, [0, 0, 0]) == ["a1", "b1", None]
    assert turns.delay(0.25) == 0.75
    assert order(turns, [1, 2]) == ["a2", None]
    assert turns.delay(2) is None
    turns.finish("a")
    assert order(turns, [2]) == ["a3"]
    assert not turns
