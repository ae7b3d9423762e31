"""Names of elements and attributes as feedparser hears them, whatever their prefix."""

from __future__ import annotations

from collections.abc import Set
from xml.etree.ElementTree import Element


class Unsure(Exception):
    """This document is feedparser's to read."""


# Namespaces that feedparser knows, in lower case, and the prefixes that it gives them.
_KNOWN = {
    "http://backend.userland.com/rss": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://purl.org/atom/ns#": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    "http://webns.net/mvcb/": "admin",
    "http://purl.org/rss/1.0/modules/aggregation/": "ag",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
    "http://backend.userland.com/creativecommonsrssmodule": "creativecommons",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://madskills.com/public/xml/rss/module/pingback/": "pingback",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/taxonomy/": "taxo",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://wellformedweb.org/commentapi/": "wfw",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/xml/1998/namespace": "xml",
    "http://podlove.org/simple-chapters": "psc",
    "http://purl.org/rss/1.0/modules/annotate/": "annotate",
    "http://media.tangent.org/rss/1.0/": "audio",
    "http://backend.userland.com/blogchannelmodule": "blogchannel",
    "http://purl.org/rss/1.0/modules/company": "co",
    "http://my.theinfo.org/changed/1.0/rss/": "cp",
    "http://purl.org/rss/1.0/modules/email/": "email",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://freshmeat.net/rss/fm/": "fm",
    "http://postneo.com/icbm/": "icbm",
    "http://purl.org/rss/1.0/modules/image/": "image",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://purl.org/rss/1.0/modules/link/": "l",
    "http://purl.org/rss/1.0/modules/reference/": "ref",
    "http://purl.org/rss/1.0/modules/richequiv/": "reqv",
    "http://purl.org/rss/1.0/modules/search/": "search",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://purl.org/rss/1.0/modules/servicestatus/": "ss",
    "http://hacks.benhammersley.com/rss/streaming/": "str",
    "http://purl.org/rss/1.0/modules/subscription/": "sub",
    "http://schemas.pocketsoap.com/rss/mydescmodule/": "szf",
    "http://purl.org/rss/1.0/modules/textinput/": "ti",
    "http://purl.org/rss/1.0/modules/wiki/": "wiki",
}
_XLINK = "http://www.w3.org/1999/xlink"
_PREFIXES = frozenset(_KNOWN.values())

# Every name that means something to feedparser: where none of our readers takes it,
# the document is feedparser's. All other elements hold nothing that we keep.
_KNOWN_NAMES_TEXT = """
    abstract admin_errorreportsto admin_generatoragent author body category cc_license
    channel cloud content content_encoded contributor copyright created
    creativecommons_license dc_author dc_contributor dc_creator dc_date
    dc_description dc_language dc_publisher dc_rights dc_subject dc_title
    dcterms_created dcterms_issued dcterms_modified dcterms_valid description email
    enclosure entry expirationdate feed feedburner_browserfriendly fullitem generator
    geom georss_box georss_line georss_point georss_polygon georss_where georssgeom
    gml_exterior gml_linearring gml_linestring gml_point gml_polygon gml_pos gml_poslist
    guid height homepage id image info issued item itunes_author itunes_block
    itunes_category itunes_email itunes_explicit itunes_image itunes_keywords itunes_link
    itunes_name itunes_owner itunes_subtitle itunes_summary keywords language
    lastbuilddate link managingeditor media_category media_content media_credit
    media_description media_group media_keywords media_license media_player media_rating
    media_restriction media_thumbnail media_title modified name newlocation psc_chapter
    psc_chapters pubdate published rights rss source subtitle summary tagline tags
    textinput title updated uri url webmaster where width xhtml_body
    """
KNOWN_NAMES = frozenset(_KNOWN_NAMES_TEXT.split())
# Unknown elements are kept under their own names: these would hide what we read.
_RESERVED_TEXT = """
    channel items date date_parsed description_detail modified_parsed issued_parsed
    copyright_detail tagline_detail links title_detail summary_detail published_parsed
    updated_parsed created_parsed authors author_detail entries feedburner_origlink
    guidislink svg math
    """
_RESERVED = frozenset(_RESERVED_TEXT.split())


class PlainNames(dict[str, str]):
    """feedparser's name (`dc_creator`) for each `{namespace}tag` of one document."""

    def __init__(self, declared: list[tuple[str, str]]) -> None:
        super().__init__()
        self._prefixes: dict[str, str] = {}
        self.declared = [(prefix, uri.lower()) for prefix, uri in declared]
        by_prefix: dict[str, str] = {}
        for prefix, uri in self.declared:
            # xlink's declaration becomes an attribute of the element after it
            if uri == _XLINK or uri.split() != [uri]:
                raise Unsure
            known = _prefix_of(uri)
            if known is None and self._prefixes.setdefault(uri, prefix) != prefix:
                raise Unsure
            if prefix and by_prefix.setdefault(prefix, uri) != uri:
                raise Unsure
            if known is not None and prefix != known and prefix in _PREFIXES - {""}:
                raise Unsure  # a known prefix that stands for something else
        if any(p != p.lower() and p.lower() in by_prefix for p in by_prefix):
            raise Unsure

    def __missing__(self, tag: str) -> str:
        uri, brace, local = tag[1:].partition("}")
        if not brace:
            name = tag.lower()
        else:
            uri = uri.lower()
            prefix = _prefix_of(uri)
            if prefix is None:
                prefix = self._prefixes[uri]
            name = f"{prefix}_{local}".lower() if prefix else local.lower()
        self[tag] = name
        return name

    def check_ignored(self, element: Element, name: str) -> None:
        """Raise `Unsure` unless an element and all in it mean nothing to us."""
        if name in KNOWN_NAMES or name in _RESERVED:
            raise Unsure
        if len(element):
            for child in element:
                self.check_ignored(child, self[child.tag])

    def check_parts(self, element: Element, parts: Set[str]) -> None:
        """Raise `Unsure` unless an element holds these parts and unknown ones only."""
        for child in element:
            name = self[child.tag]
            if name not in parts:
                self.check_ignored(child, name)
            elif len(child):
                self.check_parts(child, parts)


def attributes(element: Element) -> dict[str, str]:
    """Return an element's attributes as feedparser hears them."""
    if all(name[0] != "{" and name.islower() for name in element.attrib):
        return element.attrib
    given: dict[str, str] = {}
    for name, value in element.attrib.items():
        local = name
        if name[0] == "{":
            uri, _, local = name[1:].partition("}")
            if prefix := _prefix_of(uri.lower()):
                local = f"{prefix}:{local}"
        given[local.lower()] = value
    return given


def _prefix_of(uri: str) -> str | None:
    if "backend.userland.com/rss" in uri:
        return ""
    return _KNOWN.get(uri)
