"""Items of one cluster -> reports: which of them carry the same text; pure.

Wording is compared as runs of words (shingles; Broder, "On the resemblance and
containment of documents", 1997), so a text that was cut, got another headline or a
dateline, or was lightly edited is still found inside the longer one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from aggregator.copytext import RUN_WORDS, CopyText, read
from aggregator.models import Carrier, Evidence, Item

SAME_TEXT = 0.5
"""The share of the shorter text's runs that make it a copy of the longer one."""
SAME_AGENCY = 0.35
"""The same where both name one agency."""
SAME_TITLE = 0.2
"""The same under equal headlines."""
BRIDGE = 0.65
"""What a text must share with a second report before that makes both one."""
EQUAL = 0.9
"""A text so like another that it finds no copies which that one would miss."""
MIN_RUNS = 6
"""A text with fewer runs of words is too short to be compared by them."""
MAX_POSTINGS = 32
"""A run that more texts have tells nothing, and would make the cost quadratic."""
MAX_CANDIDATES = 8
"""So many of the texts that share most runs are looked at."""
KEPT_TEXTS = 4096
"""About 7 KB each."""

FEW = 40
"""So many texts are compared without an index."""
LEAST_TITLE = 5
LONG_TITLE = 8
FACT_LIMIT = 0.3
"""The share of names and numbers in which copies may differ."""

_NOT = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "nunca",
        "jamás",
        "sin",
        "non",
        "pas",
        "kein",
        "nicht",
        "não",
    ]
)


@dataclass(frozen=True, slots=True)
class Match:
    """What makes one text a copy of another."""

    containment: float
    evidence: Evidence
    is_weak: bool = False
    """Whether a headline is all that there is to compare."""


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


class _Shelf:
    """The texts of a cluster read so far, and how to find those like another."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self._texts: dict[int, CopyText] = {}
        self._runs: dict[int, list[int]] = {}
        self._names: dict[object, list[int]] = {}

    def add(self, place: int, item: Item, text: CopyText) -> None:
        self.places.append(place)
        self._texts[place] = text
        if len(self.places) == FEW + 1:
            for earlier in self.places:
                self._index(earlier)
        elif len(self.places) > FEW:
            self._index(place)
        for name in _names(item, text):
            places = self._names.setdefault(name, [])
            if len(places) < MAX_CANDIDATES:
                places.append(place)

    def _index(self, place: int) -> None:
        for run in self._texts[place].runs:
            known = self._runs.setdefault(run, [])
            if len(known) < MAX_POSTINGS:
                known.append(place)

    def like(self, item: Item, text: CopyText) -> Iterator[int]:
        """Yield the places of texts that may be the same."""
        shared: dict[int, int] = {}
        if len(self.places) <= FEW:  # two sets meet faster than an index answers
            for place in self.places:
                if count := len(self._texts[place].runs & text.runs):
                    shared[place] = count
        else:
            for run in self._runs.keys() & text.runs:
                for place in self._runs[run]:
                    shared[place] = shared.get(place, 0) + 1
        best = sorted(shared, key=lambda place: (-shared[place], place))
        found = dict.fromkeys(best[:MAX_CANDIDATES])
        for name in _names(item, text):
            found |= dict.fromkeys(self._names.get(name, ()))
        yield from found


def _names(item: Item, text: CopyText) -> Iterable[object]:
    """Yield what finds a text without its runs: its address and its headline."""
    if item.url:
        yield item.url
    words = text.title_words
    if len(words) >= LEAST_TITLE:
        # Headlines that differ by a word or two share their longest words.
        longest = sorted(words, key=lambda word: (-len(word), word))[:4]
        yield ("title", *sorted(longest[:3]))
        yield ("title", *sorted(longest[1:]))


def _link(
    items: Sequence[Item], texts: Sequence[CopyText]
) -> tuple[list[int], list[Match | None]]:
    """Return each text's first (its place), and what showed that it is a copy."""
    roots = list(range(len(texts)))
    matches: list[Match | None] = [None] * len(texts)
    has_text = [len(text.runs) >= MIN_RUNS for text in texts]  # of a root's report
    shelf = _Shelf()
    for place, text in enumerate(texts):
        found = [
            (other, match)
            for other in shelf.like(items[place], text)
            if (match := compare(items[other], texts[other], items[place], text))
        ]
        found.sort(key=lambda pair: (pair[1].is_weak, -pair[1].containment, pair[0]))
        for other, match in found:
            one, two = sorted((_root(roots, other), _root(roots, place)))
            # A headline alone never makes two texts one that differ, nor does a text
            # that has something of both.
            is_bridge = has_text[one] and has_text[two] and matches[place] is not None
            if one == two or (is_bridge and match.containment < BRIDGE):
                continue
            if match.is_weak and has_text[one] and has_text[two]:
                continue
            matches[place] = matches[place] or match
            roots[two] = one
            has_text[one] = has_text[one] or has_text[two]
        if not any(_is_equal(texts[other], text) for other, _ in found):
            shelf.add(place, items[place], text)
    return [_root(roots, place) for place in range(len(texts))], matches


