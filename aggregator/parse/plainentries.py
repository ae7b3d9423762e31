"""One well-formed `<item>` or `<entry>` -> the entry that feedparser makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

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

_RDF_ABOUT = "rdf:about"
_ITUNES = "http://www.itunes.com/"
_MEDIA_SCHEME = "http://search.yahoo.com/mrss/category_schema"
_PERSON_PARTS = frozenset({"name", "email", "uri", "url", "homepage"})
# What feedparser keeps of an entry and we do not read: text without parts.
_LEAVES_TEXT = """
    cc_license copyright creativecommons_license dc_language dc_publisher dc_rights
    dcterms_valid expirationdate generator itunes_block itunes_explicit itunes_image
    itunes_subtitle language media_credit media_license media_player media_rating
    media_restriction media_thumbnail rights subtitle webmaster
    """
_LEAVES = frozenset(_LEAVES_TEXT.split())


class PlainEntry:
    """feedparser's state while it reads one entry, as far as it shows in the result."""

    def __init__(
        self, names: PlainNames, base: str, *, is_atom: bool, has_content: bool
    ) -> None:
        self.names = names
        self.base = base
        self.is_atom = is_atom
        self.has_content = has_content
        self.title_depth = -1
        self.got: dict[str, Any] = {}
        self.depths: dict[str, int] = {}
        self.tags: set[tuple[str | None, str | None, str | None]] = set()

    def read(self, element: Element, depth: int) -> dict[str, Any]:
        """Return the entry; `depth` is the element's own."""
        if element.attrib:
            given = attributes(element)
            if "href" in given or "lastmod" in given:
                raise Unsure  # Microsoft's CDF
            self.base = base_of(self.base, given)
            if about := given.get(_RDF_ABOUT):
                self.got["id"] = about
        self._parts(element, depth + 1)
        return self.got

    def _parts(self, element: Element, depth: int) -> None:
        names = self.names
        for child in element:
            name = names[child.tag]
            reader = _READERS.get(name)
            if reader is not None:
                reader(self, child, name, depth)
            elif name in _LEAVES:
                leaf(child)
            else:
                names.check_ignored(child, name)

    def _keep(self, name: str, value: object, depth: int) -> None:
        """Keep a value unless what is there stood higher up in the document."""
        old = self.depths.get(name)
        if old is None or depth <= old:
            self.depths[name] = depth
            self.got[name] = value

    def _title(self, element: Element, name: str, depth: int) -> None:
        title, kind = content_of(element, "text/plain")
        if not -1 < self.title_depth <= depth:
            self._keep("title", title, depth)
            self.got["title_detail"] = {"type": kind}
        if title and name != "media_title":
            self.title_depth = depth

    def _link(self, element: Element, _name: str, _depth: int) -> None:
        rel, href, is_page, is_text = link_of(element, self.base)
        if is_text:
            href = mended_link(href.replace("&amp;", "&"))
        self.got.setdefault("links", []).append({"rel": rel, "href": href})
        if is_page or is_text:
            self.got["link"] = href

    def _enclosure(self, element: Element, _name: str, _depth: int) -> None:
        leaf(element)
        given = attributes(element)
        href = given.get("url", given.get("uri", given.get("href")))
        href = href or given.get("href", "")
        self.got.setdefault("links", []).append({"rel": "enclosure", "href": href})

    def _id(self, element: Element, _name: str, depth: int) -> None:
        given = attributes(element) if element.attrib else {}
        if "xml:base" in given or "base" in given:
            raise Unsure
        value = leaf(element)
        is_link = given.get("ispermalink", "true") == "true"
        if is_link and value:
            value = resolved(self.base, value)
        value = fixed(value)
        self._keep("id", value, depth)
        if is_link:
            self.got.setdefault("link", value)

    def _description(self, element: Element, name: str, depth: int) -> None:
        usual = "text/html" if name.endswith("description") else "text/plain"
        if name != "abstract" and "summary" in self.got and not self.has_content:
            self._content(element, "content", depth)
            return
        text, kind = content_of(element, usual)
        self._keep("summary", text, depth)
        self.got["summary_detail"] = {"type": kind}

    def _content(self, element: Element, name: str, _depth: int) -> None:
        self.has_content = True
        usual = "text/plain" if name == "content" else "text/html"
        text, kind = content_of(element, usual)
        self.got.setdefault("content", []).append({"type": kind, "value": text})
        self.got.setdefault("summary", text)

    def _date(self, element: Element, name: str, depth: int) -> None:
        text = fixed(leaf(element))
        if not text.isascii():
            raise Unsure  # feedparser knows months in some other languages
        self._keep(_DATES[name], text, depth)

    def _author(self, element: Element, _name: str, depth: int) -> None:
        parts = len(element)
        if not parts:
            self._keep("author", fixed(leaf(element)), depth)
            return
        said = self._person(element)
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        self._keep("author", fixed(text.strip()), depth)
        name, email = said.get("name"), said.get("email")
        if name and email:
            self.got["author"] = f"{name} ({email})"
        elif name or email:
            self.got["author"] = name or email

    def _person(self, element: Element) -> dict[str, str]:
        said: dict[str, str] = {}
        for child in element:
            part = self.names[child.tag]
            if part not in _PERSON_PARTS:
                self.names.check_ignored(child, part)
                continue
            before = self.got.get("author") if not said else ""
            if before and ("@" in before or part != "name"):
                raise Unsure  # parts of the author before get into this one
            value = leaf(child)
            said[part] = value if part in {"name", "email"} else "-"
        return said

    def _contributor(self, element: Element, _name: str, _depth: int) -> None:
        self.names.check_parts(element, _PERSON_PARTS)

    def _category(self, element: Element, name: str, _depth: int) -> None:
        self.got.setdefault("tags", [])
        if element.attrib or name == "media_category":
            given = dict(attributes(element))
            if name == "media_category":
                given.setdefault("scheme", _MEDIA_SCHEME)
            scheme = given.get("scheme", given.get("domain"))
            self._tag(given.get("term"), scheme, given.get("label"))
        if value := fixed(leaf(element)):
            tags = self.got["tags"]
            if tags and not tags[-1]["term"]:
                last = tags[-1]
                self.tags.discard((last["term"], last["scheme"], last["label"]))
                self.tags.add((value, last["scheme"], last["label"]))
                last["term"] = value
            else:
                self._tag(value, None, None)

    def _keywords(self, element: Element, name: str, _depth: int) -> None:
        text = fixed(leaf(element))
        if element.attrib:
            raise Unsure
        scheme = _ITUNES if name == "itunes_keywords" else None
        for term in text.split(","):
            if term.strip():
                self._tag(term.strip(), scheme, None)

    def _tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        if (term or scheme or label) and (term, scheme, label) not in self.tags:
            self.tags.add((term, scheme, label))
            tag = {"term": term, "scheme": scheme, "label": label}
            self.got.setdefault("tags", []).append(tag)

    def _source(self, element: Element, _name: str, depth: int) -> None:
        self.title_depth = -1
        title = None
        for child in element:
            part = self.names[child.tag]
            if part == "title":
                text, _ = content_of(child, "text/plain")
                if not -1 < self.title_depth <= depth + 1:
                    title = text
                if text:
                    self.title_depth = depth + 1
            elif part in {"id", "link", "updated", "icon", "logo", "subtitle"}:
                leaf(child)
            elif part in {"author", "rights", "generator", "category"}:
                self.names.check_parts(child, _PERSON_PARTS)
            else:
                self.names.check_ignored(child, part)
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        title = fixed(text.strip()) or title
        self.got["source"] = {} if title is None else {"title": title}

    def _flat(self, element: Element, _name: str, depth: int) -> None:
        """What is in a media group, feedparser takes for the entry's own."""
        if "base" in attributes(element) or "xml:base" in attributes(element):
            raise Unsure
        self._parts(element, depth + 1)

    def _origlink(self, element: Element, name: str, depth: int) -> None:
        if element.attrib:
            raise Unsure
        self._keep(name, fixed(leaf(element)), depth)


