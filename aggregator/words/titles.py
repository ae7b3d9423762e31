"""What a title says of itself: which of a series it is about, who acts, a roundup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from aggregator.words.commonwords import word_shares
from aggregator.words.stopwords import function_words
from aggregator.words.tokens import fold, stem, strip_signature, tokens

# A page that is rewritten all day, or that lists many events, reports no single one. It
# says so in words that mean nothing else,
_TOLD = (
    r"live(?:blog|ticker)|live (?:\S+ )?(?:blog|updates?|coverage|ticker)|en vivo|en directo|minuto a minuto"
    r"|as it happened|minute by minute|en direct|ao vivo|in diretta|im liveticker"
    r"|news in brief|(?:news|morning|midday|evening|daily) (?:briefing|bulletin)"
    r"|(?:news|morning|evening|daily|weekly) round-?up|week in (?:review|pictures)"
    r"|(?:and|in) other (?:world |news )*headlines|top (?:news )?headlines"
    r"|what to know today|resumen (?:del dia|de la semana)"
    r"|weather forecast|forecast for|pronostico del tiempo"
)
# or in the label of a series, before a colon or bar, or behind a dash at the end: a
# concert may be live, and the White House gives briefings.
_LABEL = (
    r"live|(?<!press )(?<!media )briefing|intelligence brief|in brief|bulletin|digest"
    r"|round-?up|newsletter|highlights|headlines|in pictures|horoscope(?: today)?"
    r"|first thing|in (?:three|four|five|six|seven|ten|[2-9]|10)"
)
_ROUNDUP = re.compile(
    rf"\b(?:{_TOLD})\b|\b(?:{_LABEL})(?=\s*[:|])"
    rf"|(?P<before>\s[-|]\s(?:[^\s|-]+\s){{0,3}})(?:{_LABEL})\s*$"
)
_ORDINALS = {
    word: number
    for number, words in enumerate(
        """
        second segundo segunda|third tercero tercera tercer|fourth cuarto cuarta
        fifth quinto quinta|sixth sexto sexta|seventh septimo septima
        eighth octavo octava|ninth noveno novena|tenth decimo decima
        eleventh undecimo undecima|twelfth duodecimo duodecima
        thirteenth decimotercero decimotercera decimotercer
        fourteenth decimocuarto decimocuarta|fifteenth decimoquinto decimoquinta
        sixteenth decimosexto decimosexta|seventeenth decimoseptimo decimoseptima
        eighteenth decimoctavo decimoctava|nineteenth decimonoveno decimonovena
        twentieth vigesimo vigesima
        """.replace("\n", "|")
        .strip(" |")
        .split("|"),
        2,
    )
    for word in words.split()
}
_NTH = re.compile(r"(\d{1,3})(?:st|nd|rd|th|er|re|eme|[oaº°ª])")
# "12.º", "12º", "12ª": NFKC would make them "12.o" before anything could be seen.
_SIGN = re.compile(r"(\d{1,3})\.?[ºª°]")
_DIGIT = re.compile(r"\d")
_SERIES = frozenset(
    [
        "chapter",
        "day",
        "episode",
        "game",
        "heat",
        "leg",
        "matchday",
        "part",
        "phase",
        "round",
        "season",
        "stage",
        "test",
        "volume",
        "week",
        "capitulo",
        "dia",
        "episodio",
        "etapa",
        "fase",
        "jornada",
        "parte",
        "ronda",
        "semana",
        "temporada",
        "tramo",
        "folge",
        "phase",
        "runde",
        "spieltag",
        "tag",
        "teil",
        "journee",
        "manche",
        "partie",
        "saison",
        "tour",
        "giornata",
    ]
)
_DATES = frozenset(
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sept",
        "sep",
        "oct",
        "nov",
        "dec",
        "of",
        "century",
        "minute",
        "anniversary",
    ]
)
_REACH = 3  # words after an ordinal among which is what it counts


class Title(NamedTuple):
    """What a title says of itself.

    `numbers` are (stem of what is counted, which one of them); `frame` is the title
    with its names left out, empty where they cannot be told, and `names` are their
    stems; `is_roundup` marks live blogs, briefings and the like.
    """

    numbers: frozenset[tuple[str, int]] = frozenset()
    frame: str = ""
    names: frozenset[str] = frozenset()
    is_roundup: bool = False


NOTHING = Title()


@lru_cache(maxsize=4096)  # asked for by name, by frame and for the terms
def is_roundup(title: str) -> bool:
    """Say whether a page is rewritten all day or lists many events."""
    return bool(_ROUNDUP.search(fold(title)))


def without_template(title: str) -> str:
    """Return a title without the words that every page of its series carries."""
    if not is_roundup(title):
        return title
    return _ROUNDUP.sub(lambda found: found["before"] or " ", fold(title))


@lru_cache(maxsize=4096)
def read_title(title: str, summary: str) -> Title:
    """Return what a title says of itself; the summary helps to tell names."""
    bare = strip_signature(title)  # "– US politics live" looks like an outlet's name
    frame, names = _frame(bare, summary)
    read = Title(frozenset(_numbers(bare)), frame, names, is_roundup(title))
    return NOTHING if read == NOTHING else read


def written(title: Title) -> str:
    """Return a title as the store keeps it; most say nothing and are ""."""
    if title == NOTHING:
        return ""
    numbers = sorted(title.numbers)
    return json.dumps([numbers, title.frame, sorted(title.names), title.is_roundup])


def titled(text: str) -> Title:
    """Return what `written` wrote."""
    if not text:
        return NOTHING
    numbers, frame, names, is_roundup = json.loads(text)
    pairs = frozenset((thing, number) for thing, number in numbers)
    return Title(pairs, frame, frozenset(names), is_roundup)


def _numbers(title: str) -> Iterator[tuple[str, int]]:
    has_digits = bool(_DIGIT.search(title))
    words = tokens(_SIGN.sub(r"\1th ", title) if has_digits else title)
    if not has_digits and _ORDINALS.keys().isdisjoint(words):
        return  # most titles
    dropped = function_words(words)
    for place, word in enumerate(words):
        nth = _NTH.fullmatch(word)
        number = int(nth[1]) if nth else _ORDINALS.get(word)
        after = words[place + 1 : place + 1 + _REACH]
        if number is not None and after and after[0] not in _DATES:
            yield from (
                (stem(noun), number)
                for noun in after
                if noun.isalpha() and noun not in dropped
            )
        elif word in _SERIES and after and re.fullmatch(r"\d{1,2}", after[0]):
            yield stem(word), int(after[0])


_DOTS = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b|\s|$)")  # of "U.S."
_SHOWN = re.compile(r"[^\W_]+(?:[.'’&][^\W_]+)*")
_ALL_CAPITALS = 0.7  # a title with more of its long words capitalised tells no names
_LONG = 4
_FORMULA = 3  # a longer headline is no formula: two of them are one text, told twice


def _frame(title: str, summary: str) -> tuple[str, frozenset[str]]:
    """Return a title with a gap for each run of names, and the names' stems.

    A name is a word that is written with a capital where it need not be: not at the
    title's beginning, unless the title or the summary does so elsewhere or nobody
    knows the word. Titles In Capitals tell by their summary alone; where a script has
    no capitals there is no frame.
    """
    words = _SHOWN.findall(_DOTS.sub("", title) if "." in title else title)
    if len(words) < 3:
        return "", frozenset()
    folds = [fold(word) for word in words]
    dropped = function_words(folds)
    written_small = [
        folded
        for word, folded in zip(words, folds, strict=True)
        if folded not in dropped and not (word[0].isupper() or word.isdigit())
    ]
    if len(written_small) > _FORMULA:
        return "", frozenset()  # whatever the others are: no need to read the summary
    said = {fold(w) for w in _inner_names(summary)}
    long = [word for word in words[1:] if len(word) >= _LONG]
    capital = sum(word[0].isupper() for word in long)
    if capital <= _ALL_CAPITALS * len(long):
        said |= {
            folded
            for word, folded in zip(words[1:], folds[1:], strict=True)
            if word[0].isupper()
        }
    pieces: list[str] = []
    names: set[str] = set()
    for place, (word, folded) in enumerate(zip(words, folds, strict=True)):
        is_name = word[0].isupper() and (
            folded in said or (place == 0 and _is_rare(folded, dropped))
        )
        if is_name and folded not in dropped:
            # an acronym stays in capitals: it may be anybody's short name
            heads = {stem(token) for token in tokens(word)}
            names |= {head.upper() for head in heads} if word.isupper() else heads
            if pieces[-1:] != ["_"]:
                pieces.append("_")
        else:
            pieces.append("#" if word.isdigit() else folded)
    said_of_them = sum(p not in ("_", "#") and p not in dropped for p in pieces)
    if "_" not in pieces or len(pieces) < 3 or not 1 <= said_of_them <= _FORMULA:
        return "", frozenset()
    return " ".join(pieces), frozenset(names)


def _inner_names(text: str) -> Iterator[str]:
    """Yield the words that are written with a capital inside a sentence."""
    for sentence in re.split(r"[.!?:\n\"“”]", text):
        yield from (w for w in _SHOWN.findall(sentence)[1:] if w[0].isupper())


def _is_rare(word: str, dropped: frozenset[str]) -> bool:
    return word not in dropped and stem(word) not in _common()


@cache
def _common() -> frozenset[str]:
    return frozenset(word_shares())
