"""What people tell the site: who may, what is done, and what the audit log says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient

from aggregator.models import FeedState, Outcome
from aggregator.store import Store
from tests import sample
from tests.browsing import desk_over, page, save_sample, site_over, text_of
from tests.sample import NOW

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return save_sample(tmp_path)


@pytest.fixture
def desk(database: Path) -> Iterator[tuple[FlaskClient, Store]]:
    with desk_over(database, user_header="Remote-User") as given:
        yield given


def feed_in(store: Store, state: FeedState) -> int:
    return next(feed.id for feed in store.feeds() if feed.state is state)


def buttons(root: Element) -> list[str]:
    return [text_of(form) for form in root.iter("form") if form.get("method") == "post"]


def waited(client: FlaskClient, minutes: int) -> None:
    later = NOW + timedelta(minutes=minutes)
    client.application.config["NOW"] = lambda: later


@pytest.mark.parametrize(
    ("headers", "mimetype", "status"),
    [
        ({"Origin": "http://localhost"}, FORM, 303),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, FORM, 303),
        ({"Sec-Fetch-Site": "same-origin"}, FORM, 303),
        ({}, "application/json", 303),
        ({}, FORM, 403),
        ({}, "text/plain", 403),
        ({}, "multipart/form-data", 403),
        ({}, "", 403),
        ({"Origin": "null"}, FORM, 403),
        ({"Origin": "http://evil.example"}, FORM, 403),
        ({"Origin": "http://evil.example"}, "application/json", 403),
        ({"Origin": "http://localhost.evil.example"}, FORM, 403),
        ({"Origin": "http://localhost:81"}, FORM, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, FORM, 403),
        ({"Sec-Fetch-Site": "same-site"}, FORM, 403),
        ({"Sec-Fetch-Site": "none"}, FORM, 403),
    ],
)
def test_only_our_own_pages_change_anything(
    desk: tuple[FlaskClient, Store],
    headers: dict[str, str],
    mimetype: str,
    status: int,
) -> None:
    client, store = desk
    del client.environ_base["HTTP_ORIGIN"]
    waited(client, 600)
    feed = feed_in(store, FeedState.OK)
    answer = client.post(
        f"/feeds/{feed}/poll", headers=headers, data=b"", content_type=mimetype
    )
    assert answer.status_code == status
    assert len(store.audit()) == int(status == 303)


def test_a_poll_is_asked_for_once_and_the_log_says_by_whom(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    waited(client, 600)
    feed = feed_in(store, FeedState.OK)
    address = f"/feeds/{feed}"
    assert buttons(page(client, address)) == ["Poll now"]
    answer = client.post(f"{address}/poll", headers={"Remote-User": "Ana\u00a0Ruiz"})
    assert (answer.status_code, answer.location) == (303, address)
    assert buttons(page(client, address)) == []
    assert client.post(f"{address}/poll").status_code == 409
    assert store.feed(feed).next_poll_at is None
    log = page(client, "/audit/")
    assert f"Ana Ruiz asked for a poll of feed {feed}" in text_of(log)
    assert address in [a.get("href") for a in log.iter("a")]


def test_nobody_asks_a_server_that_was_just_asked_or_said_when_to_come(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    feed = feed_in(store, FeedState.OK)
    store.save_poll(sample.poll(feed, NOW, finished_at=NOW))
    assert client.post(f"/feeds/{feed}/poll").status_code == 409
    waited(client, 4)
    assert client.post(f"/feeds/{feed}/poll").status_code == 409
    waited(client, 5)
    assert client.post(f"/feeds/{feed}/poll").status_code == 303
    told = sample.poll(
        feed,
        NOW,
        outcome=Outcome.BACKOFF,
        next_poll_at=NOW + timedelta(hours=2),
    )
    store.save_poll(told)
    waited(client, 119)
    assert client.post(f"/feeds/{feed}/poll").status_code == 409
    assert client.post("/feeds/999/poll").status_code == 404


def test_a_feed_that_is_gone_is_polled_again_when_somebody_says_so(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    waited(client, 600)
    feed = feed_in(store, FeedState.GONE)
    assert buttons(page(client, f"/feeds/{feed}")) == [
        "Poll it again although it is gone"
    ]
    assert client.post(f"/feeds/{feed}/poll").status_code == 303
    assert feed in [f.id for f in store.claim_feeds(NOW, limit=50)]


def test_a_feed_that_is_switched_off_stays_off(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    waited(client, 600)
    feed = feed_in(store, FeedState.DISABLED)
    assert buttons(page(client, f"/feeds/{feed}")) == []
    assert client.post(f"/feeds/{feed}/poll").status_code == 409


def test_a_site_that_cannot_write_has_no_forms_that_would(database: Path) -> None:
    with site_over(database) as app:
        client = app.test_client()
        feeds = [f"/feeds/{n}" for n in range(1, 16)]
        app.config["NOW"] = lambda: NOW + timedelta(hours=10)
        assert [buttons(page(client, feed)) for feed in feeds] == [[]] * 15
        answer = client.post("/feeds/1/poll", headers={"Origin": "http://localhost"})
        assert answer.status_code == 405


def test_who_asks_is_text_of_one_line_and_not_endless(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    waited(client, 600)
    feed = feed_in(store, FeedState.OK)
    client.post(
        f"/feeds/{feed}/poll", headers={"Remote-User": "<script>alert(1)</script>" * 99}
    )
    assert len(store.audit()[0].who) <= 100
    assert "<script" not in client.get("/audit/").get_data(as_text=True)


def test_the_audit_log_is_paged(desk: tuple[FlaskClient, Store]) -> None:
    client, store = desk
    assert "Nothing was done yet." in text_of(page(client, "/audit/"))
    feeds = [feed.id for feed in store.feeds()]
    for n in range(120):
        store.ask_poll(feeds[n % len(feeds)], f"reader-{n:03}", NOW)
    seen: list[str] = []
    link: str | None = "/audit/"
    while link:
        root = page(client, link)
        seen += [strong.text or "" for strong in root.iter("strong")]
        links = [a for a in root.iter("a") if text_of(a) == "Older"]
        link = links[0].get("href") if links else None
    assert seen == [f"reader-{n:03}" for n in reversed(range(120))]
    for bad in ("x", "-1", "9" * 30, "\u0663"):
        assert client.get("/audit/", query_string={"before": bad}).status_code == 400
