"""The commonest feeds, read many times faster than by feedparser; None for all others.

RSS 2.0 and Atom 1.0 as nearly everyone writes them, told in feedparser's own words:
entries are mappings with its keys. What is rarer (and there is a list of what is
common, not of what is rare) is left to feedparser, which stays the authority: tests
hold both against each other on every document that is at hand.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError, XMLParser

Said = dict[str, Any]

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_SLASH = "{http://purl.org/rss/1.0/modules/slash/}"
_WFW = "{http://wellformedweb.org/CommentAPI/}"
_SY = "{http://purl.org/rss/1.0/modules/syndication/}"
_XML = "{http://www.w3.org/XML/1998/namespace}"

_FEEDBURNER = "{http://rssnamespace.org/feedburner/ext/1.0}"
_BASE = _XML + "base"

_HTML_TYPES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
_TEXT_TYPES = {"text": "text/plain", "html": "text/html"}

# Elements that say nothing which is kept.
_RSS_CHANNEL_REST = frozenset(
    [
        "description",
        "pubDate",
        "lastBuildDate",
        "generator",
        "docs",
        "ttl",
        "copyright",
        "managingEditor",
        "webMaster",
        "category",
        "cloud",
        "skipHours",
        "skipDays",
        "rating",
        "image",
    ]
) | {_SY + "updatePeriod", _SY + "updateFrequency", _SY + "updateBase"}
_RSS_ITEM_REST = frozenset(
    {"comments", _SLASH + "comments", _WFW + "commentRss", _WFW + "comment"}
)
_MEDIA_REST = frozenset(
    _MEDIA + name for name in ("group", "content", "thumbnail", "credit", "copyright")
)
_FEED_REST = frozenset(
    _ATOM + name
    for name in (
        "subtitle",
        "author",
        "generator",
        "icon",
        "logo",
        "rights",
        "updated",
        "published",
        "category",
    )
)
_ENTRY_REST = frozenset({_ATOM + "rights"})
_QUIET_RELS = frozenset({"self", "hub", "next", "prev", "first", "last", "search"})

_AMPERSANDS = re.compile(r"&([A-Za-z0-9_]+);")
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)(/+)")
_CP1252 = {
    n: bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(0x80, 0xA0)
}


_NAMESPACE = re.compile(r"xmlns:([\w.-]+)\s*=\s*[\"']([^\"']*)[\"']")
# feedparser goes by addresses it knows, else by prefixes it knows.
_KNOWN_ADDRESS = re.compile(
    r"purl\.org|w3\.org|itunes|yahoo|userland|netscape|creativecommons|georss|opengis"
    r"|podlove|rssnamespace|law\.harvard|web\.resource|example\.|echo|pie|freshmeat|foaf"
    r"|hacks\.|webns|theinfo|tangent|postneo|madskills|prismstandard|soap|wellformedweb",
    re.IGNORECASE,
)
_KNOWN_PREFIXES = frozenset(
    [
        "dc",
        "dcterms",
        "itunes",
        "media",
        "content",
        "cc",
        "creativecommons",
        "georss",
        "gml",
        "geo",
        "psc",
        "atom",
        "xhtml",
        "rdf",
        "admin",
        "feedburner",
        "xml",
    ]
)


class _Rare(Exception):
    """This document holds something that feedparser shall read."""


def read_quickly(text: str) -> tuple[Said, list[Said], bool] | None:
    """Return feed, entries and whether it is Atom; None for what is not common.

    `text` is guarded: it has no DTD.
    """
    if text.count("xml:base") > 1 or " base=" in text:
        return None
    parser = XMLParser()  # noqa: S314 - there is no DTD
    try:
        _check_namespaces(text)
        parser.feed(text)
        root = parser.close()
        if "xml:base" in text and _BASE not in root.attrib:
            return None
        if root.tag == _ATOM + "feed":
            feed, entries = _atom(root)
            return feed, entries, True
        if root.tag == "rss":
            feed, entries = _rss(root)
            return feed, entries, False
    except (ParseError, _Rare):
        pass
    return None


def _check_namespaces(text: str) -> None:
    """Raise for an address that feedparser does not know under a prefix that it does."""
    for prefix, address in _NAMESPACE.findall(text):
        if prefix.lower() in _KNOWN_PREFIXES and not _KNOWN_ADDRESS.search(address):
            raise _Rare


def _is_quiet(element: Element) -> bool:
    """Say whether an element is in a namespace that feedparser knows nothing about."""
    address, brace, _ = element.tag.rpartition("}")
    return bool(brace) and len(element) == 0 and not _KNOWN_ADDRESS.search(address)


# --- RSS 2.0 ----------------------------------------------------------------


def _rss(root: Element) -> tuple[Said, list[Said]]:
    if (
        len(root) != 1
        or root[0].tag != "channel"
        or root[0].attrib
        or _BASE in root.attrib
    ):
        raise _Rare
    feed: Said = _language(root)
    entries: list[Said] = []
    for element in root[0]:
        tag = element.tag
        if tag == "item":
            entries.append(_rss_item(element))
        elif tag in {"title", "link", "language"}:
            text = _text(element)
            _once(feed, tag, _mended_link(text) if tag == "link" else _mended(text))
        elif tag == _ATOM + "link":
            if element.get("rel", "").lower() not in _QUIET_RELS or len(element):
                raise _Rare
        elif tag == _FEEDBURNER + "info":
            if not element.attrib or len(element):
                raise _Rare
        elif tag not in _RSS_CHANNEL_REST and not _is_quiet(element):
            raise _Rare
    feed.pop("lang", None)
    return feed, entries


def _rss_item(item: Element) -> Said:
    if item.attrib:
        raise _Rare
    entry: Said = {"tags": [], "links": []}
    for element in item:
        if (take := _RSS_ITEM.get(element.tag)) is not None:
            take(entry, element)
        elif element.tag in _MEDIA_REST:
            if any(child.tag not in _MEDIA_REST or len(child) for child in element):
                raise _Rare
        elif element.tag == _ATOM + "link":
            _take_quiet_link(entry, element)
        elif element.tag not in _RSS_ITEM_REST and not _is_quiet(element):
            raise _Rare
    if "link" not in entry and entry.pop("guid_is_link", False):
        entry["link"] = entry["id"]
    return entry


def _take(name: str) -> Callable[[Said, Element], None]:
    """Return what takes a text that stands at most once."""

    def take(entry: Said, element: Element) -> None:
        if element.attrib:
            raise _Rare
        _once(entry, name, _mended(_text(element)))

    return take


def _take_link(entry: Said, element: Element) -> None:
    if element.attrib:
        raise _Rare
    _once(entry, "link", _mended_link(_text(element)))
    entry["links"].append({"rel": "alternate", "href": entry["link"]})


def _take_guid(entry: Said, element: Element) -> None:
    is_link = element.get("isPermaLink", "true") == "true"
    if element.attrib.keys() - {"isPermaLink"}:
        raise _Rare
    text = _text(element)
    _once(entry, "id", _mended(_SLASHES.sub(r"\1", text) if is_link else text))
    entry["guid_is_link"] = is_link


def _take_author(entry: Said, element: Element) -> None:
    if element.attrib:
        raise _Rare
    entry["author"] = _mended(_text(element))  # the last one counts


def _take_category(entry: Said, element: Element) -> None:
    if element.attrib.keys() - {"domain"}:
        raise _Rare
    if text := _mended(_text(element)):
        entry["tags"].append({"term": text})


def _take_enclosure(entry: Said, element: Element) -> None:
    _text(element)
    href = element.get("url") or element.get("href")
    entry["links"].append({"rel": "enclosure", "href": href})


def _take_quiet_link(entry: Said, element: Element) -> None:
    rel, href = element.get("rel", "alternate").lower(), element.get("href")
    if rel == "alternate" or not href or len(element):
        raise _Rare
    entry["links"].append({"rel": rel, "href": href})


def _take_source(entry: Said, element: Element) -> None:
    _once(entry, "source", {"title": _mended(_text(element))})


def _take_content(entry: Said, element: Element) -> None:
    if element.attrib:
        raise _Rare
    _once(entry, "content", [{"value": _mended(_text(element))}])


_RSS_ITEM: dict[str, Callable[[Said, Element], None]] = {
    "title": _take("title"),
    "link": _take_link,
    "description": _take("summary"),
    "pubDate": _take("published"),
    "guid": _take_guid,
    "author": _take_author,
    "category": _take_category,
    "enclosure": _take_enclosure,
    "source": _take_source,
    _CONTENT + "encoded": _take_content,
    _DC + "creator": _take_author,
    _DC + "date": _take("updated"),
    _FEEDBURNER + "origLink": _take("feedburner_origlink"),
}


# --- Atom 1.0 ---------------------------------------------------------------


def _atom(root: Element) -> tuple[Said, list[Said]]:
    feed: Said = _language(root)
    feed["links"] = []
    entries: list[Said] = []
    base = _SLASHES.sub(r"\1", root.get(_BASE, ""))
    if base and not base.startswith(("http://", "https://")):
        raise _Rare
    for element in root:
        tag = element.tag
        if tag == _ATOM + "entry":
            entries.append(_atom_entry(element, base))
        elif tag == _ATOM + "title":
            _take_typed(feed, "title", element)
        elif tag == _ATOM + "link":
            _take_atom_link(feed, element, base)
        elif tag == _ATOM + "id":
            _once(feed, "id", _atom_id(element, base))
        elif (tag not in _FEED_REST or any(_deep(element))) and not _is_quiet(element):
            raise _Rare
    feed.setdefault("link", feed.get("id", ""))
    return feed, entries


def _atom_entry(root: Element, base: str) -> Said:
    if root.attrib:
        raise _Rare
    entry: Said = {"tags": [], "links": []}
    for element in root:
        tag = element.tag.removeprefix(_ATOM)
        if tag in {"title", "summary", "content"}:
            _take_typed(entry, tag, element)
        elif tag == "link":
            _take_atom_link(entry, element, base)
        elif tag == "id":
            _once(entry, "id", _atom_id(element, base))
        elif tag in {"published", "updated"}:
            _once(entry, tag, _mended(_text(element)))
        elif tag == "author":
            _once(entry, "author", _person(element))
        elif tag == "category":
            _text(element, blank=True)
            tag_said = {"term": element.get("term"), "label": element.get("label")}
            entry["tags"].append(tag_said)
        elif element.tag == _MEDIA + "group":
            _take_group(entry, element)
        elif (element.tag not in _ENTRY_REST or any(_deep(element))) and not _is_quiet(
            element
        ):
            raise _Rare
    if "group" in entry:
        if "summary" in entry or "content" in entry:
            raise _Rare
        entry["summary"] = entry.pop("group")
        entry["summary_detail"] = {"type": "text/html"}
    if "id" in entry:
        entry.setdefault("link", entry["id"])
    if (content := entry.pop("content", None)) is not None:
        kind = entry.pop("content_detail")["type"]
        entry["content"] = [{"value": content, "type": kind}]
    return entry


def _take_group(entry: Said, group: Element) -> None:
    """Take what a video is about: YouTube says it nowhere else."""
    for element in group:
        name = element.tag.removeprefix(_MEDIA)
        if name == "description" and not element.attrib:
            _once(entry, "group", _mended(_text(element)))
        elif name == "title":
            if "title" not in entry:
                raise _Rare
        elif name not in {"content", "thumbnail", "community"}:
            raise _Rare


def _take_typed(said: Said, name: str, element: Element) -> None:
    kind = _TEXT_TYPES.get(element.get("type", "text").lower())
    if kind is None or element.attrib.keys() - {"type"}:
        raise _Rare
    _once(said, name, _mended(_text(element)))
    said[f"{name}_detail"] = {"type": kind}


def _take_atom_link(said: Said, element: Element, base: str) -> None:
    href = element.get("href")
    if href is None or len(element):
        raise _Rare
    rel = element.get("rel", "alternate").lower()
    href = _joined(base, href)
    said["links"].append({"rel": rel, "href": href})
    if rel == "alternate" and element.get("type", "text/html").lower() in _HTML_TYPES:
        said["link"] = href


def _atom_id(element: Element, base: str) -> str:
    text = _text(element)
    return _mended(_joined(base, text)) if text else ""


def _person(element: Element) -> str:
    parts: dict[str, str] = {}
    if (element.text or "").strip() or any((c.tail or "").strip() for c in element):
        raise _Rare
    for child in element:
        tag = child.tag.removeprefix(_ATOM)
        if tag not in {"name", "email", "uri"} or tag in parts:
            raise _Rare
        parts[tag] = _text(child)  # which feedparser does not mend here
    name, email = parts.get("name"), parts.get("email")
    return f"{name} ({email})" if name and email else name or email or ""


# --- words ------------------------------------------------------------------


def _language(root: Element) -> Said:
    language = root.get(_XML + "lang")
    if "lang" in root.attrib:
        raise _Rare
    return (
        {"lang": language, "language": language.replace("_", "-")} if language else {}
    )


def _once(said: Said, name: str, value: Any) -> None:
    if name in said and not (name == "language" and "lang" in said):
        raise _Rare
    said[name] = value


def _text(element: Element, *, blank: bool = False) -> str:
    """Return an element's text; one that holds elements, or a blank one not, is rare."""
    if len(element):
        raise _Rare
    text = (element.text or "").strip()
    if blank and text:
        raise _Rare
    return text


def _deep(element: Element) -> Iterator[bool]:
    """Yield whether anything inside is more than a person's or a picture's parts."""
    for child in element:
        yield (
            child.tag.removeprefix(_ATOM) not in {"name", "email", "uri"}
            or len(child) > 0
        )


def _joined(base: str, address: str) -> str:
    address = _SLASHES.sub(r"\1", address)
    try:
        return urljoin(base, address) if base else address
    except ValueError:
        return ""


def _mended(text: str) -> str:
    """Undo what feedparser undoes: UTF-8 packed as Latin-1, and windows-1252 as it."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeEncodeError, UnicodeDecodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_CP1252)


def _mended_link(text: str) -> str:
    text = _mended(_SLASHES.sub(r"\1", text)).replace("&amp;", "&")
    return _AMPERSANDS.sub(r"&\g<1>", text)
