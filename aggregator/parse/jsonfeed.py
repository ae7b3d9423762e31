"""JSON Feed (jsonfeed.org, versions 1 and 1.1) -> what its items say; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aggregator.dates import parse_date
from aggregator.errors import ParseError
from aggregator.parse.said import Said, SaidFeed


def read_json_feed(text: str) -> SaidFeed:
    """Return what a JSON Feed says; raises `ParseError` for anything else."""
    try:
        document = json.loads(
            text, parse_int=_number, parse_float=_number, strict=False
        )
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "nested too deep")
        line = getattr(error, "lineno", 1)
        raise ParseError(
            "unreadable", f"JSON that cannot be read: line {line}: {reason}"
        ) from error
    if not isinstance(document, dict) or "jsonfeed.org/version/" not in _text(
        document.get("version")
    ):
        raise ParseError("not_a_feed", "not a feed: JSON, but no JSON Feed")
    items = document.get("items")
    if not isinstance(items, list):
        raise ParseError(
            "not_a_feed", "not a feed: a JSON Feed without a list of items"
        )
    author = _author(document)
    said = [_said(item, author) if isinstance(item, dict) else None for item in items]
    return SaidFeed(
        title=_text(document.get("title")),
        link=_text(document.get("home_page_url")),
        language=_text(document.get("language")),
        entries=tuple(one for one in said if one is not None),
        skipped_count=said.count(None),
    )


def _said(item: Mapping[str, Any], feed_author: str) -> Said:
    markup = _text(item.get("content_html"))
    return Said(
        guid=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_text(item.get("title")),
        title_is_text=True,
        summary=_text(item.get("summary")) or _text(item.get("content_text")) or markup,
        summary_is_text=bool(item.get("summary") or item.get("content_text")),
        author=_author(item) or feed_author,
        published_at=parse_date(_text(item.get("date_published")))
        or parse_date(_text(item.get("date_modified"))),
        categories=tuple(_texts(item.get("tags"))),
    )


def _author(value: Mapping[str, Any]) -> str:
    people = value.get("authors")
    people = people if isinstance(people, list) else [value.get("author")]
    names = (_text(one.get("name")) for one in people if isinstance(one, dict))
    return ", ".join(name for name in names if name)


def _text(value: object) -> str:
    """Return a text, or a number as one (ids often are); anything else is empty."""
    return value if isinstance(value, str) else ""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (_text(one) for one in value)


def _number(digits: str) -> str:
    return digits  # ids are often numbers, and int() of a million digits never ends
