"""What a document said -> entries that can be believed: clean, bounded, told apart."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.dates import believable
from aggregator.identity import Names, keys_of
from aggregator.limits import Limits
from aggregator.models import Document, Entry
from aggregator.parse.said import Said, SaidFeed
from aggregator.text import (
    canonical_url,
    clean_text,
    clean_title,
    cut,
    fingerprint,
    plain_text,
)

log = logging.getLogger(__name__)

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_TITLE_FROM_SUMMARY = 100  # characters


@dataclass(frozen=True, slots=True)
class _Clean:
    """An entry without its key."""

    guid: str
    url: str
    title: str
    summary: str
    said: Said
    published_at: datetime | None


def document_of(said: SaidFeed, base: str, now: datetime, limits: Limits) -> Document:
    """Return a document; entries that are empty or repeated are left out.

    `base` is the address that relative links begin at. `skipped_count` tells how many
    entries were empty, unreadable, or beyond the newest that are kept.
    """
    clean, bad_count = _cleaned(said.entries, base, now, limits)
    keys = keys_of([Names(one.guid, one.url, one.title, one.summary) for one in clean])
    once: dict[str, _Clean] = {}
    for key, one in zip(keys, clean, strict=True):
        once.setdefault(key, one)
    kept = _newest(once, limits.entry_count)
    return Document(
        title=clean_text(
            plain_text(said.title, limits.title_chars), limits.title_chars
        ),
        site_url=_url(said.link, base, limits),
        language=clean_text(said.language, 40),
        entries=tuple(_entry(key, once[key], limits) for key in kept),
        skipped_count=said.skipped_count + bad_count + len(once) - len(kept),
        warning=clean_text(said.warning, 300),
    )


def _cleaned(
    entries: Iterable[Said], base: str, now: datetime, limits: Limits
) -> tuple[list[_Clean], int]:
    """Return the entries that hold something and how many do not."""
    clean: list[_Clean] = []
    bad_count = 0
    for said in entries:
        try:
            one = _clean(said, base, now, limits)
        except (ValueError, OverflowError, TypeError) as error:
            log.warning("entry_skipped url=%s reason=%r", base, error)
            one = None
        if one is None:
            bad_count += 1
        else:
            clean.append(one)
    return clean, bad_count


def _clean(said: Said, base: str, now: datetime, limits: Limits) -> _Clean | None:
    most = limits.html_chars
    title = _text(said.title[:most], limits.title_chars, is_text=said.title_is_text)
    summary = said.summary[:most]
    summary = _text(summary, limits.text_chars, is_text=said.summary_is_text)
    guid = clean_text(said.guid, limits.guid_chars * 2)
    if len(guid) > limits.guid_chars:
        guid = f"long:{fingerprint(said.guid)}"
    url = _url(said.link, base, limits)
    if not title and not summary and not url:
        return None  # nothing that anyone could read or open
    title = clean_title(title or cut(summary, _TITLE_FROM_SUMMARY))
    return _Clean(guid, url, title, summary, said, believable(said.published_at, now))


def _newest(entries: dict[str, _Clean], count: int) -> list[str]:
    """Return the keys of the newest `count` entries, in the document's order."""
    keys = list(entries)
    if len(keys) <= count:
        return keys
    by_age = sorted(
        keys, key=lambda key: entries[key].published_at or _LONG_AGO, reverse=True
    )
    newest = set(by_age[:count])
    return [key for key in keys if key in newest]


def _entry(key: str, one: _Clean, limits: Limits) -> Entry:
    said = one.said
    categories = (
        plain_text(text, limits.category_chars)
        for text in said.categories[: limits.category_count]
    )
    return Entry(
        key=key,
        url=one.url,
        title=one.title,
        summary="" if one.summary == one.title else one.summary,
        author=plain_text(said.author, limits.author_chars),
        publisher=plain_text(said.publisher, limits.author_chars),
        published_at=one.published_at,
        categories=tuple(dict.fromkeys(text for text in categories if text)),
    )


def _url(link: str, base: str, limits: Limits) -> str:
    url = canonical_url(link, base) if link.strip() else ""
    return url if len(url) <= limits.url_chars else ""


def _text(text: str, limit: int, *, is_text: bool) -> str:
    return clean_text(text, limit) if is_text else plain_text(text, limit)
