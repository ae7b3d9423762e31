"""WebSub (w3.org/TR/websub): what feeds offer, what hubs are told, what is believed.

Pure: nothing here fetches, stores or looks at a clock.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from html import unescape
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

LEASE = timedelta(days=10)
"""How long a hub is asked to keep a subscription; it may say otherwise."""
_LEASES = (timedelta(minutes=5), timedelta(days=90))
PATIENCE = timedelta(hours=1)
"""How long a hub may take to verify what it was asked."""
_RETRIES = (timedelta(hours=1), timedelta(days=7))
MISSES = 2
"""Polls in a row that find what no push brought, until a hub is not relied on."""

_HEADER_CHARS = 8_000
_HEAD_BYTES = 20_000
_URL_CHARS = 2_000
_LINK = re.compile(r"<([^<>]*)>((?:[^\"<,]|\"[^\"]*\"|,(?!\s*<))*+)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_ENTRIES = re.compile(rb"<(?:item|entry)[\s>]")
_LINK_TAG = re.compile(rb"<(?:[\w-]{1,20}:)?link\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(rel|href)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_JSON_BYTES = 1_000_000
_JSON_HUBS = re.compile(rb"\"hubs\"\s*:\s*\[([^\[\]]{1,2000})\]")
_JSON_URL = re.compile(rb"\"url\"\s*:\s*\"([^\"]{1,2000})\"")
_JSON_SELF = re.compile(rb"\"feed_url\"\s*:\s*\"([^\"]{1,2000})\"")
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})


class Offer(NamedTuple):
    """Where pushes can be had, and for what."""

    hub: str
    topic: str


def offer_of(url: str, headers: Mapping[str, str], body: bytes) -> Offer | None:
    """Return the first hub that an answer names, in its headers or its document.

    A topic is what the answer calls itself, else the address that answered.
    """
    found: dict[str, str] = {}
    for rel, href in (*_header_links(headers.get("link", "")), *_body_links(body)):
        if rel in ("hub", "self") and rel not in found:
            found[rel] = _joined(url, href)
    hub, topic = found.get("hub", ""), found.get("self", "") or url
    return Offer(hub, topic) if hub else None


def subscribe_form(topic: str, callback: str, secret: str) -> bytes:
    """Return the body of the request that asks a hub for pushes."""
    fields = {
        "hub.mode": "subscribe",
        "hub.topic": topic,
        "hub.callback": callback,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
        "hub.secret": secret,
    }
    return urlencode(fields).encode("ascii")


def is_signed(signature: str, body: bytes, secret: str) -> bool:
    """Say whether X-Hub-Signature is what only the holder of the secret can make."""
    method, _, digest = signature.strip().partition("=")
    if method.lower() not in _METHODS or not digest.isascii():
        return False
    made = hmac.new(secret.encode(), body, getattr(hashlib, method.lower()))
    return hmac.compare_digest(made.hexdigest(), digest.lower())


def lease_of(seconds: str) -> timedelta:
    """Return how long a hub says that it pushes, within reason."""
    if not re.fullmatch(r"[0-9]{1,9}", seconds):
        return LEASE
    shortest, longest = _LEASES
    return min(max(timedelta(seconds=int(seconds)), shortest), longest)


def renewal_at(now: datetime, lease: timedelta) -> datetime:
    """Return when to ask again: with a quarter of the lease left for failures."""
    return now + (lease * 3 / 4)


def retry_gap(failure_count: int) -> timedelta:
    """Return how long to leave a hub alone that failed this many times in a row."""
    first, longest = _RETRIES
    return min(first * int(2 ** min(failure_count, 20)), longest)


def _header_links(header: str) -> Iterator[tuple[str, str]]:
    for link in _LINK.finditer(header[:_HEADER_CHARS]):
        if rel := _REL.search(link[2]):
            for name in (rel[1] or rel[2] or "").lower().split():
                yield name, link[1].strip()


def _body_links(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the links that stand before a document's first entry."""
    if body.lstrip()[:1] == b"{":
        yield from _json_links(body[:_JSON_BYTES])
        return
    head = body[:_HEAD_BYTES]
    if first := _ENTRIES.search(head):
        head = head[: first.start()]
    for tag in _LINK_TAG.finditer(head):
        text = tag[1].decode("utf-8", "replace")
        said = {
            match[1].lower(): unescape(match[2] or match[3] or "").strip()
            for match in _ATTRIBUTE.finditer(text)
        }
        if said.get("href"):
            yield said.get("rel", "").lower(), said["href"]


def _json_links(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the hubs of a JSON Feed, and its own address; JSON is not parsed here."""
    hubs = _JSON_HUBS.search(body)
    for rel, found in (
        ("hub", _JSON_URL.search(hubs[1]) if hubs else None),
        ("self", _JSON_SELF.search(body)),
    ):
        if found:
            yield rel, found[1].decode("utf-8", "replace").replace("\\/", "/")


def _joined(base: str, href: str) -> str:
    """Return an http(s) address, '' for anything else."""
    try:
        url = urljoin(base, href)
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    usable = usable and href.isprintable() and url.isascii() and " " not in url
    return url if usable and len(url) <= _URL_CHARS and "@" not in parts.netloc else ""
