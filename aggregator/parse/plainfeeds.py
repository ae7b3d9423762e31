"""Well-formed RSS and Atom -> what feedparser says of it, at a twentieth of its cost.

feedparser stays the authority: whatever this module does not know for sure to mean the
same to both, it leaves to feedparser (`read_plain` returns None).
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from aggregator.parse.plainentries import PlainEntry
from aggregator.parse.plainnames import PlainNames, Unsure, attributes
from aggregator.parse.plaintext import (
    base_of,
    content_of,
    fixed,
    leaf,
    link_of,
    mended_link,
    resolved,
)

Said = dict[str, Any]
_MOST_CHARS = 4_000_000  # a tree of what is larger may need more memory than there is
_RSS_1 = "http://purl.org/rss/1.0/"
_RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"
_ATOM = "http://www.w3.org/2005/atom"
_IMAGE_PARTS = frozenset({"url", "title", "link", "width", "height", "description"})
_PERSON_PARTS = frozenset({"name", "email", "uri", "url", "homepage"})
_OWNER_PARTS = frozenset({"itunes_name", "itunes_email"})
# What feedparser knows of a feed that says nothing about its title, link or language.
_LEAVES_TEXT = """
    abstract admin_errorreportsto admin_generatoragent category cloud copyright created
    creativecommons_license cc_license dc_author dc_creator dc_date dc_publisher
    dc_rights dc_subject dcterms_created dcterms_issued dcterms_modified generator info
    issued itunes_author itunes_block itunes_explicit itunes_image itunes_keywords
    itunes_subtitle keywords lastbuilddate managingeditor media_thumbnail modified
    pubdate published rights subtitle tagline updated webmaster
    """
_LEAVES = frozenset(_LEAVES_TEXT.split())


class _Builder(TreeBuilder):
    """Builds a tree and keeps the namespaces that were declared, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.declared: list[tuple[str, str]] = []

    def start_ns(self, prefix: str | None, uri: str) -> None:
        """Take one declaration from the parser."""
        if uri:
            self.declared.append((prefix or "", uri))


def read_plain(text: str) -> tuple[Said, list[Said], bool] | None:
    """Return feed, entries and whether it is Atom, in feedparser's words.

    `text` is guarded XML: it has no DTD. None stands for what feedparser shall read.
    """
    if len(text) > _MOST_CHARS or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    builder = _Builder()
    parser = XMLParser(target=builder)  # noqa: S314 - no DTD, so nothing expands
    try:
        parser.feed(text)
        root = parser.close()
        return _PlainFeed(PlainNames(builder.declared)).read(root)
    except (ParseError, Unsure, RecursionError):
        return None


def _has_base(root: Element) -> bool:
    return any(
        name.lower().endswith("base")
        for element in root.iter()
        if element.attrib
        for name in element.attrib
    )


