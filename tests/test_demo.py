from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest

from aggregator.config import parse_settings
from aggregator.demo import DemoServer, demo_config
from aggregator.demo.week import DemoOutlet, load_week, move_weekdays, parse_age, render
from aggregator.errors import AggregatorError
from aggregator.topics import TopicMatcher

START = datetime(2031, 5, 17, 9, 26, 53, 589_000, tzinfo=UTC)
BASE = "http://127.0.0.1:4321"
WEEK = load_week()
GOOD = [outlet for outlet in WEEK.outlets if not outlet.fault]
FAULTY = {outlet.fault: outlet for outlet in WEEK.outlets if outlet.fault}


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(START, week=WEEK) as running:
        yield running


def get(url: str, etag: str = "") -> tuple[int, dict[str, str], bytes]:
    """Send one GET over a real socket."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "GET", target, headers={"If-None-Match": etag} if etag else {}
        )
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, response.read()
    finally:
        connection.close()


class _Outward(HTMLParser):
    """Collects the tags and the addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("href", "src")
        ]


# --- the week


def test_the_week_has_at_least_150_items_in_45_events_from_a_dozen_outlets() -> None:
    assert len(WEEK.items) >= 150
    assert len({item.event for item in WEEK.items}) >= 45
    assert 12 <= len(WEEK.outlets) <= 14
    assert sum(outlet.language == "es" for outlet in WEEK.outlets) == 2


def test_every_date_lies_within_the_last_seven_days() -> None:
    dates = [item.published_at(START) for item in WEEK.items]
    assert all(START - timedelta(days=7) < date < START for date in dates if date)
    assert dates.count(None) == 1


def test_two_fifths_of_the_items_are_of_the_last_day() -> None:
    today = [item for item in WEEK.items if item.age and item.age < timedelta(days=1)]
    assert len(today) >= 0.4 * len(WEEK.items)


def test_only_wire_copies_share_a_title() -> None:
    titles = defaultdict(list)
    for item in WEEK.items:
        titles[item.title].append(item)
    for items in titles.values():
        assert len({item.summary for item in items}) == 1
        assert len({item.outlet for item in items}) == len(items)
    assert len(titles) >= 0.9 * len(WEEK.items)


def test_one_wire_text_runs_in_five_outlets_and_one_of_them_edits_it() -> None:
    copies = [item for item in WEEK.items if item.event == "border-towers"]
    texts = Counter(item.summary for item in copies)
    assert len({item.outlet for item in copies}) == 5
    assert sorted(texts.values()) == [1, 4]
    assert all("(CPA) —" in text for text in texts)


def test_summaries_are_as_long_as_those_of_real_feeds() -> None:
    assert all(80 <= len(item.summary) <= 600 for item in WEEK.items)


def test_paths_and_guids_are_unique() -> None:
    assert len({item.path for item in WEEK.items}) == len(WEEK.items)
    assert len({item.guid for item in WEEK.items}) == len(WEEK.items)


def test_outlets_topics_and_look_alikes_name_things_that_exist() -> None:
    outlets = {outlet.key for outlet in WEEK.outlets}
    events = {item.event for item in WEEK.items}
    topics = {topic["name"] for topic in WEEK.topics}
    assert {item.outlet for item in WEEK.items} <= outlets
    assert set(WEEK.topic_of.values()) == topics
    assert {event for pair in WEEK.look_alikes for event in pair} <= events


def test_border_stories_are_told_by_many_outlets_and_in_two_languages() -> None:
    spanish = {outlet.key for outlet in WEEK.outlets if outlet.language == "es"}
    for event in (
        "asylum-ruling",
        "crossing-closed",
        "crossing-reopened",
        "wall-contract",
    ):
        outlets = {item.outlet for item in WEEK.items if item.event == event}
        assert len(outlets) >= 4
        assert outlets & spanish


@pytest.mark.parametrize("text", ["", "5", "2h 1d", "1d5x", "-1d", "1d  2h"])
def test_an_age_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no age"):
        parse_age(text)


def test_an_age_counts_days_hours_and_minutes() -> None:
    assert parse_age("2d 5h 10m") == timedelta(days=2, hours=5, minutes=10)
    assert parse_age("45m") == timedelta(minutes=45)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (datetime(2025, 1, 1, 20, tzinfo=UTC), "Wednesday, el martes; Fridays"),
        (datetime(2025, 1, 2, 20, tzinfo=UTC), "Thursday, el miércoles; Fridays"),
        (datetime(2025, 1, 2, 19, tzinfo=UTC), "Wednesday, el martes; Fridays"),
        (datetime(2024, 12, 31, 21, tzinfo=UTC), "Tuesday, el lunes; Fridays"),
        (datetime(2033, 8, 14, 23, tzinfo=UTC), "Sunday, el sábado; Fridays"),
    ],
)
def test_weekdays_in_texts_move_with_the_start(start: datetime, expected: str) -> None:
    assert move_weekdays("Wednesday, el martes; Fridays", start) == expected


