"""Hits of several terms -> the places where all of them stand together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from aggregator.topics.reading import Hit


def together(
    hits: Iterable[Hit], terms: Collection[int], within: int, term: int
) -> Iterator[Hit]:
    """Yield a hit of `term` where each of `terms` stands within so many words.

    `within` counts from the first word of the first term to the first word of the
    last, in any order. Stretches do not overlap: each word serves one of them.
    """
    latest: dict[int, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (hit.first, hit.last)):
        if hit.term not in terms:
            continue
        latest[hit.term] = hit
        begin = min(latest.values(), key=lambda one: one.first)
        if len(latest) == len(terms) and hit.first - begin.first <= within:
            end = max(latest.values(), key=lambda one: one.end)
            yield Hit(term, begin.first, begin.start, end.end, end.last)
            latest.clear()
