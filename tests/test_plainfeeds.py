"""The plain reader says what feedparser says, or leaves the document to it."""

from __future__ import annotations

import os
import re
import tarfile
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.parse.decoding import decode
from aggregator.parse.document import read_with_feedparser, said_feed
from aggregator.parse.guards import guarded
from aggregator.parse.plainfeeds import read_plain
from aggregator.parse.plainnames import KNOWN_NAMES
from tests.test_fixtures import documents
from tests.test_fixtures import pytestmark as needs_fixtures

SHARED = Path(os.environ.get("AGGREGATOR_SHARED", Path(__file__).parents[2] / "shared"))
REPLAY = SHARED / "replay" / "sept2021.tar.xz"
EACH = 25  # of the replay's documents: all of them take feedparser two minutes


def assert_same(text: str) -> bool:
    """Hold both readers against each other; say whether the plain one had an answer."""
    plain = read_plain(text)
    if plain is None:
        return False
    feed, entries, is_atom = plain
    ours = said_feed(feed, entries, "", 0, is_atom=is_atom)
    assert ours == read_with_feedparser(text, "", 0)
    return True


def counts(bodies: list[bytes]) -> tuple[int, int]:
    """Return how many documents were read alike and how many can be read at all."""
    alike = total = 0
    for body in bodies:
        try:
            text, _ = guarded(decode(body, "")[0])
        except ParseError:
            continue
        total += 1
        alike += assert_same(text)
    return alike, total


@needs_fixtures
def test_both_readers_agree_on_every_test_feed_of_other_parsers() -> None:
    alike, total = counts(
        [body for name, body in documents() if name.endswith((".xml", ".rss", ".atom"))]
    )
    assert alike > 0.7 * total > 1_500


@pytest.mark.replay
@pytest.mark.skipif(not REPLAY.exists(), reason="the replay archive is not there")
def test_both_readers_agree_on_a_month_of_real_feeds() -> None:
    with tarfile.open(REPLAY) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        bodies = [
            opened.read()
            for member in members[::EACH]
            if (opened := tar.extractfile(member))
        ]
    alike, total = counts(bodies)
    assert alike > 0.9 * total > 10


_WORDS = (
    "a",
    "B c",
    " ",
    "\n",
    "é",
    "€",
    "Ã©",
    "\x80",
    "&amp;",
    "&lt;b&gt;x&lt;/b&gt;",
    "&#233;",
    "&amp;amp;",
    "<![CDATA[<p>d & e</p>]]>",
    "<!-- c -->",
    "x@e.example (X Y)",
    "2026-07-01T12:00:00Z",
    "Wed, 01 Jul 2026 12:00:00 GMT",
    "https://e.example/a",
    "http:////e.example/b?x=1&amp;y;=2",
    "/rel",
    "rel?q#f",
    "urn:x",
    "https://[",
)
_ATTRIBUTES = (
    'type="html"',
    'type="text"',
    'type="xhtml"',
    'type="TEXT/HTML"',
    'mode="escaped"',
    'rel="self"',
    'rel="alternate"',
    'rel="Enclosure"',
    'href="https://e.example/h"',
    'href="h"',
    'url="u"',
    'isPermaLink="false"',
    'ispermalink="true"',
    'term="t"',
    'label="l"',
    'domain="d"',
    'scheme="d"',
    'xml:base="https://i.example/j/"',
    'odd:href="o"',
    'rdf:about="urn:about"',
    'x="y"',
)
_NAMES_TEXT = """
    title link guid id description summary content author category source pubDate
    published updated created issued modified name email uri enclosure
    dc:creator dc:date dc:title dc:subject dc:description content:encoded
    media:title media:group media:content media:category media:description
    media:thumbnail media:keywords itunes:author itunes:summary itunes:keywords
    itunes:image feedburner:origLink odd:title odd:thing thing language subtitle
    rights contributor dc:language lastBuildDate
"""
_NAMES = tuple(_NAMES_TEXT.split())
_DECLARED = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "dc": "http://purl.org/dc/elements/1.1/",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "media": "http://search.yahoo.com/mrss/",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "odd": "https://odd.test/ns",
    }.items()
)