def test_no_text_names_a_day_after_it_was_published() -> None:
    for item in WEEK.items:
        published_at = item.published_at(START)
        if not published_at or "(CPA)" not in item.summary:
            continue
        lead = re.search(
            r"on (\w+day)\b", move_weekdays(item.summary, START).split(". ")[0]
        )
        if lead:
            tomorrow = (published_at + timedelta(days=1)).strftime("%A")
            assert lead[1] != tomorrow, item.title


# --- feeds


@pytest.mark.parametrize("outlet", GOOD, ids=lambda outlet: outlet.key)
def test_a_good_feed_is_well_formed_and_says_what_the_week_says(
    outlet: DemoOutlet,
) -> None:
    items = WEEK.items_of(outlet)
    feed = feedparser.parse(render(outlet, items, START, BASE))
    assert feed.bozo == 0
    assert (
        feed.version
        == {"rss": "rss20", "atom": "atom10", "rdf": "rss10"}[outlet.format]
    )
    assert feed.feed.title == outlet.name
    assert len(feed.entries) == len(items) > 0
    for entry, item in zip(feed.entries, items, strict=True):
        assert entry.title == move_weekdays(item.title, START)
        assert entry.link == BASE + item.path
        assert entry.get("author", "") in (
            item.author,
            outlet.name if not item.author else "",
        )
        if not item.html:
            assert entry.summary == move_weekdays(item.summary, START)
        if date := item.published_at(START):
            # RSS 1.0 has dc:date alone, which feedparser calls the date of an update.
            said = entry.get("published_parsed") or entry["updated_parsed"]
            assert said[:6] == date.timetuple()[:6]
        else:
            assert not {"published", "updated"} & set(entry)


def test_the_week_is_served_in_three_formats() -> None:
    assert {outlet.format for outlet in GOOD} == {"rss", "atom", "rdf"}


def test_a_feed_lists_its_newest_items_first() -> None:
    for outlet in GOOD:
        ages = [item.age or timedelta(0) for item in WEEK.items_of(outlet)]
        assert all(earlier <= later for earlier, later in pairwise(ages))


def test_a_feed_is_the_same_bytes_for_the_same_start() -> None:
    for outlet in GOOD:
        items = WEEK.items_of(outlet)
        assert render(outlet, items, START, BASE) == render(outlet, items, START, BASE)


def test_a_summary_with_html_reaches_the_reader_as_html() -> None:
    (item,) = (item for item in WEEK.items if item.html)
    outlet = next(outlet for outlet in GOOD if outlet.key == item.outlet)
    (entry,) = feedparser.parse(render(outlet, (item,), START, BASE)).entries
    assert "<strong>10-day waiting period</strong>" in entry.summary
    assert "Painter &amp; Sons" in entry.summary


# --- the configuration


def test_the_configuration_is_accepted_and_follows_every_feed() -> None:
    settings = parse_settings(demo_config(BASE, START).encode(), Path("feeds.yaml"))
    assert [feed.name for feed in settings.feeds] == [
        outlet.name for outlet in WEEK.outlets
    ]
    assert all(feed.url.startswith(BASE + "/feeds/") for feed in settings.feeds)
    assert settings.allow_private == ("127.0.0.1:4321",)
    assert settings.poll_interval == timedelta(minutes=5)
    assert settings.per_host_spacing == timedelta(0)
    assert [topic.name for topic in settings.topics] == [
        topic["name"] for topic in WEEK.topics
    ]


def test_topics_find_their_events_and_leave_the_others_alone() -> None:
    settings = parse_settings(demo_config(BASE, START).encode(), Path("feeds.yaml"))
    matcher = TopicMatcher(settings.topics)
    names = {topic.slug: topic.name for topic in settings.topics}
    found = defaultdict(set)
    for item in WEEK.items:
        for score in matcher.score(item.title, item.summary):
            if score.is_match:
                found[item.event].add(names[score.slug])
    assert all(topic in found[event] for event, topic in WEEK.topic_of.items())
    strays = {event for event in found if event not in WEEK.topic_of}
    assert strays <= {"roundup-courier", "roundup-observer"}
    crossed = {event for event, topics in found.items() if len(topics) > 1}
    assert len(crossed) <= 2


# --- the server


def test_every_good_feed_is_served_with_its_own_type(server: DemoServer) -> None:
    for outlet in GOOD:
        status, headers, body = get(f"{server.url}/feeds/{outlet.key}.xml")
        assert status == 200
        assert headers["content-type"].startswith(f"application/{outlet.format}+xml")
        assert feedparser.parse(body).bozo == 0


