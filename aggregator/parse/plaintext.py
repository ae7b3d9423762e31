"""An XML element -> the text, type or address that feedparser finds in it; pure."""

from __future__ import annotations

import contextlib
import re
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from aggregator.parse.plainnames import Unsure, attributes

_C1 = re.compile("[\x80-\x9f]")
_WINDOWS = {
    point: text
    for point in range(0x80, 0xA0)
    if (text := bytes([point]).decode("cp1252", "ignore"))
}
_TYPES = {
    "text": "text/plain",
    "plain": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
_PAGES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
_SLASHES = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]*://)/+")
_BASE = re.compile(r"https?://[^\s/?#:@]+(?::[0-9]+)?/[^\s?#]*")
# What joining leaves as it is, whatever the base: it has a host and no empty parts.
_WHOLE = re.compile(r"https?://[A-Za-z0-9.:-]+/[!-\"$-:<->@-~]*(?:\?[!-\"$->@-~]+)?")
_REFERENCE = re.compile(r"&(\w+);", re.ASCII)


def leaf(element: Element) -> str:
    """Return the text of an element without children, stripped."""
    if len(element):
        raise Unsure
    text = element.text
    return text.strip() if text else ""


def fixed(text: str) -> str:
    """Mend UTF-8 that was taken for Latin-1 and encoded again, as feedparser does."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_WINDOWS) if _C1.search(text) else text


def content_of(element: Element, usual: str) -> tuple[str, str]:
    """Return the text of a title, summary or content, and its type."""
    kind = usual
    if element.attrib:
        given = attributes(element)
        if given.get("mode") == "base64" or "src" in given:
            raise Unsure
        kind = _TYPES.get(given.get("type", usual).lower(), "")
        if not kind:
            raise Unsure
    return fixed(leaf(element)), kind


def resolved(base: str, url: str) -> str:
    """Return an address in full; '' for one that cannot be read."""
    if not url:
        return base
    if "://" in url:
        url = _SLASHES.sub(r"\1", url)
    if not base or _WHOLE.fullmatch(url):
        return url
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def base_of(base: str, given: dict[str, str]) -> str:
    """Return the address that relative ones inside an element begin at."""
    inner = given.get("xml:base", given.get("base"))
    if not inner:
        return base
    joined = resolved(base, inner)
    # what is no plain address may change each time that feedparser looks at it
    if not _BASE.fullmatch(joined) or "/." in joined or "//" in joined[8:]:
        raise Unsure
    return joined


def link_of(element: Element, base: str) -> tuple[str, str, bool, bool]:
    """Return a `<link>`'s rel, its address, and whether it is a page's, and its text."""
    given = attributes(element) if element.attrib else {}
    if "xml:base" in given or "base" in given or len(element):
        raise Unsure
    rel = given.get("rel", "alternate").lower()
    href = given.get("url", given.get("uri", given.get("href"))) or given.get("href")
    if href is not None:
        usual = "application/atom+xml" if rel == "self" else "text/html"
        is_page = rel == "alternate" and given.get("type", usual).lower() in _PAGES
        return rel, resolved(base, href), is_page, False
    text = leaf(element)
    return rel, fixed(resolved(base, text)) if text else "", False, True


def mended_link(text: str) -> str:
    """Undo what a parser of bad HTML once did to the parameters of a link's query."""
    return _REFERENCE.sub(r"&\1", text) if "&" in text else text
