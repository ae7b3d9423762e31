"""Finding the feeds of a site: what pages name, and what is proved by reading it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cli import main
from aggregator.config import Settings, load_settings, parse_settings
from aggregator.discovery.pages import feed_links, guesses, snippet
from aggregator.discovery.search import MOST_REQUESTS, Found, find_feeds
from tests.feedhouse import FeedHouse, feed_house, rss

BASE = "https://news.example/section/page.html"
FEED = rss(("A bridge is closed", "It has a crack."), title="Bridges & more")


def page(*parts: str) -> bytes:
    return f"<!doctype html><html><head>{''.join(parts)}</head></html>".encode()


def declared(href: str, kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}">'


# --- what a page names


@pytest.mark.parametrize(
    ("html", "urls"),
    [
        (declared("/rss"), ["https://news.example/rss"]),
        (declared("a.xml", "application/atom+xml"), ["https://news.example/section/a.xml"]),
        (declared("f", "application/feed+json"), ["https://news.example/section/f"]),
        (declared("x", "text/html"), []),
        ('<link rel="stylesheet" type="text/xml" href="x">', []),
        ("<LINK REL='Home Alternate' TYPE='application/RSS+xml; charset=x' HREF=/f>",
         ["https://news.example/f"]),
        ('<link rel=feed href="/f?a=1&amp;b=2">', ["https://news.example/f?a=1&b=2"]),
        ('<base href="https://cdn.example/x/"><link rel=feed href=f>',
         ["https://cdn.example/x/f"]),
        ('<a href="/news/rss/world#top">RSS</a>', ["https://news.example/news/rss/world"]),
        ('<a href="/feeds.xml">', ["https://news.example/feeds.xml"]),
        ('<a href="/?feed=rss2">', ["https://news.example/?feed=rss2"]),
        ('<a href="feed:https://o.example/f.rss">', ["https://o.example/f.rss"]),
        ('<a href="feed://o.example/f.rss">', ["https://o.example/f.rss"]),
        ('<a href="/feedback"><a href="/press"><a href="https://rss.example/">', []),
        ('<a href="/rss"><link rel=feed href="/rss">', ["https://news.example/rss"]),
        (declared("javascript:alert(1)") + declared("file:///etc/passwd"), []),
        (declared("http://[::1") + declared("") + '<a href="http://x:y/rss">', []),
        ("<link rel=alternate type=application/rss+xml>", []),
    ],
)  # fmt: skip
def test_a_page_names_its_feeds(html: str, urls: list[str]) -> None:
    assert [one.url for one in feed_links(html, BASE)] == urls


def test_what_a_page_declares_comes_before_what_it_links() -> None:
    html = '<a href="/rss">' + declared("/late")
    assert [one.origin for one in feed_links(html, BASE)] == ["link", "anchor"]


def test_guesses_are_few_and_on_the_same_host() -> None:
    urls = [one.url for one in guesses(BASE)]
    assert "https://news.example/feed" in urls
    assert len(urls) == 6
    assert all(url.startswith("https://news.example/") for url in urls)


@given(st.text(max_size=300))
def test_any_page_gives_addresses_or_nothing(html: str) -> None:
    for one in feed_links(html + declared(html), BASE):
        assert one.url.startswith(("http://", "https://"))


@given(st.text(max_size=300))
def test_any_title_gives_lines_that_feeds_yaml_accepts(title: str) -> None:
    text = f"feeds:\n{snippet('https://e.example/f?a=1', title)}\n"
    (feed,) = parse_settings(text.encode("utf-8", "replace"), Path("f")).feeds
    assert feed.url == "https://e.example/f?a=1"


@pytest.mark.parametrize("url", ["https://e.example/a,b:", "https://e.example/ü#[x]"])
def test_an_address_that_yaml_would_misread_is_quoted(url: str) -> None:
    text = f"feeds:\n{snippet(url, 'T')}\n".encode()
    assert parse_settings(text, Path("f")).feeds[0].url == url


# --- the search itself, over real sockets


@pytest.fixture
def house() -> Iterator[FeedHouse]:
    with feed_house() as house:
        yield house


def search(house: FeedHouse, name: str = "") -> list[Found]:
    return list(find_feeds(house.url(name), settings_for(house)))


def settings_for(house: FeedHouse) -> Settings:
    text = (
        f"settings: {{allow_private: ['127.0.0.1:{house.port}'], per_host_spacing: 0s,"
        " user_agent_contact: https://me.example}\nfeeds: [https://a.example/f]\n"
    )
    return parse_settings(text.encode(), Path("f"))


def test_a_declared_feed_is_read_and_named(house: FeedHouse) -> None:
    house.serve("", page(declared("/f")), Content_Type="text/html")
    house.serve("f", FEED)
    assert search(house) == [Found(house.url("f"), "link", "Bridges & more", 1)]
    assert [one.path for one in house.asked] == ["/", "/f"]
    agent = house.asked[0].headers["User-Agent"]
    assert agent.endswith("(+https://me.example)")


def test_an_address_that_is_a_feed_is_the_answer(house: FeedHouse) -> None:
    house.serve("f", FEED)
    assert [one.origin for one in search(house, "f")] == ["address"]
    assert len(house.asked) == 1


def test_what_is_declared_and_no_feed_is_told_and_not_taken(house: FeedHouse) -> None:
    house.serve("", page(declared("/f"), declared("/gone"), declared("/sitemap")))
    house.serve("f", FEED)
    house.serve("sitemap", b"<urlset xmlns='x'/>")
    found = {one.url: one.error for one in search(house)}
    assert found == {
        house.url("f"): "",
        house.url("gone"): "HTTP 404",
        house.url("sitemap"): "not a feed: a sitemap",
    }


def test_guesses_are_tried_only_where_nothing_is_named(house: FeedHouse) -> None:
    house.serve("", page(), Content_Type="text/html")
    house.serve("atom.xml", FEED)
    assert search(house) == [Found(house.url("atom.xml"), "guess", "Bridges & more", 1)]


def test_a_site_that_refuses_its_front_page_may_have_a_feed(house: FeedHouse) -> None:
    house.serve("", b"", status=403)
    house.serve("feed", FEED)
    assert [one.error for one in search(house)] == ["HTTP 403", ""]


def test_a_page_that_lists_feeds_is_read_too(house: FeedHouse) -> None:
    house.serve("", b"<html><a href='/rss'>our feeds</a>", Content_Type="text/html")
    house.serve("rss", b"<html><a href='/rss/world.xml'>", Content_Type="text/html")
    house.serve("rss/world.xml", FEED)
    assert [one.url for one in search(house)] == [house.url("rss/world.xml")]


def test_one_feed_under_two_addresses_is_found_once(house: FeedHouse) -> None:
    house.serve("", page(declared("/a"), declared("/b"), declared("/c")))
    house.serve("a", FEED)
    house.serve("b", FEED)
    house.serve("c", b"", status=301, Location="/a")
    assert [one.url for one in search(house)] == [house.url("a")]


def test_a_permanent_redirect_is_followed_and_a_passing_one_kept(
    house: FeedHouse,
) -> None:
    house.serve("new", FEED)
    house.serve("old", b"", status=301, Location="/new")
    house.serve("today", b"", status=302, Location="/new")
    assert [one.url for one in search(house, "old")] == [house.url("new")]
    assert [one.url for one in search(house, "today")] == [house.url("today")]


def test_a_page_with_a_thousand_links_costs_no_more_than_the_bound(
    house: FeedHouse,
) -> None:
    links = "".join(declared(f"/{n}.rss") for n in range(1000))
    house.serve("", page(links), Content_Type="text/html")
    search(house)
    assert len(house.asked) == MOST_REQUESTS


def test_a_page_cannot_send_us_inside(house: FeedHouse) -> None:
    with feed_house() as canary:
        canary.serve("f", FEED)
        house.serve("hop", b"", status=302, Location=canary.url("f"))
        house.serve("", page(declared(canary.url("f")), declared("/hop")))
        errors = [one.error for one in search(house)]
        assert len(errors) == 2
        assert all("no public address" in error for error in errors)
        assert canary.asked == []


def test_the_command_prints_lines_that_can_be_pasted(
    house: FeedHouse, tmp_path: Path
) -> None:
    house.serve("", page(declared("/f"), declared("/gone")))
    house.serve("f", FEED)
    config = tmp_path / "feeds.yaml"
    config.write_text(
        f"settings: {{allow_private: ['127.0.0.1:{house.port}'], per_host_spacing: 0s}}\n"
        "feeds: [https://a.example/f]\n"
    )
    command = ["feeds", "find", house.url(""), "--config", str(config)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0
    assert "# Bridges & more: 1 items now\n" in done.stdout
    assert "no feed: " in done.stderr
    config.write_text(f"feeds:\n{done.stdout}")
    (feed,) = load_settings(config).feeds
    assert (feed.url, feed.name) == (house.url("f"), "Bridges & more")


def test_the_command_says_where_there_is_none(house: FeedHouse) -> None:
    done = CliRunner().invoke(main, ["feeds", "find", house.url("")])
    assert done.exit_code == 1
    assert "no public address" in done.stderr
    assert "no feed found at http://127.0.0.1:" in done.stderr
