"""Entries under a new key -> the stored items that they are all the same; pure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.models import Entry

_LINK_KEYS = ("l:", "lt:")  # of aggregator/identity.py: the entry had no guid


@dataclass(frozen=True, slots=True)
class Stored:
    """What a stored item can be told by."""

    id: int
    key: str
    url: str
    title: str
    summary: str
    published_at: datetime | None


def link_hash(url: str) -> int:
    """Return what an index knows a link by, whatever its scheme; 0 for no page.

    A site's front door is no page of its own: it tells nothing apart.
    """
    name = _page(url)
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) if name else 0


def title_hash(title: str) -> int:
    """Return what an index knows a title by."""
    return zlib.crc32(title.encode("utf-8", "surrogatepass"))


def same_items(
    entries: Sequence[Entry], known: Collection[str], stored: Iterable[Stored]
) -> Mapping[str, Stored]:
    """Return, by an entry's key, the item that this entry was stored as before.

    `entries` are a whole document's and `known` the keys among them that are stored;
    `stored` are the feed's items that have a link or a title in common with the rest.
    Guids that change with every poll (WSJ, Medium) make no doubles. What several
    entries or items share tells none of them apart, and an item that the document
    still has under its own key is nobody else.
    """
    items = list(stored)
    by_link = _alone((_page(item.url), item) for item in items)
    by_title = _alone((item.title, item) for item in items)
    links = Counter(_page(entry.url) for entry in entries)
    titles = Counter(entry.title for entry in entries)
    gone = {item.id for item in items if item.key not in known}
    new = [entry for entry in entries if entry.key not in known]
    linked: list[tuple[Entry, Stored]] = []
    found: dict[str, Stored] = {}
    for entry in new:
        link = _page(entry.url)
        item = by_link.get(link) if links[link] == 1 else None
        if item is not None and item.id in gone:
            linked.append((entry, item))
            if _fits(entry, item):
                found[entry.key] = item
        item = by_title.get(entry.title) if titles[entry.title] == 1 else None
        if item is not None and item.id in gone and _says_the_same(entry, item):
            found.setdefault(entry.key, item)
    if len(linked) == len(new) > 1:  # all old links: it is the guids that changed
        for entry, item in linked:
            if _dates_agree(entry, item):
                found.setdefault(entry.key, item)
    return _once(found)


def _fits(entry: Entry, item: Stored) -> bool:
    """Say whether two that share a link are one: an hourly bulletin keeps its link."""
    if entry.title == item.title:
        return entry.summary == item.summary or _dates_agree(entry, item)
    return entry.published_at is not None and entry.published_at == item.published_at


def _says_the_same(entry: Entry, item: Stored) -> bool:
    """Say whether two that share a title are one; the link may have changed."""
    if entry.summary != item.summary:
        return False
    if _page(entry.url) == _page(item.url):
        return _dates_agree(entry, item)
    return (
        entry.key.startswith(_LINK_KEYS)
        and item.key.startswith(_LINK_KEYS)
        and entry.published_at is not None
        and entry.published_at == item.published_at
    )


def _dates_agree(entry: Entry, item: Stored) -> bool:
    dates = {entry.published_at, item.published_at} - {None}
    return len(dates) < 2


def _alone(named: Iterable[tuple[str, Stored]]) -> dict[str, Stored]:
    """Return the items whose name no other one has."""
    found: dict[str, Stored | None] = {}
    for name, item in named:
        found[name] = None if name in found else item
    return {name: item for name, item in found.items() if name and item is not None}


def _once(found: Mapping[str, Stored]) -> dict[str, Stored]:
    """Return what no two entries lay claim to."""
    claims = Counter(item.id for item in found.values())
    return {key: item for key, item in found.items() if claims[item.id] == 1}


def _page(url: str) -> str:
    """Return a link without its scheme, '' where it leads to a front door only."""
    name = url.partition("://")[2]
    return name if name.partition("/")[2].strip("/") else ""
