"""WebSub: what is offered, who is believed, and that nothing is lost without it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Settings
from aggregator.limits import Limits
from aggregator.models import FeedConfig, Outcome, Poll, Subscription, SubscriptionState
from aggregator.push.websub import (
    LEASE,
    Offer,
    is_signed,
    lease_of,
    offer_of,
    renewal_at,
    retry_gap,
)
from aggregator.store import Store, open_store
from aggregator.store.sqlite_subscriptions import MOST_WAITING
from tests.browsing import page, text_of
from tests.hubhouse import CHALLENGE
from web import create_app

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
URL, HUB = "https://e.example/feed", "https://hub.example/"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

# --- what is offered


@pytest.mark.parametrize(
    ("link", "body", "offer"),
    [
        (f'<{HUB}>; rel="hub", <{URL}/self>; rel="self"', b"", Offer(HUB, f"{URL}/self")),
        (f"<{HUB}>;rel=hub", b"", Offer(HUB, URL)),
        (f'<{HUB}>; title="a, <b>"; rel="next hub"', b"", Offer(HUB, URL)),
        ("</hub>; rel=hub", b"", Offer("https://e.example/hub", URL)),
        (f"<{HUB}>; rel=alternate", b"", None),
        (f"{HUB}; rel=hub", b"", None),
        ("<javascript:alert(1)>; rel=hub", b"", None),
        ("<https://me:pw@hub.example/>; rel=hub", b"", None),
        ("<http://[::1>; rel=hub", b"", None),
        ("", f"<feed><link rel='hub' href='{HUB}'/><entry>".encode(), Offer(HUB, URL)),
        (
            "",
            f'<rss><channel><atom:link href="{HUB}?a=1&amp;b=2" rel="hub"/>'
            f'<atom10:link rel="self" href="{URL}?x"/>'.encode(),
            Offer(f"{HUB}?a=1&b=2", f"{URL}?x"),
        ),
        ("", f"<feed><entry><link rel='hub' href='{HUB}'/>".encode(), None),
        ("", f"<feed><link rel='alternate' href='{HUB}'/>".encode(), None),
        (f"<{HUB}>; rel=hub", b"<feed><link rel='hub' href='https://x.y/'/>", Offer(HUB, URL)),
        (
            "",
            f'{{"feed_url": "{URL}.json", "hubs": [{{"type": "WebSub", "url": "{HUB}"}}]}}'
            .replace("/", "\\/").encode(),
            Offer(HUB, f"{URL}.json"),
        ),
        ("", b'{"hubs": [], "items": [{"url": "https://e.example/1"}]}', None),
        ("", b"\xff\xfe\x00<link rel='hub' href='\x00'>", None),
        (",<" * 4000, b"<link " * 4000, None),
    ],
)  # fmt: skip
def test_a_hub_is_found_in_headers_and_documents(
    link: str, body: bytes, offer: Offer | None
) -> None:
    assert offer_of(URL, {"link": link}, body) == offer


@given(st.text(max_size=200), st.binary(max_size=200))
def test_whatever_is_offered_is_an_address_or_nothing(link: str, body: bytes) -> None:
    for given_body in (body, b"<link rel='hub' href='" + body + b"'/>"):
        offer = offer_of(URL, {"link": f"{link}, <{link}>; rel=hub"}, given_body)
        assert offer is None or offer.hub.startswith(("http://", "https://"))


# --- who is believed


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_every_method_of_the_standard_is_understood(method: str) -> None:
    digest = hmac.new(b"secret", b"body", method).hexdigest()
    assert is_signed(f"{method}={digest}", b"body", "secret")
    assert is_signed(f"{method.upper()}={digest.upper()}", b"body", "secret")
    assert not is_signed(f"{method}={digest}", b"body!", "secret")
    assert not is_signed(f"{method}={digest}", b"body", "secret!")
    assert not is_signed(f"{method}={digest[:-1]}", b"body", "secret")


@given(st.text(max_size=100))
def test_no_other_signature_is_believed(signature: str) -> None:
    assert not is_signed(signature, b"body", "secret")
    md5 = hmac.new(b"secret", b"body", hashlib.md5).hexdigest()
    assert not is_signed(f"md5={md5}", b"body", "secret")


def test_leases_are_taken_within_reason_and_renewed_before_they_end() -> None:
    assert lease_of("3600") == HOUR
    assert lease_of("1") == timedelta(minutes=5)
    assert lease_of("999999999") == 90 * DAY
    assert lease_of("-1") == lease_of("") == lease_of("9" * 50) == LEASE
    assert renewal_at(NOW, 8 * DAY) == NOW + 6 * DAY


def test_a_hub_that_fails_is_asked_less_and_less() -> None:
    gaps = [retry_gap(count) / HOUR for count in (0, 1, 2, 9, 10_000)]
    assert gaps == [1, 2, 4, 168, 168]


# --- the site, over a real store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "test.db")
    store.sync_feeds([FeedConfig(URL, "E")], NOW)
    store.save_poll(Poll(1, NOW, NOW, Outcome.OK, NOW + DAY))
    yield store
    store.close()


def wanted(store: Store, path: str = "token") -> Subscription:
    store.want_subscription(
        Subscription(1, HUB, URL, f"https://me.example/websub/{path}", path, "secret"),
        NOW,
    )
    found = store.subscription(1)
    assert found is not None
    return found


def app_over(store: Store, **settings: object) -> Flask:
    values = {"public_url": "https://me.example", **settings}
    app = create_app(Settings(**values), store, store)  # type: ignore[arg-type]  # a mapping of its own fields
    app.config["NOW"] = lambda: NOW
    return app


def verify(app: Flask, path: str = "token", **changes: str) -> tuple[int, str]:
    said = {
        "hub.mode": "subscribe",
        "hub.topic": URL,
        "hub.challenge": CHALLENGE,
        "hub.lease_seconds": "864000",
        **{f"hub.{name}": value for name, value in changes.items()},
    }
    answer = app.test_client().get(
        f"/websub/{path}", query_string=said, headers={"Host": "me.example"}
    )
    return answer.status_code, answer.get_data(as_text=True)


def push(app: Flask, body: bytes, key: str = "secret", path: str = "token") -> int:
    digest = hmac.new(key.encode(), body, "sha256").hexdigest()
    headers = {"X-Hub-Signature": f"sha256={digest}", "Content-Type": "text/xml"}
    return (
        app.test_client()
        .post(f"/websub/{path}", data=body, headers=headers)
        .status_code
    )


def test_a_challenge_is_echoed_once_for_what_we_asked(store: Store) -> None:
    wanted(store)
    store.note_asking(1, NOW + HOUR)
    app = app_over(store)
    assert verify(app) == (200, CHALLENGE)
    found = store.subscription(1)
    assert found is not None
    assert (found.state, found.is_pending) == (SubscriptionState.ACTIVE, False)
    assert found.expires_at == NOW + 10 * DAY
    assert found.ask_at == NOW + 7.5 * DAY
    assert found.failure_count == 0
    assert verify(app)[0] == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "https://other.example/"},
        {"topic": ""},
        {"mode": "unsubscribe"},
        {"mode": ""},
        {"challenge": ""},
        {"challenge": "x" * 5000},
    ],
)
def test_what_we_did_not_ask_is_not_confirmed(
    store: Store, changes: dict[str, str]
) -> None:
    wanted(store)
    store.note_asking(1, NOW + HOUR)
    before = store.subscription(1)
    status, text = verify(app_over(store), **changes)
    assert status == 404
    assert CHALLENGE not in text
    assert store.subscription(1) == before


def test_a_subscription_that_nobody_asked_for_is_not_confirmed(store: Store) -> None:
    wanted(store)
    assert verify(app_over(store))[0] == 404
    assert verify(app_over(store), "guess")[0] == 404


def test_looking_at_a_callback_changes_nothing(store: Store) -> None:
    wanted(store)
    store.note_asking(1, NOW + HOUR)
    before = store.subscription(1)
    client = app_over(store).test_client()
    assert client.head("/websub/token?hub.mode=subscribe").status_code == 404
    assert client.get("/websub/token").status_code == 404
    assert store.subscription(1) == before


def test_a_refusal_is_noted_and_the_feed_is_polled_again(store: Store) -> None:
    wanted(store)
    assert verify(app_over(store), mode="denied", reason="no\nsuch topic")[0] == 200
    found = store.subscription(1)
    assert found is not None
    assert found.last_error == "the hub refused: no such topic"
    assert found.ask_at == NOW + 7 * DAY
    assert store.feed(1).next_poll_at == NOW + HOUR


def test_only_what_is_signed_is_kept(store: Store) -> None:
    wanted(store)
    app = app_over(store)
    assert push(app, b"<rss/>") == 202
    assert push(app, b"<forged/>", "guess") == 202
    assert app.test_client().post("/websub/token", data=b"<bare/>").status_code == 202
    (kept,) = store.waiting_pushes()
    assert (kept.feed_id, kept.body, kept.content_type) == (1, b"<rss/>", "text/xml")
    assert push(app, b"<rss/>", path="guess") == 404


def test_a_push_is_bounded_in_size_and_in_number(store: Store) -> None:
    wanted(store)
    app = app_over(store, limits=Limits(push_bytes=100_000))
    assert push(app, b"x" * 100_001) == 413
    statuses = [push(app, b"x") for _ in range(MOST_WAITING + 1)]
    assert statuses == [202] * MOST_WAITING + [503]


def test_a_feed_that_is_no_more_takes_no_pushes(store: Store) -> None:
    wanted(store)
    store.sync_feeds([FeedConfig("https://b.example/", "B")], NOW)
    assert push(app_over(store), b"x") == 404


def test_without_a_public_address_there_is_no_callback(store: Store) -> None:
    wanted(store)
    assert push(app_over(store, public_url=""), b"x") in (404, 405)
    app = create_app(Settings(public_url="https://me.example"), store)
    assert push(app, b"x") in (404, 405)


def test_the_feed_page_tells_of_pushes(store: Store) -> None:
    subscription = wanted(store)
    client = app_over(store).test_client()
    assert f"asked for by {HUB}, none came yet" in text_of(page(client, "/feeds/1"))
    store.confirm_subscription(1, NOW + DAY, NOW + DAY)
    said = text_of(page(client, "/feeds/1"))
    assert "promised until" in said
    assert subscription.token not in said
    assert subscription.secret not in said


def test_secrets_do_not_stand_in_logs(store: Store) -> None:
    assert "secret" not in repr(wanted(store)).replace("secret=", "")
