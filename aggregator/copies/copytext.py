"""An item -> what tells its text from others: runs of words, facts, agency; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aggregator.models import Item

CHARS = 2_000
"""A copy shows itself in the first so many characters; the cost stays bounded."""
RUN_WORDS = 3
RUN_SIGNS = 6
LEAST_TITLE = 4
"""A headline of fewer words may be equal by chance."""

# Scripts without spaces give single signs, every other one words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff"
)
_WORDS = re.compile(rf"[^\W_{_UNSPACED}]+|[{_UNSPACED}]")
_ASCII_WORDS = re.compile("[a-zA-Z0-9]+")  # the same, where there is nothing else
_SIGN = re.compile(rf"[{_UNSPACED}]")

# "ISLAMABAD (Reuters) -The", "MADRID, 23 Ago. (EUROPA PRESS) -", "(AP) —", "東京（共同）".
_DATELINE = re.compile(
    r"^\s*(?P<place>[^\W\d_a-z][^()\n—–]{0,60}?)?\s*[(（\[](?P<agency>[^()（）\[\]\d]{2,40})[)）\]]"
    r"\s*(?:[-–—:/]+|\.\s*[-–—]+|(?<=）))\s*"
)
# "PORT HALVERN — ", "PARIS, March 3 - "
_PLACE = re.compile(
    r"^\s*[A-ZÀ-Þ][A-ZÀ-Þ .,'/-]{2,40}(?:, [A-Z][a-z]+\.? \d\d?)?\s+[-–—]+\s+"
)
# "… (AP)", "… — Reuters", "… / AFP", "… © Associated Press"
_TAIL = re.compile(
    r"\s*(?:[(\[](?P<a>[^()\[\]\d]{2,30})[)\]]|(?:[-–—/|©]|copyright|source:|fuente:)\s*(?:\d{4}\s+)?(?P<b>[^-–—/|©.]{2,30}))\s*\.?$",
    re.IGNORECASE,
)
_AGENCIES = {
    name.casefold(): known
    for known, names in (
        ("Associated Press", "AP|The Associated Press|Associated Press"),
        ("Reuters", "Reuters|Thomson Reuters|Reuters News"),
        ("Agence France-Presse", "AFP|Agence France-Presse|Agence France Presse"),
        ("EFE", "EFE|Agencia EFE"),
        ("Europa Press", "Europa Press|EP"),
        ("dpa", "DPA|dpa|Deutsche Presse-Agentur"),
        ("ANSA", "ANSA"),
        ("PA Media", "PA|PA Media|Press Association"),
        ("UPI", "UPI|United Press International"),
        ("Bloomberg", "Bloomberg|Bloomberg News"),
        ("Xinhua", "Xinhua|新华社|新华"),
        ("Kyodo", "Kyodo|Kyodo News|共同|共同通信"),
        ("Yonhap", "Yonhap|연합뉴스"),
        ("TASS", "TASS|ТАСС"),
        ("Anadolu", "AA|Anadolu|Anadolu Agency"),
        ("PTI", "PTI|Press Trust of India"),
        ("ANI", "ANI|Asian News International"),
        ("Canadian Press", "CP|The Canadian Press|Canadian Press"),
        ("AAP", "AAP|Australian Associated Press"),
        ("CNN", "CNN|CNN Newsource|CNN Wire"),
    )
    for name in names.split("|")
}
_BY = re.compile(r"(?:^|\bby |\band |[,;/|] ?|\b(?:with|from|via) )", re.IGNORECASE)

# What feeds add to every text of theirs.
_BOILERPLATE = re.compile(
    r"(?:the post .{1,300}? (?:appeared first|first appeared) on .{1,80}$"
    r"|continue reading\b.{0,120}$|read (?:more|the full|full)\b.{0,120}$"
    r"|(?:sign up|subscribe|register)\b[^.]{0,60}\b(?:newsletter|updates|alerts|account)\b[^.]{0,80}\.?"
    r"|follow us on\b[^.]{0,80}\.?|click here\b[^.]{0,80}\.?|all rights reserved\.?"
    r"|\((?:reporting|writing|editing|additional reporting) by [^()]{1,300}\)"
    r"|la entrada .{1,300}? (?:se publicó primero en|apareció primero en) .{1,80}$"
    r"|(?:leer|lee|seguir leyendo|sigue leyendo)\b[^.]{0,20}\bmás\b.{0,80}$|seguir leyendo.{0,80}$"
    r"|this is a (?:breaking|developing) (?:news )?story\b[^.]{0,120}\.?)",
    re.IGNORECASE,
)
# One of these is in every one of those, and is quicker to look for.
_HINTS = (
    "ppear", "primero en", "ontinue read", "ead more", "ead the", "ead full", "ign up",
    "ubscribe", "egister", "ollow us", "lick here", "reserved", "ing by", "eer ", "ee ",
    "eguir ley", "igue ley", "is a breaking", "is a developing",
)  # fmt: skip
# A statement that two desks quote in full does not make their texts one.
_QUOTE = re.compile(
    "“[^”]{24,800}(?:”|$)|«[^»]{24,800}(?:»|$)|„[^“”]{24,800}(?:[“”]|$)"
    '|「[^」]{10,400}(?:」|$)|(?<!\\w)"[^"]{24,800}(?:"|$)'
)
_STRAIGHT = str.maketrans("‘’“”–—", "''\"\"--")
_SIGNATURE = re.compile(r"\s+(?:[-–—|•·]|::)\s+[^-–—|•·]{2,40}$")


@dataclass(frozen=True, slots=True)
class CopyText:
    """What of an item is compared.

    `order` has its runs of neighbouring words, hashed, as they follow each other, and
    `runs` the same as a set; `facts` are the words that may be names or numbers, with
    their places, and `names` the same as a set.
    """

    order: tuple[int, ...]
    runs: frozenset[int]
    facts: tuple[tuple[int, str], ...]
    names: frozenset[str]
    title_words: frozenset[str]
    agency: str
    keys: tuple[object, ...]
    """What finds the text where its runs do not: its address and its headline."""


def read(item: Item) -> CopyText:
    """Take an item's text apart; dateline, long quotes and boilerplate are left out."""
    body, agency = _body(_without_title(item.summary[:CHARS], item.title))
    words = (_ASCII_WORDS if body.isascii() else _WORDS).findall(body)
    folded = [word.casefold() for word in words]
    order = _runs(body, folded)
    facts = [
        (place, folded[place])
        for place, written in enumerate(words)
        if written != folded[place] or written[0].isdigit()
    ]
    title_words = frozenset(_WORDS.findall(_SIGNATURE.sub("", item.title).casefold()))
    return CopyText(
        order=order,
        runs=frozenset(order),
        facts=tuple(facts),
        names=frozenset([word for _, word in facts]),
        title_words=title_words,
        agency=agency or _agency_in(item.author),
        keys=tuple(_keys(item.url, title_words)),
    )


