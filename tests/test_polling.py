"""Polling: what an answer means and when the feed is due next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import FetchError, ParseError
from aggregator.models import Document, Entry, Feed, FeedState, Outcome, Poll, Response
from aggregator.polling import Intervals, body_hash, needs_parsing, poll_of

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
URL = "https://e.example/feed"
HOUR = timedelta(hours=1)
FEED = Feed(1, URL, "E", "", "", FeedState.OK)
KNOWN = replace(
    FEED, etag='"old"', last_modified="then", validators_url=URL, body_hash="old"
)
DOCUMENT = Document("E", "https://e.example/", "en", (Entry("g:1", "", "T", ""),))
STEADY = Intervals(jitter=0)


def answer(status: int = 200, body: bytes = b"<rss/>", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(URL, status, named, body)


def poll(
    given: Response | FetchError,
    document: Document | ParseError | None = None,
    feed: Feed = FEED,
    intervals: Intervals = STEADY,
) -> Poll:
    return poll_of(feed, NOW, NOW, given, document, intervals)


def gap(one: Poll) -> timedelta:
    assert one.next_poll_at is not None
    return one.next_poll_at - NOW


def test_a_good_answer_is_kept_with_its_validators() -> None:
    one = poll(answer(etag='W/"x"', last_modified="odd date"), DOCUMENT)
    assert one.outcome is Outcome.OK
    assert (one.etag, one.last_modified, one.validators_url) == (
        'W/"x"',
        "odd date",
        URL,
    )
    assert one.body_hash == body_hash(b"<rss/>")
    assert one.entries == DOCUMENT.entries
    assert gap(one) == HOUR


def test_validators_belong_to_the_address_that_answered() -> None:
    moved = replace(
        answer(etag="x"), url="https://n.example/f", permanent_url="https://n.example/f"
    )
    one = poll(moved, DOCUMENT)
    assert one.validators_url == one.permanent_url == "https://n.example/f"


def test_a_304_keeps_what_it_does_not_renew() -> None:
    one = poll(answer(304, b"", etag='"new"'), feed=replace(KNOWN, failure_count=3))
    assert one.outcome is Outcome.NOT_MODIFIED
    assert (one.etag, one.last_modified, one.body_hash) == ('"new"', "then", "old")
    assert one.failure_count == 0


def test_a_304_that_nobody_asked_for_is_an_error() -> None:
    one = poll(answer(304, b"", etag='"x"'))
    assert one.outcome is Outcome.ERROR
    assert "304 to an unconditional request" in one.error
    assert one.etag == ""


def test_the_same_bytes_are_not_parsed_but_bring_newer_validators() -> None:
    feed = replace(KNOWN, body_hash=body_hash(b"<rss/>"))
    assert not needs_parsing(feed, answer())
    assert needs_parsing(FEED, answer())
    assert not needs_parsing(FEED, answer(404))
    one = poll(answer(etag='"new"'), feed=feed)
    assert (one.outcome, one.etag, one.last_modified) == (
        Outcome.NOT_MODIFIED,
        '"new"',
        "",
    )


@pytest.mark.parametrize(
    ("given", "document", "kind"),
    [
        (FetchError("broken", "the connection broke"), None, "broken"),
        (FetchError("too_large", "too large"), None, "too_large"),
        (answer(etag='"x"'), ParseError("html", "not a feed (HTML)"), "html"),
        (answer(500, etag='"x"'), None, "http"),
        (answer(206, etag='"x"'), None, "http"),
        (answer(404), None, "http"),
    ],
)
def test_a_failure_forgets_nothing_and_keeps_nothing(
    given: Response | FetchError, document: ParseError | None, kind: str
) -> None:
    one = poll(given, document, replace(KNOWN, failure_count=1, title="E"))
    assert (one.outcome, one.error_kind, one.failure_count) == (Outcome.ERROR, kind, 2)
    assert (one.etag, one.last_modified, one.body_hash) == ('"old"', "then", "old")
    assert one.error
    assert one.title == "E"


def test_the_gap_doubles_to_a_day_and_never_ends() -> None:
    gaps = [
        gap(poll(answer(500), feed=replace(FEED, failure_count=n))) / HOUR
        for n in (0, 1, 2, 3, 4, 50, 10_000)
    ]
    assert gaps == [2, 4, 8, 16, 24, 24, 24]


def test_what_often_passes_costs_nothing_the_first_time() -> None:
    assert gap(poll(FetchError("dns", "no such name"))) == HOUR


def test_gone_stops_until_someone_resumes() -> None:
    one = poll(answer(410))
    assert (one.outcome, one.next_poll_at) == (Outcome.GONE, None)
    assert "410 Gone" in one.error


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "hours"),
    [
        ({"retry_after": "7200"}, 2),
        ({"retry_after": "Wed, 01 Jul 2026 15:00:00 GMT"}, 3),
        (
            {
                "retry_after": "Wed, 01 Jul 2026 15:00:00 GMT",
                "date": "Wed, 01 Jul 2026 13:00:00 GMT",
            },
            2,
        ),
        ({"retry_after": "1000000000000"}, 31 * 24),
        ({"retry_after": "9" * 29}, 31 * 24),
        ({"retry_after": "-5"}, 2),
        ({"retry_after": "soon"}, 2),
        ({"retry_after": "1"}, 1),
        ({}, 2),
    ],
)
def test_a_server_that_says_wait_is_obeyed(
    status: int, header: dict[str, str], hours: int
) -> None:
    one = poll(answer(status, **header))
    assert one.outcome is Outcome.BACKOFF
    assert one.error.startswith("rate limited until 2026-0")
    assert gap(one) == hours * HOUR


@pytest.mark.parametrize(
    ("headers", "hours"),
    [
        ({"cache_control": "public, max-age=7200"}, 2),
        ({"cache_control": "max-age=7200", "age": "1800"}, 1.5),
        ({"cache_control": "max-age=99999999999999"}, 24),
        ({"cache_control": "s-maxage=99999"}, 1),
        ({"cache_control": "no-cache, max-age=7200"}, 1),
        ({"cache_control": "max-age=60"}, 1),
        ({"expires": "Wed, 01 Jul 2026 14:00:00 GMT"}, 2),
        ({"expires": "0"}, 1),
        (
            {
                "expires": "Sat, 01 Jan 2050 02:00:00 GMT",
                "date": "Sat, 01 Jan 2050 00:00:00 GMT",
            },
            2,
        ),
        ({"expires": "Sat, 01 Jan 2050 02:00:00 GMT"}, 24),
    ],
)
def test_freshness_is_a_lower_bound(headers: dict[str, str], hours: float) -> None:
    assert gap(poll(answer(**headers), DOCUMENT)) == hours * HOUR


def test_a_feeds_own_interval_counts_but_never_below_the_floor() -> None:
    assert gap(poll(answer(), DOCUMENT, replace(FEED, every=3 * HOUR))) == 3 * HOUR
    fast = replace(FEED, every=timedelta(seconds=1))
    assert gap(poll(answer(), DOCUMENT, fast)) == STEADY.floor


def test_jitter_spreads_feeds_and_is_the_same_every_time() -> None:
    polls = [
        poll(answer(), DOCUMENT, replace(FEED, id=n), Intervals()) for n in range(200)
    ]
    gaps = [gap(one) / HOUR for one in polls]
    assert 0.9 <= min(gaps) < 0.92 and 1.08 < max(gaps) <= 1.1
    assert polls[7] == poll(answer(), DOCUMENT, replace(FEED, id=7), Intervals())


@pytest.mark.parametrize("etag", ["a\x00b", "a\udce9", "é", "x" * 5_000])
def test_a_validator_that_cannot_go_back_whole_is_dropped(etag: str) -> None:
    assert poll(answer(etag=etag), DOCUMENT).etag == ""


_headers = st.dictionaries(
    st.sampled_from(["retry-after", "cache-control", "expires", "date", "etag", "age"]),
    st.text(max_size=40)
    | st.integers().map(str)
    | st.integers().map("max-age={}".format),
)


@given(st.integers(100, 599), _headers, st.integers(0, 10**6))
def test_no_headers_break_the_schedule(
    status: int, headers: dict[str, str], failures: int
) -> None:
    one = poll(
        Response(URL, status, headers, b""),
        DOCUMENT if status == 200 else None,
        replace(KNOWN, failure_count=failures),
        Intervals(),
    )
    assert (one.next_poll_at is None) == (status == 410)
    if one.next_poll_at is not None:
        assert STEADY.floor <= gap(one) <= timedelta(days=31)
