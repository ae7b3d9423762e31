"""A web page -> the addresses at which its feeds may be; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from aggregator.config.yamlfile import written
from aggregator.text import cut

PAGE_CHARS = 300_000
"""How much of a page is read: Python's HTML parser takes quadratic time for traps."""
_TAG_CHARS = 4_000

_WELL_KNOWN = ("feed", "rss", "rss.xml", "atom.xml", "index.xml", "feed.json")
_FEED_TYPES = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "application/rdf+xml",
        "application/rss+xml",
        "application/xml",
        "text/xml",
    }
)
_FEED_LIKE = re.compile(
    r"/(?:feeds?|rss|atom|rdf|xml)(?:[/.]|$)|\.(?:rss|atom|rdf)$"
    r"|(?:feeds?|rss|atom|index)[\w-]*\.(?:xml|json)$|[?&](?:feed|format)=(?:rss|atom)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed's, and what says so."""

    url: str
    origin: str
    """`address` (asked for), `link` (declared), `anchor` (linked) or `guess`."""


def feed_links(page: str, base: str) -> tuple[Candidate, ...]:
    """Return the candidates that a page names, those that it declares first."""
    reader = _Links(base)
    reader.feed(page[:PAGE_CHARS])
    origins = dict.fromkeys(reader.declared, "link")
    for url in reader.linked:
        origins.setdefault(url, "anchor")
    return tuple(Candidate(url, origin) for url, origin in origins.items())


def guesses(base: str) -> tuple[Candidate, ...]:
    """Return the addresses at which many sites have a feed that they do not name."""
    return tuple(Candidate(urljoin(base, f"/{path}"), "guess") for path in _WELL_KNOWN)


def snippet(url: str, title: str) -> str:
    """Return the lines that add a feed to feeds.yaml."""
    lines = [f"- url: {written(url)}"]
    name = cut("".join(c if c.isprintable() else " " for c in title).strip(), 200)
    if name:
        lines.append(f"  name: {written(name)}")
    return "\n".join(lines)


class _Links(HTMLParser):
    """Collects <link rel=alternate> and feed-like <a href>."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.declared: dict[str, None] = {}
        self.linked: dict[str, None] = {}
        self._base = base
        self._is_based = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in reversed(attrs)}
        href = said.get("href", "").strip()
        if not href or len(href) > _TAG_CHARS:
            return
        if tag == "base" and not self._is_based:
            self._is_based = True
            self._base = _joined(self._base, href) or self._base
        elif tag == "link" and _declares_a_feed(said):
            if url := _joined(self._base, href):
                self.declared.setdefault(url)
        elif tag == "a":
            url = _joined(self._base, href)
            if _FEED_LIKE.search(url.partition("://")[2]):
                self.linked.setdefault(url)


def _declares_a_feed(said: dict[str, str]) -> bool:
    rel = said.get("rel", "").lower().split()
    kind = said.get("type", "").partition(";")[0].strip().lower()
    return "feed" in rel or ("alternate" in rel and kind in _FEED_TYPES)


def _joined(base: str, href: str) -> str:
    """Return an absolute http(s) address without fragment, '' for anything else."""
    href = re.sub(r"^feed:(?://)?(?=https?:)", "", href, flags=re.IGNORECASE)
    href = re.sub(r"^feed://", "https://", href, flags=re.IGNORECASE)
    try:
        url = urldefrag(urljoin(base, href)).url
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and host else ""