def _keys(url: str, title_words: frozenset[str]) -> Iterator[object]:
    if url:
        yield url
    if len(title_words) >= LEAST_TITLE:
        # Headlines that differ by a word or two share their longest words.
        longest = sorted(title_words, key=lambda word: (-len(word), word))[:4]
        yield ("title", *sorted(longest[:3]))
        yield ("title", *sorted(longest[1:]))


def _without_title(text: str, title: str) -> str:
    """Return a text without the headline that some feeds begin it with."""
    start = title.translate(_STRAIGHT)
    while start and text[: len(start)].translate(_STRAIGHT) == start:
        text = text[len(start) :].lstrip()
    return text


def _body(text: str) -> tuple[str, str]:
    """Return a text without what is not its own, and the agency that it names."""
    agency = ""
    if match := _DATELINE.match(text):
        tag = match["agency"].strip()
        agency = _AGENCIES.get(tag.casefold()) or (tag if _is_tag(tag) else "")
        if agency or match["place"]:
            text = text[match.end() :]
    elif match := _PLACE.match(text):
        text = text[match.end() :]
    if any(mark in text for mark in "([-–—/|©:"):
        tail = _TAIL.search(text[-60:])
        if tail:
            known = _AGENCIES.get((tail["a"] or tail["b"]).strip().casefold(), "")
            if known:
                agency = agency or known
                text = text[: len(text) - len(tail[0])]
    if any(hint in text for hint in _HINTS):
        text = _BOILERPLATE.sub(" ", text)
    if any(mark in text for mark in '“«„「"'):
        text = _QUOTE.sub(" ", text)
    return text, agency


def _is_tag(tag: str) -> bool:
    """Say whether a word in a dateline's brackets is an agency's short name."""
    return tag.isupper() and 2 <= len(tag) <= 12


def _agency_in(author: str) -> str:
    """Return the agency that a byline names, such as "Jo Ray and AP"."""
    if not author:
        return ""
    for part in _BY.split(author):
        name = part.strip(" .()").casefold()
        if name in _AGENCIES:
            return _AGENCIES[name]
    return ""


def _runs(body: str, words: Sequence[str]) -> tuple[int, ...]:
    width = RUN_WORDS
    if not body.isascii() and len(_SIGN.findall(body)) > len(words) // 2:
        width = RUN_SIGNS
    # Only compared within one process: Python's own hash will do, and is the fastest.
    return tuple(map(hash, zip(*(words[i:] for i in range(width)), strict=False)))
