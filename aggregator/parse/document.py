"""Bytes -> entries: the only module that knows feedparser."""

from __future__ import annotations

import io
import xml.sax
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from aggregator.dates import parse_date
from aggregator.errors import ParseError
from aggregator.limits import Limits
from aggregator.models import Document, Response
from aggregator.parse.decoding import decode
from aggregator.parse.entries import document_of
from aggregator.parse.guards import guarded
from aggregator.parse.jsonfeed import read_json_feed
from aggregator.parse.plainfeeds import read_plain
from aggregator.parse.said import Said, SaidFeed
from aggregator.parse.slices import with_newest

_JSON_STARTS = ("{", "[")
_LINK_RELS = frozenset({"alternate", "enclosure", "via"})
_XML_TYPES = frozenset(
    {"application/xml", "text/xml", "application/rss", "application/atom"}
)
_NO_FEED_TYPES = frozenset({"application/xhtml+xml", "image/svg+xml"})


def parse(response: Response, limits: Limits, now: datetime) -> Document:
    """Return what a response's body says; raises `ParseError` with a verdict."""
    return document_of(read(response, limits), response.url, now, limits)


def read(response: Response, limits: Limits) -> SaidFeed:
    """Return what a body says in its own words; raises `ParseError` with a verdict."""
    content_type = response.headers.get("content-type", "")
    text, encoding_note = decode(response.body, content_type)
    text = text.lstrip("\ufeff")
    is_json = text.lstrip().startswith(_JSON_STARTS)
    if is_json:
        said = read_json_feed(text)
    else:
        xml_text, note = guarded(text)
        xml_text, cut_count = with_newest(xml_text, limits.entry_count)
        said = _read_xml(xml_text, note, cut_count)
    type_note = _type_note(content_type, is_json=is_json)
    return replace(said, warning=said.warning or encoding_note or type_note)


def _type_note(content_type: str, *, is_json: bool) -> str:
    """Say where a feed was served as what it is not."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind:
        return "served without a content type"
    fits = (
        kind.endswith("json")
        if is_json
        else kind in _XML_TYPES or kind.endswith("+xml")
    )
    return "" if fits and kind not in _NO_FEED_TYPES else f"served as {kind[:60]}"


def _read_xml(text: str, note: str, cut_count: int) -> SaidFeed:
    """Read XML, without feedparser if that says the same; raises `ParseError`."""
    if plain := read_plain(text):
        feed, entries, is_atom = plain
        return said_feed(feed, entries, note, cut_count, is_atom=is_atom)
    return read_with_feedparser(text, note, cut_count)


def read_with_feedparser(text: str, note: str, cut_count: int) -> SaidFeed:
    """Have feedparser read XML; raises `ParseError`.

    No Content-Location is given: feedparser would make addresses out of guids that are
    none, and every item would be new when a feed moves. Links are joined by us.
    """
    try:
        result = feedparser.parse(
            io.BytesIO(text.encode("utf-8")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        AssertionError,
    ) as error:
        # It raises dozens of things for what it did not expect.
        raise ParseError(
            "unreadable", f"cannot be read: {type(error).__name__}"
        ) from error
    feed = dict(result.get("feed") or {})
    if not result.get("entries") and not result.get("version") and not feed:
        raise ParseError("not_a_feed", "not a feed: nothing of one was found in it")
    is_atom = str(result.get("version") or "").startswith("atom")
    note = _not_well_formed(result) or note
    entries = [dict(entry) for entry in result.get("entries") or ()]
    return said_feed(feed, entries, note, cut_count, is_atom=is_atom)


def said_feed(
    feed: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    note: str,
    cut_count: int,
    *,
    is_atom: bool,
) -> SaidFeed:
    return SaidFeed(
        title=_text(feed.get("title")),
        link=_text(feed.get("link")),
        language=_text(feed.get("language")),
        entries=tuple(_said(entry, is_atom=is_atom) for entry in entries),
        skipped_count=cut_count,
        warning=note,
    )


def _not_well_formed(result: Mapping[str, Any]) -> str:
    error = result.get("bozo_exception")
    if not result.get("bozo") or error is None:
        return ""
    if isinstance(error, xml.sax.SAXParseException):
        return f"not well formed: line {error.getLineNumber()}: {error.getMessage()}"
    return f"not well formed: {error}"


def _said(entry: Mapping[str, Any], *, is_atom: bool) -> Said:
    contents = [one for one in entry.get("content") or () if isinstance(one, dict)]
    summary, detail = _text(entry.get("summary")), entry.get("summary_detail")
    if contents and (not summary or detail is None):
        summary, detail = summary or _text(contents[0].get("value")), contents[0]
    source = entry.get("source")
    return Said(
        guid=_text(entry.get("id")),
        link=_link(entry),
        title=_text(entry.get("title")),
        title_is_text=is_atom and _is_text(entry.get("title_detail")),
        summary=summary,
        summary_is_text=is_atom and _is_text(detail),
        author=_text(entry.get("author")),
        publisher=_text(source.get("title")) if isinstance(source, dict) else "",
        published_at=_published_at(entry),
        categories=tuple(
            _text(tag.get("label")) or _text(tag.get("term"))
            for tag in (entry.get("tags") or ())[:1_000]
            if isinstance(tag, dict)
        ),
    )


def _link(entry: Mapping[str, Any]) -> str:
    """Return the address of an entry's page, perhaps relative, '' for none."""
    link = _text(entry.get("feedburner_origlink")) or _text(entry.get("link"))
    guid = _text(entry.get("id"))
    if link == guid and not link.lower().startswith(("http://", "https://")):
        link = ""  # a guid that feedparser took for an address
    if link:
        return link
    others = (
        _text(one.get("href"))
        for one in entry.get("links") or ()
        if isinstance(one, dict) and one.get("rel") in _LINK_RELS
    )
    return next(filter(None, others), "")


def _published_at(entry: Mapping[str, Any]) -> datetime | None:
    for name in ("published", "updated", "created"):
        text = _text(entry.get(name))
        if not text:
            continue
        if when := parse_date(text) or _guessed(text, entry.get(f"{name}_parsed")):
            return when
    return None


def _guessed(text: str, parsed: Any) -> datetime | None:
    """Believe feedparser only about other languages: it makes 10000 into 2010."""
    if text.isascii() or parsed is None:
        return None
    try:
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def _is_text(detail: object) -> bool:
    return isinstance(detail, dict) and detail.get("type") == "text/plain"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