_attributes = st.lists(st.sampled_from(_ATTRIBUTES), max_size=2).map(
    lambda given: {one.partition("=")[0]: one for one in given}
)


def _element(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, given, content: (
            f"<{' '.join([name, *given.values()])}>{content}</{name}>"
        ),
        st.sampled_from(_NAMES),
        st.integers(0, 3).flatmap(
            lambda n: st.just({}) if n else _attributes  # most have none
        ),
        inside,
    )


_text = st.lists(st.sampled_from(_WORDS), max_size=3).map("".join)
_plain = _element(_text)
_nested = _element(st.lists(_element(_text), max_size=3).map("".join))
_odd = st.sampled_from(["<image/>", "<textInput/>", "<date>d</date>", "<b>x</b>", "t"])
# A document with one odd part is feedparser's: most have none.
_part = st.integers(0, 19).flatmap(
    lambda n: _odd if n == 0 else _nested if n == 1 else _plain
)
_parts = st.lists(_part, max_size=7).map("".join)
_head = st.lists(_part, max_size=3).map("".join)
_base = st.sampled_from(
    ["", "", "xml:base='https://b.example/x/'", "xml:base='/y/'", "xml:lang='de_AT'"]
)
_rss = st.builds(
    lambda base, head, items, tail: (
        f'<rss version="2.0" {_DECLARED} {base}><channel>{head}'
        f"{''.join(f'<item>{parts}</item>' for parts in items)}{tail}</channel></rss>"
    ),
    _base,
    _head,
    st.lists(_parts, max_size=3),
    _head,
)
_rdf = st.builds(
    lambda namespace, about, head, items: (
        f'<rdf:RDF xmlns="{namespace}" {_DECLARED}><channel rdf:about="c">{head}</channel>'
        f"{''.join(f'<item {about}>{parts}</item>' for parts in items)}</rdf:RDF>"
    ),
    st.sampled_from(
        ["http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"]
    ),
    st.sampled_from(["", "rdf:about='urn:i'"]),
    _head,
    st.lists(_parts, max_size=3),
)
_atom = st.builds(
    lambda namespace, base, head, entries: (
        f'<feed xmlns="{namespace}" {_DECLARED} {base}>{head}'
        f"{''.join(f'<entry {base}>{parts}</entry>' for parts in entries)}</feed>"
    ),
    st.sampled_from(["http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"]),
    _base,
    _head,
    st.lists(_parts, max_size=3),
)


@given(_rss | _rdf | _atom)
def test_both_readers_agree_on_any_feed(text: str) -> None:
    try:
        text, _ = guarded(text)
    except ParseError:
        return
    try:
        assert_same(text)
    except ParseError:  # feedparser failed where the plain reader need not
        assert read_plain(text)


@pytest.mark.parametrize(
    "text",
    [
        '<rss version="2.0"><channel><title>T</title><item><title>A</title></item></channel></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>A</title></entry></feed>',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/><item><title>A</title></item></rdf:RDF>',
    ],
)
def test_common_feeds_are_read_without_feedparser(text: str) -> None:
    assert assert_same(text)


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><title>T</rss>",
        "<rss><channel><item><title>A<b>c</b></title></item></channel></rss>",
        "<rss><channel><item><image/><link>a</link></item></channel></rss>",
        '<rss xmlns:x="a" xmlns:X="b"><channel/></rss>',
        '<rss><channel xml:base="https://e.example/"/></rss>',
        "<!DOCTYPE rss><rss><channel/></rss>",
        f"<rss><channel>{'<a>' * 5_000}{'</a>' * 5_000}</channel></rss>",
    ],
)
def test_what_is_rare_is_left_to_feedparser(text: str) -> None:
    assert read_plain(text) is None


def test_every_name_that_feedparser_has_a_reader_for_is_known_here() -> None:
    names = {
        match[1].lower()
        for name in dir(feedparser.mixin._FeedParserMixin)
        if (match := re.fullmatch(r"_(?:start|end)_(\w+)", name))
    }
    assert names <= KNOWN_NAMES
