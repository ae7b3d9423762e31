"""Items of one cluster -> reports: which of them carry the same text; pure.

Wording is compared as runs of words (shingles; Broder, "On the resemblance and
containment of documents", 1997), so a text that was cut, got another headline or a
dateline, or was lightly edited is still found inside the longer one.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aggregator.copytext import CopyText, read
from aggregator.models import Carrier, Evidence, Item

SAME_TEXT = 0.5
"""The share of the shorter text's runs that make it a copy of the longer one."""
SAME_AGENCY = 0.35
"""The same where both name one agency."""
SAME_TITLE = 0.2
"""The same under equal headlines."""
EQUAL = 0.9
"""A text so like another that it finds no copies which that one would miss."""
MIN_RUNS = 6
"""A text with fewer runs of words is too short to be compared by them."""
MAX_POSTINGS = 32
"""A run that more texts have tells nothing, and would make the cost quadratic."""
MAX_CANDIDATES = 8
"""So many of the texts that share most runs are looked at."""
KEPT_TEXTS = 4096

_LEAST_TITLE = 5
_FACT_LIMIT = 0.3
_NOT = frozenset("no not never without nunca jamás sin non pas kein nicht não".split())


@dataclass(frozen=True, slots=True)
class Match:
    """What makes one text a copy of another."""

    containment: float
    evidence: Evidence


class CopyFinder:
    """Finds the reports of a cluster; keeps the runs of texts it has just read.

    What it keeps only saves time: it never changes what is found.
    """

    def __init__(self, kept: int = KEPT_TEXTS) -> None:
        self._kept = kept
        self._texts: OrderedDict[int, tuple[Item, CopyText]] = OrderedDict()

    def reports(
        self, items: Sequence[Item], family_of: Callable[[str, str], str]
    ) -> tuple[Carrier, ...]:
        """Say for each item whose text it carries, in the order of (at, id).

        `family_of` takes a source and an address and returns the publisher. The cost
        grows with the number of items, not with its square: each item is compared
        with at most `MAX_CANDIDATES` texts, and equal texts stand as one.
        """
        ordered = sorted(items, key=lambda item: (item.at, item.id))
        if len(ordered) == 1:
            # most clusters: nothing to compare, and one agency tag to look for
            texts = [self._read(ordered[0])]
            return tuple(_carriers(ordered, texts, [0], [None], family_of))
        texts = [self._read(item) for item in ordered]
        roots, matches = _link(ordered, texts)
        return tuple(_carriers(ordered, texts, roots, matches, family_of))

    def _read(self, item: Item) -> CopyText:
        found = self._texts.get(item.id)
        # a feed may rewrite an item; `Item` is compared where it is not the same object
        if found is not None and _same_words(found[0], item):
            self._texts.move_to_end(item.id)
            return found[1]
        text = read(item)
        self._texts[item.id] = (item, text)
        if len(self._texts) > self._kept:
            self._texts.popitem(last=False)
        return text


def _same_words(one: Item, other: Item) -> bool:
    return one.title == other.title and one.summary == other.summary


# --- which texts are one


def _link(
    items: Sequence[Item], texts: Sequence[CopyText]
) -> tuple[list[int], list[Match | None]]:
    """Return each text's first (its place), and what showed that it is a copy."""
    roots = list(range(len(texts)))
    matches: list[Match | None] = [None] * len(texts)
    runs: dict[tuple[str, ...], list[int]] = {}
    names: dict[object, list[int]] = {}
    for place, text in enumerate(texts):
        found = False
        stands_alone = True
        for other in _candidates(items[place], text, runs, names):
            match = compare(items[other], texts[other], items[place], text)
            if match is None:
                continue
            if not found or match.containment > (matches[place] or match).containment:
                matches[place] = match
            found = True
            _unite(roots, other, place)
            stands_alone = stands_alone and not _is_equal(texts[other], text)
        if stands_alone:
            _index(place, items[place], text, runs, names)
    return [_root(roots, place) for place in range(len(texts))], matches


def _candidates(
    item: Item,
    text: CopyText,
    runs: dict[tuple[str, ...], list[int]],
    names: dict[object, list[int]],
) -> list[int]:
    """Return the places of earlier texts that may be the same, likeliest first."""
    shared: Counter[int] = Counter()
    for run in text.runs:
        shared.update(runs.get(run, ()))
    found = [place for place, _ in shared.most_common(MAX_CANDIDATES)]
    for name in _names(item, text):
        found += names.get(name, ())
    return list(dict.fromkeys(found))


