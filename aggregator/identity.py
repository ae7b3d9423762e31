"""What makes an entry itself within its feed: keys for the entries of one document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aggregator.text import fingerprint

_GUID_CHARS = 500


@dataclass(frozen=True, slots=True)
class Names:
    """What an entry can be told by; `url` is canonical or empty."""

    guid: str
    url: str
    title: str
    summary: str


def keys_of(entries: Sequence[Names]) -> tuple[str, ...]:
    """Return a key for every entry of one document, in their order.

    The guid, else the link, else a hash of title and summary. A guid or link that
    several entries of the document share counts only together with what tells them
    apart; entries with equal keys are one entry said again.
    """
    by_guid = _shared(entry.guid.strip() for entry in entries)
    by_url = _shared(entry.url for entry in entries if not entry.guid.strip())
    # What the entries of one shared guid have to tell them apart.
    urls: dict[str, set[str]] = {}
    for entry in entries:
        guid = entry.guid.strip()
        if guid in by_guid and _is_page(entry.url):
            urls.setdefault(guid, set()).add(entry.url)
    return tuple(
        _key(entry, by_guid, by_url, several=len(urls.get(entry.guid.strip(), ())) > 1)
        for entry in entries
    )


def _key(
    entry: Names, by_guid: frozenset[str], by_url: frozenset[str], *, several: bool
) -> str:
    guid = entry.guid.strip()
    if guid and guid not in by_guid:
        return _guid_key(guid)
    if guid:
        if several and _is_page(entry.url):
            return f"gl:{fingerprint(guid, _link(entry.url))}"
        if _is_page(entry.url):
            return _guid_key(guid)  # one page under one guid: the same entry again
        return f"gt:{fingerprint(guid, entry.title)}"
    if entry.url and (entry.url not in by_url or not entry.title):
        return f"l:{_bounded(_link(entry.url))}"
    if entry.url:
        return f"lt:{fingerprint(_link(entry.url), entry.title)}"
    return f"t:{fingerprint(entry.title, entry.summary)}"


def _shared(names: object) -> frozenset[str]:
    counts = Counter(names)  # type: ignore[call-overload]
    return frozenset(name for name, count in counts.items() if name and count > 1)


def _guid_key(guid: str) -> str:
    return f"g:{_bounded(guid)}"


def _bounded(text: str) -> str:
    """Return what an index can hold: a long name as its hash."""
    return text if len(text) <= _GUID_CHARS else f"#{fingerprint(text)}"


def _link(url: str) -> str:
    """Return a link without its scheme: a site that moves to https stays itself."""
    return url.partition("://")[2]


def _is_page(url: str) -> bool:
    """Say whether a link leads further than to a site's front door."""
    parts = urlsplit(url)
    return bool(parts.path.strip("/") or parts.query)
