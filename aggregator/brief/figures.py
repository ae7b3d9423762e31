"""Texts -> figures with the noun they count, and where sources disagree; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from aggregator.brief.values import Conflict, Told
from aggregator.models import Item

LEAD_CHARS = 300
"""A figure that matters stands in the title or in the first sentences."""
ROUND = 0.2
"""Figures of which one is hedged ("some 12,000") agree within this part of the larger."""
SAME_THING = {True: 10.0, False: 2.0}
"""How many times larger a figure may be and still count the same thing: tolls (True)
rise tenfold in a day, while 3 agents and 600 agents are other agents."""
LEAST = 3
"""Smaller figures are compared for tolls alone: two men and three men are no news."""

_NUMBERS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip
_SPELLED = {word: float(number) for number, word in enumerate(_NUMBERS, 1)}
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_TOLL_OF = {
    **dict.fromkeys(
        ("killed", "dead", "died", "deaths", "fatalities", "muertos", "fallecidos"),
        "killed",
    ),
    **dict.fromkeys(("injured", "wounded", "hurt", "injuries", "heridos"), "injured"),
    **dict.fromkeys(("missing", "desaparecidos"), "missing"),
    **dict.fromkeys(("arrested", "arrests", "detained", "detenidos"), "arrested"),
}
_TOLL_VERBS = {
    **dict.fromkeys(("kills", "killing", "killed"), "killed"),
    **dict.fromkeys(("injures", "injuring", "injured", "wounding"), "injured"),
    **dict.fromkeys(("arrests", "arresting", "arrested", "detaining"), "arrested"),
}
_PLURALS = frozenset({"people", "men", "women", "children"})
# Plural in form; or of a kind that differs from text to text without contradiction.
_NO_NOUNS = frozenset({
    "always", "across", "cents", "days", "degrees", "feet", "hours", "kilometers",
    "meters", "miles", "minutes", "months", "news", "others", "points", "politics",
    "seconds", "things", "times", "votes", "ways", "weeks", "yards", "years",
})  # fmt: skip
_ADDED = frozenset({"more", "additional", "other", "others", "new", "further", "extra"})
_HEDGES = (
    "about|around|roughly|nearly|almost|some|more than|at least|over|up to|as many as"
    "|estimated|approximately|fewer than|less than"
)
# The number alone is looked for, and then what stands around it: one pattern for all
# takes ten times as long, as nearly every text has no figure.
_NUMBER = re.compile(
    r"(?<![\w.,:/$€£-])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
    rf"|(?:{'|'.join(_NUMBERS)})\b)"
    rf"(?:\s+(?P<scale>{'|'.join(_SCALES)})\b)?"
    r"(?!\w|[:/%-]|[.,]\d|\s%|\s+per ?cent\b)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?:\b(?P<verb>{'|'.join(_TOLL_VERBS)})\s+)?"
    rf"(?P<hedge>\b(?:{_HEDGES})\s+)?$",
    re.IGNORECASE,
)
_BEFORE_CHARS = 30
_AFTER = re.compile(r"(?:\s+[^\W\d_][\w’']*){0,4}")
_NAMED = re.compile(
    r"(?:\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
    r"|\b(?:title|section|article|chapter|phase|level|stage|tier|episode|season|part|route|highway|flight|day|no\.|top|the))\s+$",
    re.IGNORECASE,
)
"""What makes of a number a date or a name: Sept. 11 attacks, Title 42, the 5 takeaways."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it counts: `text` as written, `noun` to compare by."""

    value: float
    text: str
    noun: str
    is_toll: bool = False
    is_hedged: bool = False


