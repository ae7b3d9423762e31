"""F020: while nobody can be reached, no feed is given up or left alone for longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings
from aggregator.models import Feed, FeedConfig, FeedState
from aggregator.pipeline import Pipeline
from aggregator.polling.outage import HOSTS, SILENCE, Outage
from aggregator.store import open_store
from tests.hostile import HostileServer, reply
from tests.hostile_case import items, rss

NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTS_OF_OURS = [f"127.0.2.{n}" for n in range(1, 7)]


def test_one_host_that_is_silent_is_its_own_fault() -> None:
    outage = Outage(100)
    assert not any(outage.note("a", "dns", NOW + n * HOUR) for n in range(10))


def test_many_hosts_silent_for_long_are_not_at_fault() -> None:
    outage = Outage(100)
    outage.note("z", "", NOW)
    said = [outage.note(f"h{n}", "connect", NOW + SILENCE) for n in range(HOSTS + 2)]
    assert said == [False] * (HOSTS - 1) + [True] * 3


def test_dead_hosts_that_lag_behind_in_a_pass_are_at_fault() -> None:
    outage = Outage(100)
    outage.note("z", "", NOW)
    late = NOW + timedelta(seconds=45)
    assert not any(outage.note(f"h{n}", "timeout", late) for n in range(20))


@pytest.mark.parametrize("kind", ["", "http", "tls", "too_large", "broken"])
def test_whoever_answers_ends_an_outage(kind: str) -> None:
    outage = Outage(3)
    assert [outage.note(host, "dns", NOW) for host in "abc"] == [False, False, True]
    assert not outage.note("a", kind, NOW)
    assert not outage.note("b", "dns", NOW + HOUR)


def test_of_few_hosts_all_must_be_silent() -> None:
    assert [Outage(1).note("a", "dns", NOW + n * HOUR) for n in range(3)] == [False] * 3
    outage = Outage(2)
    assert [outage.note(host, "dns", NOW) for host in "aab"] == [False, False, True]


@pytest.fixture
def port() -> int:
    with HostileServer({}) as server:
        return server.port  # free when this has ended


@pytest.fixture
def made(tmp_path: Path, port: int) -> Iterator[tuple[Pipeline, list[datetime]]]:
    clock = [NOW]
    settings = Settings(
        allow_private=("127.0.2.0/24",),
        per_host_spacing=timedelta(0),
        feeds=tuple(
            FeedConfig(f"http://{host}:{port}/f", host, every=HOUR)
            for host in HOSTS_OF_OURS
        ),
    )
    with closing(open_store(tmp_path / "test.db")) as store:
        pipeline = Pipeline(store, settings, now=lambda: clock[0])
        yield pipeline, clock
        pipeline.close()


def round_of(pipeline: Pipeline, clock: list[datetime]) -> tuple[Feed, ...]:
    """Go on to when the last feed is due, and poll."""
    due = [feed.next_poll_at for feed in pipeline.store.feeds() if feed.next_poll_at]
    clock[0] = max(due, default=clock[0])
    pipeline.cycle()
    return pipeline.store.feeds()


def test_f020_after_fifty_rounds_without_a_network_all_is_well_within_two_intervals(
    made: tuple[Pipeline, list[datetime]], port: int
) -> None:
    pipeline, clock = made
    for _ in range(50):
        feeds = round_of(pipeline, clock)
        assert all(feed.state == FeedState.ERROR and feed.last_error for feed in feeds)
    gone = clock[0]
    for feed in feeds:
        assert feed.next_poll_at is not None
        assert feed.next_poll_at - gone <= HOUR * 1.5
    servers = [
        HostileServer({"/f": lambda _: reply(rss(items(2)))}, host, port)
        for host in HOSTS_OF_OURS
    ]
    for server in servers:
        server.__enter__()
    try:
        feeds = round_of(pipeline, clock)
    finally:
        for server in servers:
            server.__exit__()
    assert clock[0] - gone <= 2 * HOUR
    assert all(feed.state == FeedState.OK and feed.item_count == 2 for feed in feeds)
    assert all(feed.failure_count == 0 for feed in feeds)


def test_a_host_that_is_dead_alone_is_left_alone_for_longer(
    made: tuple[Pipeline, list[datetime]], port: int
) -> None:
    pipeline, clock = made
    servers = [
        HostileServer({"/f": lambda _: reply(rss(items(2)))}, host, port)
        for host in HOSTS_OF_OURS[1:]
    ]
    for server in servers:
        server.__enter__()
    try:
        for _ in range(4):
            dead, *_ = round_of(pipeline, clock)
    finally:
        for server in servers:
            server.__exit__()
    assert dead.failure_count == 4
    assert dead.next_poll_at is not None
    assert dead.next_poll_at - clock[0] >= 8 * HOUR


def test_f019_after_a_sleep_of_ten_intervals_every_feed_is_polled_once(
    tmp_path: Path,
) -> None:
    with HostileServer({"/f": lambda _: reply(rss(items(2)))}) as server:
        clock = [NOW]
        settings = Settings(
            allow_private=(f"127.0.0.1:{server.port}",),
            feeds=(FeedConfig(f"{server.base}/f", "F", every=timedelta(minutes=1)),),
        )
        with closing(open_store(tmp_path / "test.db")) as store:
            pipeline = Pipeline(store, settings, now=lambda: clock[0])
            pipeline.cycle()
            clock[0] += timedelta(minutes=10)
            polled = [pipeline.cycle().polls.polled for _ in range(5)]
            pipeline.close()
    assert polled == [1, 0, 0, 0, 0]
    assert len(server.asked) == 2
