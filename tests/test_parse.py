"""Parsing: every real format, in a child, and a verdict for what is no feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import ParseError
from aggregator.limits import Limits
from aggregator.models import Document, Response
from aggregator.parse.document import parse
from aggregator.parse.pool import ParserPool

NOW = datetime(2026, 7, 2, tzinfo=UTC)
URL = "https://e.example/news/feed.xml"
RSS = "application/rss+xml"


def read(body: str | bytes, kind: str = RSS, limits: Limits | None = None) -> Document:
    data = body.encode() if isinstance(body, str) else body
    headers = {"content-type": kind} if kind else {}
    return parse(Response(URL, 200, headers, data), limits or Limits(), NOW)


def rss(items: str, head: str = "<title>T</title>") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'


def test_rss_is_read() -> None:
    document = read(
        rss(
            """<item><title>Tom &amp;amp; Jerry</title><link>/a?utm_source=x&amp;b=1</link>
            <description>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;two&lt;/p&gt;</description><guid>7</guid>
            <pubDate>Wed, 01 Jul 2026 14:00:00 +0200</pubDate><author>A. Writer</author>
            <category>x</category><category>y</category><source url="https://s.example/">S</source>
            </item>""",
            "<title>T</title><link>https://e.example</link><language>de</language>",
        )
    )
    assert (document.title, document.site_url, document.language) == (
        "T",
        "https://e.example/",
        "de",
    )
    assert document.warning == ""
    (entry,) = document.entries
    assert entry.title == "Tom & Jerry"
    assert entry.url == "https://e.example/a?b=1"
    assert entry.summary == "One two"
    assert entry.key == "g:7"
    assert entry.published_at == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert (entry.author, entry.publisher, entry.categories) == (
        "A. Writer",
        "S",
        ("x", "y"),
    )


def test_atom_is_read() -> None:
    document = read(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/feed/"
        xml:lang="en"><title>T</title><link href="https://e.example/"/>
        <entry><id>urn:1</id><title type="text">a &lt;b&gt; c</title><link href="a"/>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p>two</div></content>
        <updated>2026-07-01T12:00:00Z</updated><author><name>N</name></author></entry></feed>""",
        "application/atom+xml",
    )
    (entry,) = document.entries
    assert entry.title == "a <b> c"
    assert entry.url == "https://base.example/feed/a"
    assert entry.summary == "One two"
    assert (entry.author, document.language) == ("N", "en")


def test_json_feed_is_read() -> None:
    document = read(
        """{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [
        {"id": 12, "url": "/a", "title": "A <b>", "content_html": "<p>x</p>y",
         "date_published": "2026-07-01T12:00:00Z", "authors": [{"name": "N"}], "tags": ["t"]},
        null, {"id": "2", "content_text": "no title < here"}]}""",
        "application/feed+json",
    )
    first, second = document.entries
    assert (first.key, first.url, first.title, first.summary) == (
        "g:12",
        "https://e.example/a",
        "A <b>",
        "x y",
    )
    assert (first.author, first.categories) == ("N", ("t",))
    assert second.title == "no title < here"
    assert (document.skipped_count, document.warning) == (1, "")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("", "empty", "empty"),
        (" \n\t ", "empty", "empty"),
        ("<!DOCTYPE html><html><body>x</body></html>", "html", "HTML"),
        ("<HTML><head></head></HTML>", "html", "HTML"),
        ("hello <html> there </html>", "html", "HTML"),
        ('<opml version="2.0"><body/></opml>', "not_a_feed", "OPML"),
        ('<?xml version="1.0"?><urlset xmlns="x"></urlset>', "not_a_feed", "sitemap"),
        ("<note>x</note>", "not_a_feed", "<note>"),
        ("just words", "not_a_feed", "neither"),
        ('{"a": 1}', "not_a_feed", "JSON"),
        ("[1, 2", "unreadable", "line 1"),
        ("[" * 100_000, "unreadable", "nested"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "hostile", "entities"),
    ],
)
def test_what_is_no_feed_gets_a_verdict(body: str, kind: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(body)
    assert caught.value.kind == kind
    assert words in str(caught.value)


def test_what_can_be_recovered_is_kept_with_line_and_reason() -> None:
    document = read(
        rss("\n<item><title>A & B</title></item>\n<item><title>C</title></item>")
    )
    assert [entry.title for entry in document.entries] == ["A & B", "C"]
    assert document.warning.startswith("not well formed: line 2: ")


def test_dates_that_cannot_be_believed_are_none() -> None:
    dates = [
        "Wed, 01 Jan 2050 00:00:00 GMT",
        "Sun, 01 Jan 1989 00:00:00 GMT",
        "soon",
        "",
    ]
    items = "".join(
        f"<item><title>{n}</title><pubDate>{date}</pubDate></item>"
        for n, date in enumerate(dates)
    )
    assert [entry.published_at for entry in read(rss(items)).entries] == [None] * 4


def test_only_the_newest_entries_are_kept_and_the_rest_counted() -> None:
    items = "".join(
        f"<item><title>{n}</title><pubDate>2026-06-{n:02} 12:00</pubDate></item>"
        for n in range(1, 11)
    )
    document = read(rss(items), limits=Limits(entry_count=3))
    assert [entry.title for entry in document.entries] == ["8", "9", "10"]
    assert document.skipped_count == 7


def test_empty_entries_are_counted_and_repeated_ones_are_one() -> None:
    item = "<item><title>A</title><guid>1</guid></item>"
    document = read(rss(f"{item}<item/><item><author>x</author></item>{item}"))
    assert [entry.title for entry in document.entries] == ["A"]
    assert document.skipped_count == 2


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    limits = Limits(parse_cpu=timedelta(seconds=1), parse_wall=timedelta(seconds=4))
    with ParserPool(limits, workers=2) as pool:
        yield pool


def test_children_parse(pool: ParserPool) -> None:
    body = rss("<item><title>A</title></item>").encode()
    future = pool.submit(Response(URL, 200, {"content-type": RSS}, body), NOW)
    assert [entry.title for entry in future.result().entries] == ["A"]


def test_a_verdict_travels_from_the_child(pool: ParserPool) -> None:
    with pytest.raises(ParseError) as caught:
        pool.submit(Response(URL, 200, {}, b"<html>"), NOW).result()
    assert caught.value.kind == "html"


def test_a_child_that_works_too_long_is_ended_and_others_go_on(
    pool: ParserPool,
) -> None:
    # Categories cost feedparser quadratic time; a rare element leaves them to it.
    categories = "".join(f"<category>{n}</category>" for n in range(40_000))
    slow = rss(f"<item><title>A</title><image/>{categories}</item>").encode()
    late = pool.submit(Response(URL, 200, {}, slow), NOW)
    good = rss("<item><title>A</title></item>").encode()
    futures = [pool.submit(Response(URL, 200, {}, good), NOW) for _ in range(5)]
    assert all(len(future.result().entries) == 1 for future in futures)
    with pytest.raises(ParseError, match="too long") as caught:
        late.result()
    assert caught.value.kind == "timeout"
    assert len(pool.submit(Response(URL, 200, {}, good), NOW).result().entries) == 1
