"""The test feeds of other parsers: none crashes ours, and no entry is lost."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from aggregator.errors import ParseError
from aggregator.limits import Limits
from aggregator.models import Response
from aggregator.parse.document import parse, read

NOW = datetime(2026, 7, 2, tzinfo=UTC)
SHARED = Path(os.environ.get("AGGREGATOR_SHARED", Path(__file__).parents[2] / "shared"))
ARCHIVES = sorted((SHARED / "fixtures").glob("*.zip"))
FEEDS = (".xml", ".rss", ".atom", ".opml", ".html", ".json")

# feedparser finds entries here, and we refuse to look for them.
REFUSED = {
    # <html><body><feed>: a browser's page that someone saved.
    "spec/sample_feeds/DuplicateContentAtomFeed.xml": "html",
    # An entity of its own in the DTD: the way of every XML bomb.
    "tests/wellformed/rss/entity_in_doctype.xml": "hostile",
}

pytestmark = pytest.mark.skipif(
    not ARCHIVES, reason="the archives of test feeds do not stand beside the project"
)


def documents() -> Iterator[tuple[str, bytes]]:
    for archive in ARCHIVES:
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                if name.endswith(FEEDS):
                    yield name, opened.read(name)


def feedparsers_count(body: bytes) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = feedparser.parse(
            io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False
        )
        return len(result.get("entries", ()))


def test_every_document_is_read_or_gets_a_verdict_and_no_entry_is_lost() -> None:
    read_count = refused_count = 0
    lost = {}
    for name, body in documents():
        response = Response(
            "https://e.example/f", 200, {"content-type": "application/xml"}, body
        )
        try:
            document = parse(response, Limits(), NOW)
        except ParseError as error:
            assert str(error) and error.kind
            refused_count += 1
            if not name.endswith(".json") and feedparsers_count(body):
                lost[name] = error.kind
            continue
        read_count += 1
        for entry in document.entries:
            repr(entry).encode("utf-8")
            assert entry.title and entry.key
        if not name.endswith(".json"):
            said_count = len(read(response, Limits()).entries)
            assert said_count >= feedparsers_count(body), name
    assert lost == REFUSED
    assert read_count > 2_500
    assert refused_count > 50
