"""Items of one cluster -> reports: which of them carry the same text; pure.

Wording is compared as runs of words (shingles; Broder, "On the resemblance and
containment of documents", 1997), so a text that was cut, got another headline or a
dateline, or was lightly edited is still found inside the longer one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from aggregator.copies.copytext import CopyText, read
from aggregator.copies.pairs import MIN_RUNS, SAME_TITLE, Match, compare, is_equal
from aggregator.models import Carrier, Evidence, Item

BRIDGE = 0.65
"""What a text must share with a second report before that makes both one."""
MAX_POSTINGS = 32
"""A run that more texts have tells nothing, and would make the cost quadratic."""
MAX_CANDIDATES = 8
"""So many of the texts that share most runs are looked at."""
KEPT_TEXTS = 2048
"""About 8 KB each."""

FEW = 40
"""So many texts are compared without an index."""


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
        if len(ordered) < 2:  # most clusters: nobody needs to read the text
            return tuple(
                Carrier(item.id, item.id, 1.0, Evidence.ORIGIN, "", name, name)
                for item in ordered
                for name in (family_of(item.source, item.url),)
            )
        texts = [self._read(item) for item in ordered]
        roots, matches = _link(ordered, texts)
        return tuple(_carriers(ordered, texts, roots, matches, family_of))

    def _read(self, item: Item) -> CopyText:
        found = self._texts.get(item.id)
        if found is not None and _same_words(found[0], item):
            self._texts.move_to_end(item.id)
            return found[1]
        text = read(item)
        self._texts[item.id] = (item, text)
        if len(self._texts) > self._kept:
            self._texts.popitem(last=False)
        return text


def _same_words(one: Item, other: Item) -> bool:
    """Say whether an item is as it was: feeds rewrite theirs."""
    return (one.title, one.summary, one.url) == (other.title, other.summary, other.url)


# --- which texts are one


class _Shelf:
    """The texts of a cluster read so far, and how to find those like another."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self._texts: dict[int, CopyText] = {}
        self._runs: dict[int, list[int]] = {}
        self._keys: dict[object, list[int]] = {}

    def add(self, place: int, text: CopyText) -> None:
        self.places.append(place)
        self._texts[place] = text
        if len(self.places) == FEW + 1:
            for earlier in self.places:
                self._index(earlier)
        elif len(self.places) > FEW:
            self._index(place)
        for key in text.keys:
            places = self._keys.setdefault(key, [])
            if len(places) < MAX_CANDIDATES:
                places.append(place)

    def _index(self, place: int) -> None:
        for run in self._texts[place].runs:
            known = self._runs.setdefault(run, [])
            if len(known) < MAX_POSTINGS:
                known.append(place)

    def like(self, text: CopyText) -> Iterable[int]:
        """Return the places of texts that may be the same, likeliest first."""
        runs, texts = text.runs, self._texts
        shared: dict[int, int] = {}
        if len(self.places) <= FEW:  # two sets meet faster than an index answers
            shared = {place: len(texts[place].runs & runs) for place in self.places}
        else:
            for run in self._runs.keys() & runs:
                for place in self._runs[run]:
                    shared[place] = shared.get(place, 0) + 1
        near = [
            (-count, place)
            for place, count in shared.items()
            if count > SAME_TITLE * min(len(runs), len(texts[place].runs))
        ]
        best = [place for _, place in sorted(near)]
        found = dict.fromkeys(best[:MAX_CANDIDATES])
        for key in text.keys:
            found.update(dict.fromkeys(self._keys.get(key, ())))
        return found


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
            for other in shelf.like(text)
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
        if not any(is_equal(texts[other], text) for other, _ in found):
            shelf.add(place, text)
    return [_root(roots, place) for place in range(len(texts))], matches


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