_DATES = {
    "published": "published",
    "issued": "published",
    "pubdate": "published",
    "dcterms_issued": "published",
    "updated": "updated",
    "modified": "updated",
    "lastbuilddate": "updated",
    "dc_date": "updated",
    "dcterms_modified": "updated",
    "created": "created",
    "dcterms_created": "created",
}
_Reader = Callable[[PlainEntry, Element, str, int], None]
_READERS: dict[str, _Reader] = {
    "title": PlainEntry._title,
    "dc_title": PlainEntry._title,
    "media_title": PlainEntry._title,
    "link": PlainEntry._link,
    "enclosure": PlainEntry._enclosure,
    "guid": PlainEntry._id,
    "id": PlainEntry._id,
    "description": PlainEntry._description,
    "dc_description": PlainEntry._description,
    "media_description": PlainEntry._description,
    "abstract": PlainEntry._description,
    "summary": PlainEntry._description,
    "itunes_summary": PlainEntry._description,
    "content": PlainEntry._content,
    "content_encoded": PlainEntry._content,
    "fullitem": PlainEntry._content,
    "author": PlainEntry._author,
    "dc_author": PlainEntry._author,
    "dc_creator": PlainEntry._author,
    "itunes_author": PlainEntry._author,
    "managingeditor": PlainEntry._author,
    "contributor": PlainEntry._contributor,
    "dc_contributor": PlainEntry._contributor,
    "category": PlainEntry._category,
    "keywords": PlainEntry._category,
    "dc_subject": PlainEntry._category,
    "media_category": PlainEntry._category,
    "media_keywords": PlainEntry._keywords,
    "itunes_keywords": PlainEntry._keywords,
    "source": PlainEntry._source,
    "media_group": PlainEntry._flat,
    "media_content": PlainEntry._flat,
    "feedburner_origlink": PlainEntry._origlink,
    **dict.fromkeys(_DATES, PlainEntry._date),
}