def test_a_feed_that_has_not_changed_answers_304_without_a_body(
    server: DemoServer,
) -> None:
    url = f"{server.url}/feeds/cpa.xml"
    _, headers, body = get(url)
    status, again, nothing = get(url, headers["etag"])
    assert (status, nothing, again["etag"]) == (304, b"", headers["etag"])
    assert get(url, f'"other", W/{headers["etag"]}')[0] == 304
    assert get(url, '"other"')[::2] == (200, body)


def test_the_past_is_served_as_it_was(server: DemoServer) -> None:
    outlet = max(GOOD, key=lambda outlet: len(WEEK.items_of(outlet)))
    url = f"{server.url}/feeds/{outlet.key}.xml"
    server.clock = START - timedelta(days=2)
    past = feedparser.parse(get(url)[2]).entries
    server.clock = None
    whole = feedparser.parse(get(url)[2]).entries
    assert 0 < len(past) < len(whole)
    assert {entry.id for entry in past} == {
        item.guid
        for item in WEEK.items_of(outlet)
        if item.age and item.age >= timedelta(days=2)
    }


def test_a_headline_is_rewritten_between_two_polls(server: DemoServer) -> None:
    (item,) = (item for item in WEEK.items if item.later_title)
    url = f"{server.url}/feeds/{item.outlet}.xml"
    _, first_headers, first = get(url)
    status, headers, second = get(url, first_headers["etag"])
    assert status == 200
    titles = [
        {entry.id: entry.title for entry in feedparser.parse(body).entries}
        for body in (first, second)
    ]
    assert titles[0][item.guid] == move_weekdays(item.title, START)
    assert titles[1][item.guid] == move_weekdays(item.later_title, START)
    assert titles[0].keys() == titles[1].keys()
    assert get(url, headers["etag"])[0] == 304


def test_the_broken_feed_ends_in_the_middle_after_a_few_good_items(
    server: DemoServer,
) -> None:
    outlet = FAULTY["truncated"]
    status, _, body = get(f"{server.url}/feeds/{outlet.key}.xml")
    feed = feedparser.parse(body)
    assert status == 200
    assert b"</rss>" not in body
    assert feed.bozo == 1
    assert body.count(b"</item>") >= 3
    assert body.count(b"</item>") < len(WEEK.items_of(outlet))


def test_the_busy_feed_answers_503_and_says_when_to_come_back(
    server: DemoServer,
) -> None:
    status, headers, _ = get(f"{server.url}/feeds/{FAULTY['unavailable'].key}.xml")
    assert status == 503
    assert int(headers["retry-after"]) > 0


def test_the_lost_feed_answers_with_a_web_page(server: DemoServer) -> None:
    status, headers, body = get(f"{server.url}/feeds/{FAULTY['html'].key}.xml")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert feedparser.parse(body).entries == []


def test_every_link_of_every_feed_opens_a_page_with_title_outlet_and_time(
    server: DemoServer,
) -> None:
    for outlet in GOOD:
        feed = feedparser.parse(get(f"{server.url}/feeds/{outlet.key}.xml")[2])
        entry = feed.entries[-1]
        status, headers, body = get(f"{entry.link}?utm_source=feed")
        page = body.decode()
        assert status == 200
        assert "default-src 'none'" in headers["content-security-policy"]
        assert entry.title.replace("'", "&#x27;").replace('"', "&quot;") in page
        assert outlet.name in page
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", page)


def test_pages_load_nothing_and_run_nothing(server: DemoServer) -> None:
    for item in WEEK.items:
        page = _Outward(server.answer(item.path, "").body.decode())
        assert page.addresses == []
        assert not page.tags & {"script", "img", "iframe", "link", "form"}


def test_the_front_page_lists_every_outlet_and_links_stay_inside(
    server: DemoServer,
) -> None:
    status, _, body = get(f"{server.url}/")
    page = body.decode()
    assert status == 200
    assert all(outlet.name in page for outlet in WEEK.outlets)
    assert all(address.startswith("/") for address in _Outward(page).addresses)


@pytest.mark.parametrize(
    "path", ["/nothing", "/feeds/nobody.xml", "/feeds/../etc", "/%2e%2e"]
)
def test_an_unknown_address_is_404(server: DemoServer, path: str) -> None:
    assert get(server.url + path)[0] == 404


def test_a_port_that_is_taken_is_named(server: DemoServer) -> None:
    port = urlsplit(server.url).port or 0
    with (
        pytest.raises(AggregatorError, match=f"127.0.0.1:{port}"),
        DemoServer(START, port),
    ):
        pass


def test_the_server_is_gone_after_the_block() -> None:
    with DemoServer(START, week=WEEK) as running:
        url = running.url
    with pytest.raises(ConnectionRefusedError):
        get(url)