def compare(
    item: Item, text: CopyText, other_item: Item, other: CopyText
) -> Match | None:
    """Say why two items carry one text, None where they do not."""
    short, long = sorted((text, other), key=lambda one: len(one.runs))
    share = _containment(short, long)
    if item.url and item.url == other_item.url:
        return Match(share, Evidence.ADDRESS)
    same_title = _is_title(text, other)
    if len(short.runs) < MIN_RUNS:
        return Match(share, Evidence.TITLE, is_weak=True) if same_title else None
    if share >= SAME_TITLE and not _contradicts(short, long):
        if share >= SAME_TEXT:
            return Match(share, Evidence.TEXT)
        if same_title:
            return Match(share, Evidence.TITLE)
        if share >= SAME_AGENCY and text.agency and text.agency == other.agency:
            return Match(share, Evidence.AGENCY)
    # What one publisher says in two feeds under one headline, such as a search's.
    if same_title and item.source == other_item.source:
        return (
            Match(share, Evidence.SOURCE)
            if item.feed_id != other_item.feed_id
            else None
        )
    return None


def _containment(short: CopyText, long: CopyText) -> float:
    if not short.runs:
        return 0.0
    return len(short.runs & long.runs) / len(short.runs)


def _contradicts(short: CopyText, long: CopyText) -> bool:
    """Say whether names and numbers differ as in two fillings of one template.

    Looked at is what lies between the first and the last words that both have: beyond
    it, one of them was only cut earlier.
    """
    shared = [place for place, run in enumerate(short.order) if run in long.runs]
    if not shared:
        return False
    first, last = shared[0], shared[-1] + RUN_WORDS - 1
    facts = [word for place, word in short.facts if first <= place <= last]
    missing = sum(word not in long.names for word in facts)
    return missing > max(1.0, FACT_LIMIT * len(facts))


def _is_title(one: CopyText, other: CopyText) -> bool:
    """Say whether two headlines are equal, or long and differ by what one adds."""
    if one.title_words == other.title_words:
        return len(one.title_words) >= LEAST_TITLE
    short, long = sorted(
        (one.title_words, other.title_words), key=lambda words: len(words)
    )
    added = long - short
    return (
        len(short) >= LONG_TITLE
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


def keep_origins(
    carriers: Sequence[Carrier], known: Mapping[int, int]
) -> tuple[Carrier, ...]:
    """Name the first item of reports that began before the items looked at.

    `known` maps items to the first one of their text, as it was found before.
    """
    here = {carrier.item_id for carrier in carriers}
    firsts: dict[int, int] = {}
    for carrier in carriers:
        first = known.get(carrier.item_id, carrier.item_id)
        if first not in here:
            earlier = firsts.get(carrier.origin_id, first)
            firsts[carrier.origin_id] = min(first, earlier)
    if not firsts:
        return tuple(carriers)
    return tuple(
        replace(
            carrier,
            origin_id=firsts.get(carrier.origin_id, carrier.origin_id),
            evidence=Evidence.CHAIN
            if carrier.evidence is Evidence.ORIGIN and carrier.origin_id in firsts
            else carrier.evidence,
        )
        for carrier in carriers
    )
