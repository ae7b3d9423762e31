"""The quick reader says what feedparser says, or leaves the document to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.decoding import decode
from aggregator.entries import document_of
from aggregator.errors import ParseError
from aggregator.guards import guarded
from aggregator.limits import Limits
from aggregator.parse import read_with_feedparser, said_feed
from aggregator.quickfeed import read_quickly
from tests.test_fixtures import documents
from tests.test_fixtures import pytestmark as needs_fixtures

NOW = datetime(2026, 7, 2, tzinfo=UTC)
URL = "https://e.example/feed"


def assert_same(text: str) -> bool:
    """Hold both readers against each other; say whether the quick one had an answer."""
    quick = read_quickly(text)
    if quick is None:
        return False
    feed, entries, is_atom = quick
    ours = said_feed(feed, entries, "", 0, is_atom=is_atom)
    theirs = replace(read_with_feedparser(text, "", 0), warning="")
    limits = Limits()
    assert document_of(ours, URL, NOW, limits) == document_of(theirs, URL, NOW, limits)
    return True


@needs_fixtures
def test_both_readers_agree_on_every_test_feed_of_other_parsers() -> None:
    agreed = 0
    for name, body in documents():
        if name.endswith((".xml", ".rss", ".atom")):
            try:
                text, _ = guarded(decode(body, "")[0])
            except ParseError:
                continue
            agreed += assert_same(text)
    assert agreed > 1_000


_words = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            " ",
            "é",
            "€",
            "Ã©",
            "\x80",
            "\n",
            "]",
            "&amp;",
            "&lt;",
            "&#233;",
            "&#x80;",
        ]
    ),
    max_size=8,
).map("".join)
_data = st.text(alphabet="ab <>&;é", max_size=10).map(
    lambda text: f"<![CDATA[{text}]]>"
)
_urls = st.sampled_from(
    [
        "https://e.example/a",
        "http:////e.example/b",
        "/rel",
        "rel?x=1&amp;y;=2",
        "urn:x",
        "",
        "https://[",
        " https://e.example/c ",
    ]
)
_dates = st.sampled_from(
    ["Wed, 01 Jul 2026 12:00:00 GMT", "2026-07-01T12:00:00Z", "soon", ""]
)
_said = _words | _data


def _tag(
    name: str, content: st.SearchStrategy[str], *attributes: str
) -> st.SearchStrategy[str]:
    start = st.sampled_from([name, *(f"{name} {given}" for given in attributes)])
    return st.builds(
        lambda opening, inside: f"<{opening}>{inside}</{name}>", start, content
    )


_rss_parts = st.one_of(
    _tag("title", _said),
    _tag("link", _urls),
    _tag("description", _said | st.just("<b>x</b>")),
    _tag("content:encoded", _said),
    _tag(
        "guid",
        _urls | _words,
        'isPermaLink="false"',
        'isPermaLink="true"',
        'isPermaLink="x"',
    ),
    _tag("pubDate", _dates),
    _tag("dc:date", _dates),
    _tag("author", _said),
    _tag("dc:creator", _said),
    _tag("category", _said, 'domain="d"', 'label="l"'),
    _tag("source", _said, 'url="https://s.example/"'),
    _tag("media:title", _said),
    _tag("media:content", st.just(""), 'url="https://m.example/"'),
    _tag("odd:thing", _words, 'x="y"'),
    _tag("unknown", _words),
    st.sampled_from(
        [
            '<enclosure url="https://m.example/a.mp3" length="1" type="audio/mpeg"/>',
            "<title/>",
            "<item/>",
            "<!-- c -->",
            "text",
            '<atom:link rel="self" href="https://e.example/s"/>',
            '<atom:link href="https://e.example/t"/>',
            "<comments>x</comments>",
        ]
    ),
)
_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:odd="https://odd.test/ns"'
)
_rss = st.builds(
    lambda head, items: (
        f'<rss version="2.0" {_NAMESPACES}><channel>{"".join(head)}'
        + "".join(f"<item>{''.join(parts)}</item>" for parts in items)
        + "</channel></rss>"
    ),
    st.lists(_rss_parts, max_size=3),
    st.lists(st.lists(_rss_parts, max_size=6), max_size=3),
)
_types = ("type='html'", "type='text'", "type='xhtml'", "type='text/plain'")
_atom_parts = st.one_of(
    _tag("title", _said, *_types),
    _tag("summary", _said, *_types),
    _tag("content", _said, *_types, "src='https://c.example/'"),
    _tag("id", _urls | _words),
    _tag("published", _dates),
    _tag("updated", _dates),
    _tag(
        "author",
        _tag("name", _said)
        | _tag("email", _said)
        | st.just("<name>N</name><email>e@e.example</email>")
        | _words,
    ),
    _tag("contributor", _tag("name", _said)),
    _tag("rights", _said),
    _tag("source", _tag("title", _said)),
    _tag("odd:thing", _words, 'x="y"'),
    st.builds(
        lambda href, rest: f'<link href="{href}" {rest}/>',
        _urls,
        st.sampled_from(
            [
                "",
                'rel="self"',
                'rel="alternate" type="text/html"',
                'rel="alternate" type="text/plain"',
                'rel="ENCLOSURE"',
            ]
        ),
    ),
    st.builds(
        lambda word: f'<category term="{word}" label="l"/>',
        st.sampled_from(["a", "é", ""]),
    ),
    st.sampled_from(
        [
            "<media:group><media:title>m</media:title><media:description>d é</media:description></media:group>",
            "<title/>",
            "text",
        ]
    ),
)
_atom = st.builds(
    lambda base, head, entries: (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {_NAMESPACES} {base}>{"".join(head)}'
        + "".join(f"<entry>{''.join(parts)}</entry>" for parts in entries)
        + "</feed>"
    ),
    st.sampled_from(
        ["", "xml:base='https://b.example/x/'", "xml:base='/y/'", "xml:lang='de'"]
    ),
    st.lists(_atom_parts, max_size=3),
    st.lists(st.lists(_atom_parts, max_size=6), max_size=3),
)


@given(_rss | _atom)
def test_both_readers_agree_on_any_feed(text: str) -> None:
    try:
        guarded_text, _ = guarded(text)
    except ParseError:
        return
    assert_same(guarded_text)


@pytest.mark.parametrize(
    "text",
    [
        '<rss version="2.0"><channel><title>T</title><item><title>A</title></item></channel></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>A</title></entry></feed>',
    ],
)
def test_common_feeds_are_read_quickly(text: str) -> None:
    assert assert_same(text)


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><title>T</rss>",
        "<rss><channel><item><title>A<b>c</b></title></item></channel></rss>",
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        '<feed xmlns="http://purl.org/atom/ns#" version="0.3"/>',
        '<rss xmlns:dc="https://not.dublin/core"><channel/></rss>',
    ],
)
def test_what_is_rare_is_left_to_feedparser(text: str) -> None:
    assert read_quickly(text) is None
