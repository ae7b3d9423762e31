"""WebSub from end to end: a feed, a hub, the site and the pipeline, over real sockets."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from waitress.server import create_server

from aggregator.cli import main
from aggregator.config import Settings
from aggregator.models import Feed, FeedConfig, FeedState, Subscription
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from tests.feedhouse import FeedHouse, feed_house, rss
from tests.hubhouse import CHALLENGE, Hub, hub_house
from tests.test_daemon import Daemon
from web import create_app

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = ("Bridge closed after a crack is found", "Inspectors closed it.", NOW - HOUR)


@dataclass
class World:
    """Everything that takes part, and a clock that only the test moves."""

    store: Store
    settings: Settings
    house: FeedHouse
    hub: Hub
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(self.store, self.settings, now=lambda: self.now)
        self.app = self.site()

    def site(self) -> Flask:
        app = create_app(self.settings, self.store, self.store)
        app.config["NOW"] = lambda: self.now
        return app

    def use(self, **changes: Any) -> None:
        """Take other settings, as after an edit of feeds.yaml."""
        self.settings = replace(self.settings, **changes)
        self.pipeline.use(self.settings)
        self.app = self.site()

    def later(self, by: timedelta) -> int:
        """Move the clock and run a cycle; return how many feeds were polled."""
        self.now += by
        return self.pipeline.cycle().polls.polled

    def serve(self, *items: Any, etag: str = "") -> None:
        link = f'<{self.hub.url}>; rel="hub"'
        self.house.serve("a", rss(FIRST, *items), Link=link, ETag=etag)

    @property
    def feed(self) -> Feed:
        return self.store.feed(1)

    @property
    def subscription(self) -> Subscription:
        found = self.store.subscription(1)
        assert found is not None
        return found

    @property
    def gap(self) -> timedelta:
        assert self.feed.next_poll_at is not None
        return self.feed.next_poll_at - self.now

    def titles(self) -> list[str]:
        return [item.title for item in self.store.feed_items(1)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(tmp_path / "test.db")
    worlds: list[World] = []

    def site(environ: Any, start_response: Any) -> Any:
        return worlds[0].app(environ, start_response)

    server = create_server(site, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with feed_house() as house, hub_house() as hub:
        settings = Settings(
            public_url=f"http://127.0.0.1:{server.effective_port}",
            allow_private=(f"127.0.0.1:{house.port}", f"127.0.0.1:{hub.port}"),
            per_host_spacing=timedelta(0),
            feeds=(FeedConfig(house.url("a"), "A"),),
        )
        world = World(store, settings, house, hub)
        worlds.append(world)
        world.serve()
        yield world
        world.pipeline.close()
    server.close()
    thread.join()
    store.close()


def story(number: int, at: datetime = NOW) -> tuple[str, str, datetime]:
    return (f"Event number {number}", f"Something happened for the {number}th time", at)


def subscribed(world: World) -> World:
    """Poll, subscribe, be verified, and get a first push."""
    world.later(timedelta(0))
    assert world.hub.push(rss(story(0))) == 202
    world.later(timedelta(seconds=1))
    assert world.feed.pushed_until == NOW + 10 * DAY
    return world


def test_a_feed_with_a_hub_is_subscribed_to_and_pushes_become_items(
    world: World,
) -> None:
    world.later(timedelta(0))
    (form,) = world.hub.asked
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == world.house.url("a")
    assert form["hub.callback"].startswith(f"{world.settings.public_url}/websub/")
    assert len(form["hub.callback"].rpartition("/")[2]) >= 32
    assert len(form["hub.secret"]) >= 32
    assert world.hub.echoes == [(200, CHALLENGE)]
    for number, method in enumerate(("sha1", "sha256", "sha384", "sha512")):
        assert world.hub.push(rss(story(number)), method=method) == 202
    assert world.later(timedelta(seconds=5)) == 0
    assert sorted(world.titles()) == sorted(
        [FIRST[0], *(story(number)[0] for number in range(4))]
    )
    assert world.store.status().waiting_count == 0
    assert len(world.house.requests("a")) == 1
    assert len(world.hub.asked) == 1


def test_the_same_entry_pushed_and_polled_is_one_item(world: World) -> None:
    subscribed(world)
    world.hub.push(rss(story(1)))
    world.hub.push(rss(story(1)))
    world.serve(story(0), story(1))
    world.later(2 * HOUR)
    assert len(world.titles()) == 3


def test_a_push_leaves_validators_and_due_times_of_polls_alone(world: World) -> None:
    world.serve(etag='"one"')
    world.later(timedelta(0))
    before = world.feed
    world.hub.push(rss(story(1)))
    world.later(timedelta(seconds=1))
    after = world.feed
    assert (after.etag, after.body_hash) == ('"one"', before.body_hash)
    assert after.item_count == 2


def test_what_is_forged_is_not_stored_and_not_counted(world: World) -> None:
    world.later(timedelta(0))
    assert world.hub.push(rss(story(1)), key="guess") == 202
    world.later(timedelta(seconds=1))
    assert world.titles() == [FIRST[0]]
    assert world.subscription.last_push_at is None


def test_a_push_that_is_no_feed_costs_itself_only(world: World) -> None:
    world.later(timedelta(0))
    assert world.hub.push(b"<html><body>Sign in") == 202
    assert world.hub.push(b"<!DOCTYPE x [<!ENTITY a 'b'>]><rss/>") == 202
    assert world.hub.push(rss(story(1))) == 202
    world.later(timedelta(seconds=1))
    assert len(world.titles()) == 2
    assert world.feed.state is FeedState.OK
    assert world.store.waiting_pushes() == ()


def test_a_feed_is_polled_once_a_day_while_its_hub_pushes(world: World) -> None:
    world.later(timedelta(0))
    assert world.gap <= 1.1 * HOUR  # no push came yet: nothing is relied on
    world.hub.push(rss(story(0)))
    world.serve(story(0))
    world.later(1.2 * HOUR)
    assert 0.8 * DAY <= world.gap <= 1.1 * DAY


def test_a_lease_is_renewed_before_it_ends(world: World) -> None:
    subscribed(world)
    world.serve(story(0))
    for _ in range(8):
        world.later(DAY)
    assert len(world.hub.asked) == 2
    assert world.hub.asked[0] == world.hub.asked[1]
    assert world.hub.echoes[1] == (200, CHALLENGE)
    assert world.subscription.expires_at == world.now + 10 * DAY


def test_when_a_lease_ends_the_feed_is_polled_as_before(world: World) -> None:
    subscribed(world)
    world.serve(story(0))
    world.hub.mode, world.hub.answer = "", 500
    for _ in range(9):
        world.later(DAY)
    assert world.subscription.last_error == "the hub answered HTTP 500"
    assert world.gap <= DAY
    world.later(1.1 * DAY)  # the lease is over, and this poll knows it
    assert world.gap <= 13 * HOUR  # a quiet feed's own pace, and no longer
    assert 3 <= len(world.hub.asked) <= 6


def test_a_hub_that_keeps_things_back_is_not_relied_on(world: World) -> None:
    subscribed(world)
    world.serve(story(0))
    world.later(1.2 * HOUR)
    for number in (1, 2):
        world.serve(*(story(n) for n in range(number + 1)))
        world.later(1.1 * DAY)
        assert world.gap <= HOUR
    assert world.feed.pushed_until is None
    world.hub.push(rss(story(9)))
    world.later(timedelta(seconds=1))
    assert world.feed.pushed_until is not None


def test_a_hub_may_verify_later(world: World) -> None:
    world.hub.mode = ""
    world.later(timedelta(0))
    assert world.subscription.is_pending
    world.hub.mode = "subscribe"
    assert world.hub.tell() == (200, CHALLENGE)
    assert world.subscription.expires_at == NOW + 10 * DAY


def test_a_hub_that_never_verifies_is_asked_again_less_and_less(world: World) -> None:
    world.hub.mode = ""
    for _ in range(24):
        world.later(HOUR)
    assert 3 <= len(world.hub.asked) <= 6


def test_a_hub_that_hangs_holds_up_no_poll(world: World) -> None:
    world.hub.open.clear()
    assert world.later(timedelta(0)) == 1
    assert world.later(2 * HOUR) == 1  # the first request still hangs
    assert len(world.hub.asked) == 1
    assert world.subscription.last_error == ""
    world.hub.open.set()
    while not world.hub.echoes:
        time.sleep(0.01)
    world.later(timedelta(seconds=1))
    assert world.subscription.expires_at
    assert world.subscription.last_error == ""


def test_a_refusal_is_shown_and_polling_goes_on(world: World) -> None:
    world.hub.mode = "denied"
    world.later(timedelta(0))
    assert world.subscription.last_error == "the hub refused"
    assert world.gap <= 1.1 * HOUR


@pytest.mark.parametrize(("status", "count"), [(307, 2), (308, 2), (302, 1), (301, 1)])
def test_a_hub_may_redirect_only_so_that_the_form_goes_along(
    world: World, status: int, count: int
) -> None:
    world.hub.answer, world.hub.mode = status, ""
    world.hub.more = {"Location": "/other"}
    world.later(timedelta(0))
    assert len(world.hub.asked) == count
    assert "cannot be asked: " in world.subscription.last_error


def test_a_feed_cannot_send_us_inside(world: World) -> None:
    with hub_house() as canary:
        world.house.serve("a", rss(FIRST), Link=f'<{canary.url}>; rel="hub"')
        world.later(timedelta(0))
        assert canary.asked == []
    assert "no public address" in world.subscription.last_error


def test_a_feed_that_names_its_hub_no_more_is_polled_again(world: World) -> None:
    subscribed(world)
    world.house.serve("a", rss(FIRST, story(0)))
    world.later(1.2 * HOUR)
    assert world.feed.pushed_until is None
    assert world.gap <= 1.1 * HOUR
    assert world.hub.push(rss(story(1))) == 404


def test_a_hub_in_the_document_is_found(world: World) -> None:
    link = (
        f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{world.hub.url}"/>'
    )
    body = rss(FIRST).replace(b"<channel>", f"<channel>{link}".encode())
    world.house.serve("a", body)
    world.later(timedelta(0))
    assert len(world.hub.asked) == 1


def test_the_real_daemon_takes_pushes(tmp_path: Path, world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    world.hub.mode = "subscribe"
    daemon = Daemon(tmp_path, world.house)
    daemon.write(f"feeds: ['{world.house.url('a')}']\n")
    text = daemon.config.read_text().replace("poll_interval: 1s", "poll_interval: 60m")
    allow = f"'127.0.0.1:{world.house.port}', '127.0.0.1:{world.hub.port}'"
    text = re.sub(r"allow_private: .*", f"allow_private: [{allow}]", text)
    public = f"  public_url: http://127.0.0.1:{port}\nfeeds:"
    daemon.config.write_text(text.replace("feeds:", public, 1))
    daemon.start("--port", str(port))
    try:
        daemon.until(lambda: world.hub.echoes == [(200, CHALLENGE)])
        assert world.hub.push(rss(story(1))) == 202
        daemon.until(lambda: daemon.count("items") == 2)
        assert len(world.house.requests("a")) == 1
    finally:
        daemon.stop()


def test_a_poll_from_cron_asks_no_hub_for_no_site_runs(
    world: World, tmp_path: Path
) -> None:
    config = tmp_path / "feeds.yaml"
    allow = f"['127.0.0.1:{world.house.port}', '127.0.0.1:{world.hub.port}']"
    config.write_text(
        f"settings:\n  public_url: {world.settings.public_url}\n"
        f"  allow_private: {allow}\nfeeds: ['{world.house.url('a')}']\n"
    )
    command = ["poll", "--config", str(config), "--data", str(tmp_path / "cron")]
    done = CliRunner().invoke(main, command)
    assert "polled 1 feeds, 0 failed, 1 new items" in done.output
    assert world.hub.asked == []


def test_without_a_public_address_no_hub_is_asked(world: World) -> None:
    world.use(public_url="")
    world.later(timedelta(0))
    assert world.hub.asked == []
    assert world.store.subscription(1) is None


def test_when_the_public_address_goes_hubs_are_relied_on_no_more(world: World) -> None:
    subscribed(world)
    world.use(public_url="")
    world.later(timedelta(0))
    assert world.feed.pushed_until is None
    assert world.gap <= HOUR


def test_when_the_public_address_changes_hubs_are_asked_anew(world: World) -> None:
    subscribed(world)
    other = world.settings.public_url.replace("127.0.0.1", "localhost")
    world.use(public_url=other)
    world.later(timedelta(seconds=1))
    first, second = world.hub.asked
    assert second["hub.callback"].startswith(f"{other}/websub/")
    assert first["hub.secret"] != second["hub.secret"]
    assert world.hub.echoes[-1] == (200, CHALLENGE)