@lru_cache(maxsize=4096)
def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of a text, the first of each noun.

    A number counts where a toll (killed, injured, missing, arrested), a plural noun
    within three words says what it is. Years, dates, times, ages, scores, money, parts
    of a hundred and amounts that come on top ("two more") do not.
    """
    found: dict[str, Figure] = {}
    for match in _NUMBER.finditer(text):
        figure = _figure(text, match)
        if figure:
            found.setdefault(figure.noun, figure)
    return tuple(found.values())


def _figure(text: str, match: re.Match[str]) -> Figure | None:
    start = max(0, match.start() - _BEFORE_CHARS)
    if _NAMED.search(text, start, match.start()):
        return None
    number, scale = match[0].lower(), match["scale"]
    if scale:
        number = number.removesuffix(scale.lower()).rstrip()
    value = _SPELLED.get(number) or float(number.replace(",", ""))
    if scale:
        value *= _SCALES[scale.lower()]
    after = _AFTER.match(text, match.end())
    words = [w.lower().strip("’'") for w in after[0].split()] if after else []
    if words and words[0] in _ADDED:
        return None
    before = _BEFORE.search(text, start, match.start())
    verb = (before["verb"] or "").lower() if before else ""
    noun, is_toll = _noun(words, verb)
    is_year = re.fullmatch(r"(?:19|20)\d\d", number) and not scale and not is_toll
    if not noun or is_year:
        return None
    is_hedged = bool(before and before["hedge"])
    return Figure(value, match[0], noun, is_toll, is_hedged)


def _noun(words: Sequence[str], verb: str) -> tuple[str, bool]:
    """Return what a number counts, '' for nothing that can be compared."""
    if verb:
        return _TOLL_VERBS[verb], True
    for word in words:
        if word in _TOLL_OF:
            return _TOLL_OF[word], True
    for word in words[:3]:
        if word in _PLURALS or (
            len(word) > 3
            and word.endswith("s")
            and not word.endswith(("ss", "us", "is", "'s", "’s"))
            and word not in _NO_NOUNS
        ):
            return word, False
    return "", False


def _is_near(one: Figure, other: Figure) -> bool:
    """Say whether two figures may count the same thing."""
    low, high = sorted((one.value, other.value))
    is_toll = one.is_toll or other.is_toll
    if one.noun != other.noun or (not is_toll and low < LEAST):
        return False
    return high <= SAME_THING[is_toll] * max(low, 1)


def differ(one: Figure, other: Figure) -> bool:
    """Say whether two figures of one noun contradict each other."""
    low, high = sorted((one.value, other.value))
    if low == high or not _is_near(one, other):
        return False
    return not ((one.is_hedged or other.is_hedged) and high - low <= ROUND * high)


def conflicts(items: Iterable[Item]) -> tuple[Conflict, ...]:
    """Return the figures on which the sources of a cluster disagree.

    Of each source its latest figure counts; the latest comes first.
    """
    latest: dict[str, dict[str, tuple[Figure, Item]]] = {}
    for item in sorted(items, key=lambda item: (item.at, item.id), reverse=True):
        for figure in figures(_lead(item)):
            latest.setdefault(figure.noun, {}).setdefault(item.source, (figure, item))
    found = []
    for noun, by_source in sorted(latest.items()):
        latest_figure = next(iter(by_source.values()))[0]
        told = [one for one in by_source.values() if _is_near(one[0], latest_figure)]
        if any(differ(figure, latest_figure) for figure, _ in told):
            found.append(
                Conflict(
                    noun,
                    tuple(
                        Told(figure.text, item.source, item.at) for figure, item in told
                    ),
                )
            )
    return tuple(found)


def revised(
    items: Iterable[Item], known: Collection[int]
) -> tuple[tuple[str, str, str], ...]:
    """Return (noun, before, after) of figures that new items give and none gave before.

    `known` holds the ids of the items that are not new; before is their latest figure.
    A toll only rises: a smaller one is mostly that of another event.
    """
    before: dict[str, list[tuple[datetime, Figure]]] = {}
    after: dict[str, tuple[datetime, Figure]] = {}
    for item in sorted(items, key=lambda item: (item.at, item.id), reverse=True):
        for figure in figures(_lead(item)):
            if item.id in known:
                before.setdefault(figure.noun, []).append((item.at, figure))
            else:
                after.setdefault(figure.noun, (item.at, figure))
    return tuple(
        (noun, before[noun][0][1].text, figure.text)
        for noun, (at, figure) in sorted(after.items())
        if noun in before
        and at > before[noun][0][0]
        and all(differ(figure, old) for _, old in before[noun])
        and (not figure.is_toll or figure.value > before[noun][0][1].value)
    )


def _lead(item: Item) -> str:
    return f"{item.title}. {item.summary[:LEAD_CHARS]}"
