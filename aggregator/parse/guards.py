"""A document's text -> text that is safe to parse, or a verdict why not; pure.

Each step bounds an input that makes feedparser 6 run for minutes, or raise.
"""

from __future__ import annotations

import re
from html import escape
from html.entities import html5

from aggregator.errors import ParseError

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_XML_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*>")
# What may stand before the first element and says nothing about entries. The outside
# DTD of RSS 0.91 is such a thing: it is never read.
_PROLOG = re.compile(
    r"(?>\s++|\ufeff|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^<>\[]*+>)*+",
    re.DOTALL | re.IGNORECASE,
)
_DECLARES = re.compile(
    r"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION|\[)", re.IGNORECASE
)
_HTML_TYPE = re.compile(r"<!DOCTYPE\s+html", re.IGNORECASE)
_HTML_TAG = re.compile(r"<(?:html|head|body)[\s>]", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[^\W\d][\w.-]*:)?([^\W\d][\w.-]*)[\s/>]")
_AUTHOR = re.compile(
    r"(<(?:[\w-]+:)?(?:author|creator|managingeditor|webmaster|publisher|contributor)\b"
    r"[^<>]*>\s*(?:<!\[CDATA\[)?)([^<\]]{300})[^<\]]*",
    re.IGNORECASE,
)

# What needs no look, to its end or the document's, or else an ampersand that begins no
# numeric reference, with the name after it if that ends as it should.
_AMPERSAND = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*)|<!--(?:.*?-->|.*)|(?P<bare>&(?!#(?:[0-9]+|[xX][0-9a-fA-F]+);)"
    r"(?:(?P<name>[A-Za-z][A-Za-z0-9]{0,30});)?)",
    re.DOTALL,
)
_LONG_TAG = re.compile(r"<[^<>!?]{20000,}>")
_ATTRIBUTES = 1_000  # of one element; they cost feedparser quadratic time
_FINE = ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})

_ROOTS = frozenset({"rss", "feed", "rdf", "channel", "item", "entry", "items"})
_HTML_ROOTS = frozenset({"html", "head", "body", "meta", "title", "script", "div", "p"})
_XML_START = "<?xml version='1.0' encoding='utf-8'?>"
_LINES_KEPT = 100  # blank lines before the root cost feedparser quadratic time


def guarded(text: str) -> tuple[str, str]:
    """Return XML without traps, and a note where it was not well formed.

    Raises `ParseError`: `empty`, `html`, `not_a_feed` or `hostile`.
    """
    text, note = _without_forbidden(text.lstrip("\ufeff"))
    if not text.strip():
        raise ParseError("empty", "empty answer: the server sent nothing")
    declaration = _XML_DECLARATION.match(text)
    if declaration and text[0].isspace():
        note = note or "not well formed: line 1: blanks before the XML declaration"
    prolog = _PROLOG.match(text, declaration.end() if declaration else 0)
    start = prolog.end() if prolog else 0
    if _HTML_TYPE.match(text, start):
        raise ParseError("html", _IS_HTML)
    if _DECLARES.match(text, start):
        raise ParseError("hostile", "refused: it declares entities of its own (a DTD)")
    line_count = text.count("\n", 0, start)
    document, entity_note = _with_known_entities(text[start:], line_count + 1)
    _check_root(document, is_html=bool(_HTML_TYPE.search(text[:start][:5_000])))
    if any(tag[0].count("=") > _ATTRIBUTES for tag in _LONG_TAG.finditer(document)):
        raise ParseError("hostile", "refused: an element with thousands of attributes")
    # Line numbers in messages stay true: the lines that go are put back, if few.
    line_ends = "\n" * min(line_count, _LINES_KEPT)
    return (
        f"{_XML_START}{line_ends}{_AUTHOR.sub(_cut_author, document)}",
        note or entity_note,
    )


_IS_HTML = "not a feed (HTML): the server sent a web page"
_VERDICTS = {
    "opml": "not a feed: a list of feeds (OPML), which can be imported",
    "urlset": "not a feed: a sitemap",
    "sitemapindex": "not a feed: a sitemap",
    "svg": "not a feed: a picture (SVG)",
}


def _check_root(document: str, *, is_html: bool) -> None:
    """Raise `ParseError` with a verdict where the first element is none of a feed's."""
    match = _ROOT.match(document)
    root = match[1].lower() if match else ""
    if root in _ROOTS:
        return
    if root in _VERDICTS:
        raise ParseError("not_a_feed", _VERDICTS[root])
    if root in _HTML_ROOTS or is_html or _HTML_TAG.search(document[:5_000]):
        raise ParseError("html", _IS_HTML)
    if match:
        verdict = f"not a feed: XML, but its root is <{root[:40]}>"
        raise ParseError("not_a_feed", verdict)
    raise ParseError("not_a_feed", "not a feed: neither XML nor JSON")


def _without_forbidden(text: str) -> tuple[str, str]:
    """Drop what XML forbids, as itself and as a reference."""
    note = ""
    if not _is_clean(text) and (found := _FORBIDDEN.search(text)):
        note = _note(text, found.start(), "a character that XML forbids")
        text = _FORBIDDEN.sub("", text)
    if "&#" in text:
        text = _REFERENCE.sub(_checked_reference, text)
    return text, note


def _is_clean(text: str) -> bool:
    """Say whether ASCII holds no control but white space, at a fifth of the cost."""
    if not text.isascii():
        return False
    data = text.encode("ascii")
    return len(data.translate(None, _CONTROLS)) == len(data)


def _with_known_entities(text: str, first_line: int) -> tuple[str, str]:
    """Mend the two commonest faults, bare ampersands and HTML's own entities.

    feedparser's other parser, which reads what is not well formed, turns "AT&T" into
    "AT&T;" and takes longer.
    """
    if text.count("&") == sum(map(text.count, _FINE)):
        return text, ""  # the rule: nine tenths of the time that a look at each takes
    pieces: list[str] = []
    note = ""
    position = 0
    for match in _AMPERSAND.finditer(text):
        if match.lastgroup != "bare" or match["name"] in _XML_ENTITIES:
            continue
        known = html5.get(f"{match['name']};") if match["name"] else None
        pieces += [text[position : match.start()], escape(known) if known else "&amp;"]
        position = match.end() if known else match.start() + 1
        reason = f"undefined entity &{match['name']};" if match["name"] else "a bare &"
        note = note or _note(text, match.start(), reason, first_line)
    return "".join([*pieces, text[position:]]) if pieces else text, note


def _note(text: str, position: int, reason: str, first_line: int = 1) -> str:
    line = text.count("\n", 0, position) + first_line
    return f"not well formed: line {line}: {reason}"


def _checked_reference(match: re.Match[str]) -> str:
    digits = (match[1] or match[2]).lstrip("0")
    point = int(digits or "0", 16 if match[1] else 10) if len(digits) <= 7 else -1
    fine = (
        point in {0x9, 0xA, 0xD}
        or 0x20 <= point < 0xD800
        or 0xE000 <= point < 0xFFFE
        or 0x10000 <= point <= 0x10FFFF
    )
    return match[0] if fine else "\ufffd"


def _cut_author(match: re.Match[str]) -> str:
    # feedparser looks for an address in an author in quadratic time (its issue 562).
    start, author = match[1], match[2]
    whole, ampersand, rest = author.rpartition("&")
    return start + (whole if ampersand and ";" not in rest else author)