def _names(item: Item, text: CopyText) -> Iterable[object]:
    """Yield what finds a text without its runs: its address and its headline."""
    if item.url:
        yield item.url
    words = sorted(text.title_words)
    if len(words) >= _LEAST_TITLE:
        # Headlines that differ by a word or two share their longest words.
        by_length = sorted(words, key=lambda word: (-len(word), word))
        yield ("title", *sorted(by_length[:3]))
        yield ("title", *sorted(by_length[1:4]))


def _index(
    place: int,
    item: Item,
    text: CopyText,
    runs: dict[tuple[str, ...], list[int]],
    names: dict[object, list[int]],
) -> None:
    for run in text.runs:
        known = runs.setdefault(run, [])
        if len(known) < MAX_POSTINGS:
            known.append(place)
    for name in _names(item, text):
        places = names.setdefault(name, [])
        if len(places) < MAX_CANDIDATES:
            places.append(place)


def compare(
    item: Item, text: CopyText, other_item: Item, other: CopyText
) -> Match | None:
    """Say why two items carry one text, None where they do not."""
    short, long = sorted((text, other), key=lambda one: len(one.runs))
    share = _containment(short, long)
    if item.url and item.url == other_item.url:
        return Match(max(share, 0.0), Evidence.ADDRESS)
    comparable = len(short.runs) >= MIN_RUNS
    same_title = _is_title(text, other)
    if comparable and not _contradicts(short, long):
        if share >= SAME_TEXT:
            return Match(share, Evidence.TEXT)
        if share >= SAME_AGENCY and text.agency and text.agency == other.agency:
            return Match(share, Evidence.AGENCY)
        if share >= SAME_TITLE and same_title:
            return Match(share, Evidence.TITLE)
    elif not comparable and same_title:
        return Match(share, Evidence.TITLE)
    is_relay = item.source == other_item.source and item.feed_id != other_item.feed_id
    if same_title and is_relay:
        return Match(share, Evidence.SOURCE)
    return None


def _containment(short: CopyText, long: CopyText) -> float:
    if not short.runs:
        return 0.0
    return len(short.runs & long.runs) / len(short.runs)


def _contradicts(short: CopyText, long: CopyText) -> bool:
    """Say whether names and numbers differ as in two fillings of one template."""
    facts = short.facts
    missing = len(facts - long.facts - long.first_words)
    return missing > max(1.0, _FACT_LIMIT * len(facts))


def _is_title(one: CopyText, other: CopyText) -> bool:
    """Say whether two headlines differ at most by a word or two that one adds."""
    short, long = sorted(
        (one.title_words, other.title_words), key=lambda words: len(words)
    )
    added = long - short
    return (
        len(short) >= _LEAST_TITLE
        and short <= long
        and len(added) <= 2
        and not any(word in _NOT or word[0].isdigit() for word in added)
    )


def _is_equal(one: CopyText, other: CopyText) -> bool:
    """Say whether whatever is like `other` will be found to be like `one`, too."""
    if not other.runs or not one.runs:
        return one.runs == other.runs and one.title_words == other.title_words
    shared = len(one.runs & other.runs)
    union = len(one.runs) + len(other.runs) - shared
    return shared / union >= EQUAL


def _root(roots: list[int], place: int) -> int:
    while roots[place] != place:
        roots[place] = roots[roots[place]]
        place = roots[place]
    return place


def _unite(roots: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(roots, one), _root(roots, other)))
    roots[second] = first


# --- reports


def _carriers(
    items: Sequence[Item],
    texts: Sequence[CopyText],
    roots: Sequence[int],
    matches: Sequence[Match | None],
    family_of: Callable[[str, str], str],
) -> Iterable[Carrier]:
    agencies: dict[int, str] = {}
    spelled = {_initials(item.source): item.source for item in items}
    for root, text in zip(roots, texts, strict=True):
        if text.agency:
            agencies.setdefault(root, spelled.get(text.agency, text.agency))
    families = [family_of(item.source, item.url) for item in items]
    for place, item in enumerate(items):
        root = roots[place]
        agency = agencies.get(root, "")
        match = matches[place]
        if root == place:
            match = Match(1.0, Evidence.ORIGIN)
        elif match is None:  # it was there before the text that showed both are one
            match = Match(0.0, Evidence.CHAIN)
        yield Carrier(
            item_id=item.id,
            origin_id=items[root].id,
            containment=round(match.containment, 4),
            evidence=match.evidence,
            agency=agency,
            family=families[place],
            voice=family_of(agency, "") if agency else families[root],
        )


def _initials(name: str) -> str:
    """Return "CPA" for "Continental Press Agency"."""
    return "".join(word[0] for word in name.split() if word[0].isupper())
