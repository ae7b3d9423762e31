"""Bytes of a document -> text that an XML parser can take, with what was odd; pure."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
# "<" and its neighbours as they stand at the start of a document without a mark.
_STARTS = (
    (re.compile(rb"\x00\x00\x00[<{]"), "utf-32-be"),
    (re.compile(rb"[<{]\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00[<{]\x00[^\x00]"), "utf-16-be"),
    (re.compile(rb"[<{]\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),  # <?xm in EBCDIC
)
_DECLARED = re.compile(
    rb"\A\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']"
)
_CHARSET = re.compile(r";\s*charset\s*=\s*(\S{0,60})", re.IGNORECASE)
# Valid UTF-8 (even ASCII) tells nothing about these: they only use seven bits.
_SEVEN_BITS = re.compile(r"(?:iso-?2022|csiso2022|hz-?gb)", re.IGNORECASE)
# A superset reads what the name alone does not (browsers do the same: WHATWG Encoding).
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
_CHOPPED = re.compile(
    rb"(?:[\xe0-\xef][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{1,2})(?![\x80-\xbf])"
)


def decode(body: bytes, content_type: str) -> tuple[str, str]:
    """Return a document's text and a note where it is not what it says it is.

    A byte order mark wins, then valid UTF-8, whatever anyone declares, then what the
    header and the document declare; a few wrong bytes in UTF-8 are replaced.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            text = body[len(mark) :].decode(name, "replace")
            declared = _declared(body[len(mark) :], content_type, name)
            return text, _note(text, name, declared)
    for start, name in _STARTS:
        if start.match(body):
            return body.decode(name, "replace"), ""
    declared = _declared(body, content_type, "")
    if any(_SEVEN_BITS.match(name) for name in declared[:1]):
        return _try(body, declared) or (body.decode("utf-8", "replace"), "")
    try:
        text = body.decode("utf-8")
        used = "ascii" if body.isascii() else "utf-8"
        return text, _mismatch(used, declared)
    except UnicodeDecodeError as error:
        return _not_utf8(body, declared, error)


def _not_utf8(
    body: bytes, declared: list[str], error: UnicodeDecodeError
) -> tuple[str, str]:
    line = body.count(b"\n", 0, error.start) + 1
    text = body.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    # What no other encoding has by chance: whole sequences, and those cut short.
    wide = sum(not c.isascii() for c in text) - lost + len(_CHOPPED.findall(body))
    broken_note = f"not well formed: line {line}: bytes that are no UTF-8"
    if wide >= 5 and wide > 4 * lost:
        return text, broken_note
    others = [name for name in declared if _codec(name) not in {"utf-8", ""}]
    if found := _try(body, others):
        wrong = any(_codec(name) != _codec(others[0]) for name in declared)
        return found[0], _mismatch(others[0], declared) if wrong else ""
    if wide >= lost:
        return text, broken_note
    return body.decode("cp1252", "replace"), f"{broken_note}, read as windows-1252"


def _try(body: bytes, names: list[str]) -> tuple[str, str] | None:
    for name in names:
        codec = _codec(name)
        if not codec:
            continue
        codec = _SUPERSETS.get(codec, codec)
        try:
            # cp1252 has five holes, where pages have control characters of Latin-1.
            return body.decode(codec, "replace" if codec == "cp1252" else "strict"), ""
        except UnicodeDecodeError:
            continue
    return None


def _declared(body: bytes, content_type: str, codec: str) -> list[str]:
    """Return the names of encodings that the header and the document give."""
    names: list[str] = []
    if match := _CHARSET.search(content_type):
        names.append(match[1].strip("\"';,") or "?")
    head = body[:1_000]
    if codec.startswith(("utf-16", "utf-32")):
        head = (
            head[: len(head) // 4 * 4]
            .decode(codec, "replace")
            .encode("ascii", "replace")
        )
    if declared := _DECLARED.match(head):
        names.append(declared[1].decode("ascii"))
    return names


def _note(text: str, used: str, declared: list[str]) -> str:
    if "\ufffd" in text:
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        return f"not well formed: line {line}: bytes that are no {used}"
    return _mismatch(used, declared)


def _mismatch(used: str, declared: list[str]) -> str:
    """Say where something else was declared than what was found."""
    for name in declared:
        codec = _codec(name)
        if not codec:
            return f"declared as {name[:40]!r}, which is no encoding; read as {used}"
        # "utf-16" with a mark is both kinds, and ASCII is a part of nearly everything.
        same = codec in {used, _codec(used), "ascii"} or used.startswith(codec)
        if not same and used != "ascii":
            return f"declared as {name}, read as {used}"
    return ""


def _codec(name: str) -> str:
    """Return Python's name of a text encoding, '' for none."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # rot13 and the like are codecs too, and UTF-7 hides markup from every check.
    return info.name if info._is_text_encoding and info.name != "utf-7" else ""