class _PlainFeed:
    """feedparser's state while it reads a feed, as far as it shows in the result."""

    def __init__(self, names: PlainNames) -> None:
        self.names = names
        self.feed: Said = {}
        self.entries: list[Said] = []
        self.title_depth = -1
        self.has_content = False
        self.version = ""

    def read(self, root: Element) -> tuple[Said, list[Said], bool]:
        """Return what a document says, from its first element on."""
        self.version = self._first_version()
        kind = self.names[root.tag]
        given = attributes(root)
        base = base_of("", given)
        if not base and _has_base(root):
            raise Unsure  # feedparser does not go back to none at the element's end
        if kind in {"rss", "feed"} and (
            language := given.get("xml:lang", given.get("lang"))
        ):
            self.feed["language"] = language.replace("_", "-")
        if kind == "rss":
            self.version = "rss"
            channels = list(root)
            if [self.names[one.tag] for one in channels] != ["channel"]:
                raise Unsure
            self._channel(channels[0], base, 2)
        elif kind == "feed":
            if self.version not in {"", "atom10"}:
                raise Unsure
            self.version = self.version or "atom"
            self._parts(root, base, 1)
        elif kind == "rdf_rdf":
            self._rdf(root, base)
        else:
            raise Unsure
        return self.feed, self.entries, self.version.startswith("atom")

    def _first_version(self) -> str:
        """Return what the first telling namespace makes of a document."""
        for prefix, uri in self.names.declared:
            if not prefix and uri == _RSS_090:
                return "rss090"
            if uri == _RSS_1:
                return "rss10"
            if uri == _ATOM:
                return "atom10"
        return ""

    def _rdf(self, root: Element, base: str) -> None:
        channel_count = 0
        for child in root:
            name = self.names[child.tag]
            if name == "channel":
                channel_count += 1
                self._channel(child, base, 2)
            elif name == "item":
                self._entry(child, base, 2)
            elif name == "image":
                self._image(child, 2)
            else:
                self.names.check_ignored(child, name)
        if channel_count != 1:
            raise Unsure

    def _channel(self, channel: Element, base: str, depth: int) -> None:
        given = attributes(channel)
        if "href" in given or "lastmod" in given:
            raise Unsure  # Microsoft's CDF
        self._parts(channel, base_of(base, given), depth)

    def _parts(self, element: Element, base: str, depth: int) -> None:
        """Take what a channel or an Atom feed holds; `depth` is its own."""
        names = self.names
        depth += 1
        for child in element:
            name = names[child.tag]
            if name in {"item", "entry"}:
                self._entry(child, base, depth)
            elif name in {"title", "dc_title"}:
                self._title(child, depth)
            elif name == "link":
                self._link(child, base)
            elif name in {"language", "dc_language"}:
                self.feed["language"] = fixed(leaf(child))
            elif name in {"id", "guid"}:
                self._id(child, base)
            elif name in {"description", "summary", "itunes_summary", "dc_description"}:
                self._description(child, name)
            elif name == "image":
                self._image(child, depth)
            else:
                self._ignored(child, name)

    def _ignored(self, child: Element, name: str) -> None:
        if name in _LEAVES:
            leaf(child)
        elif name in {"author", "contributor"}:
            self.names.check_parts(child, _PERSON_PARTS)
        elif name == "itunes_owner":
            self.names.check_parts(child, _OWNER_PARTS)
        elif name == "itunes_category":
            self.names.check_parts(child, frozenset({"itunes_category"}))
        elif name == "items":
            self.names.check_parts(child, frozenset())
        else:
            self.names.check_ignored(child, name)

    def _entry(self, element: Element, base: str, depth: int) -> None:
        entry = PlainEntry(
            self.names,
            base,
            is_atom=self.version.startswith("atom"),
            has_content=self.has_content,
        )
        self.entries.append(entry.read(element, depth))
        self.title_depth = entry.title_depth
        self.has_content = False

    def _title(self, element: Element, depth: int) -> None:
        title, _ = content_of(element, "text/plain")
        if not -1 < self.title_depth <= depth:
            self.feed["title"] = title
        if title:
            self.title_depth = depth

    def _link(self, element: Element, base: str) -> None:
        _, href, is_page, is_text = link_of(element, base)
        if is_page or is_text:
            self.feed["link"] = mended_link(href) if is_text else href

    def _id(self, element: Element, base: str) -> None:
        given = attributes(element)
        if "xml:base" in given or "base" in given:
            raise Unsure
        if given.get("ispermalink", "true") == "true":
            text = leaf(element)
            link = fixed(resolved(base, text)) if text else ""
            self.feed.setdefault("link", link)

    def _description(self, element: Element, name: str) -> None:
        """Note what a feed's description does to the first entry after it."""
        content_of(element, "text/plain")
        if "summary" in self.feed and not self.has_content:
            self.has_content = True
        elif name in {"summary", "itunes_summary"}:
            self.feed["summary"] = ""

    def _image(self, element: Element, depth: int) -> None:
        self.title_depth = -1
        for child in element:
            name = self.names[child.tag]
            if name not in _IMAGE_PARTS:
                raise Unsure
            if leaf(child) and name == "title":
                self.title_depth = depth + 1
