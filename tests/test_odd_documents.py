"""Documents that look for a way around the guards: each has an end and a clear verdict."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.errors import ParseError
from aggregator.limits import Limits
from aggregator.models import Document, Response
from aggregator.parse.document import parse

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ITEM = "<item><title>A bridge</title><link>https://e.example/a</link></item>"
JSON = b'{"version": "https://jsonfeed.org/version/1.1", "items": [%b]}'


def rss(body: str, head: str = '<?xml version="1.0"?>') -> bytes:
    return f'{head}<rss version="2.0"><channel><title>t</title>{body}</channel></rss>'.encode()


def read(body: bytes) -> Document:
    return parse(Response("https://e.example/feed", 200, {}, body), Limits(), NOW)


@pytest.mark.parametrize(
    "codec", ["idna", "punycode", "rot13", "zlib", "base64", "undefined", "utf-7"]
)
def test_what_python_calls_a_codec_is_no_encoding_of_a_feed(codec: str) -> None:
    """Some of them decode bytes to bytes, some raise errors of their own."""
    head = f'<?xml version="1.0" encoding="{codec}"?>'
    assert [entry.title for entry in read(rss(ITEM, head)).entries] == ["A bridge"]


@pytest.mark.parametrize(
    "body",
    [
        rss("<?x y?>" * 50_000 + ITEM),
        rss(ITEM + "<!--" * 20_000),
        rss(ITEM + "<item><description><![CDATA[" + "<b>" * 20_000),
        rss("<item><title>" + "&" * 50_000 + "</title></item>" + ITEM),
        rss("<item><title>" + "&foo;" * 10_000 + "</title></item>" + ITEM),
        rss('<item xml:base="https://e.example/' + "a/" * 20_000 + '"/>' + ITEM),
        rss("<item><title>x</title>" + "<enclosure/>" * 5_000 + "</item>" + ITEM),
    ],
    ids=["instructions", "comment", "cdata", "ampersands", "entities", "base", "empty"],
)
def test_floods_of_one_thing_cost_no_other_item(body: bytes) -> None:
    assert "A bridge" in [entry.title for entry in read(body).entries]


@pytest.mark.parametrize(
    "body",
    [
        rss(ITEM, '<?xml version="1.0"?><!doctype rss [<!entity a "b">]>'),
        rss(ITEM, '\ufeff<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aa">]>')
        .decode()
        .encode("utf-16"),
    ],
    ids=["lower case", "UTF-16"],
)
def test_entities_are_refused_however_they_are_written(body: bytes) -> None:
    with pytest.raises(ParseError, match="entities of its own"):
        read(body)


@pytest.mark.parametrize(
    "item",
    [
        b'{"id": NaN, "title": "x", "content_text": "y"}',
        b'{"id": 1e999, "title": "x", "content_text": "y"}',
        b'{"id": {"a": 1}, "title": "x", "content_text": "y"}',
        b'{"id": ' + b"9" * 6_000 + b', "title": "x", "content_text": "y"}',
        b'{"id": "\\ud800", "title": "x \\udfff\\u0000", "content_text": "y"}',
        b'{"id": "a", "title": "x", "content_html": 5, "authors": "n", "tags": {}}',
        b'null, 7, {"id": "a", "title": "x", "date_published": 12}',
    ],
)
def test_json_of_the_wrong_kind_costs_what_is_wrong_alone(item: bytes) -> None:
    (entry,) = read(JSON % item).entries
    assert entry.title.startswith("x")
    assert "\0" not in entry.title + entry.key
    (entry.title + entry.key).encode()
