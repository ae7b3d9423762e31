"""The hits of one topic in title and summary -> points, and the words to mark."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from aggregator.topics.lexicon import fold
from aggregator.topics.reading import Hit

HALF_POINTS = 1.6
"""Points that make a score of a half."""
TITLE_POINTS = 1.5
ECHO_POINTS = 0.5
REPEATS = 3
"""The same term counts so often in a title or a summary: a chant is no evidence."""
WITHIN = 1 / 3
"""Part of a mention that a word counts in the summary inside a longer term's match."""
LEAD_WORDS = 80
"""News puts first what it is about: from here on a term counts by 1 / position."""

Found = tuple[str, Sequence[Hit]]
"""A text and the hits in it."""


def points_of(
    in_title: Sequence[Hit], in_summary: Sequence[Hit], boosts: Sequence[float]
) -> dict[str, float]:
    """A text's points for one topic, by where they come from."""
    title, summary = _weigh(in_title, 1.0, boosts), _weigh(in_summary, WITHIN, boosts)
    points = {}
    if title:
        # a term that counts less than others makes no title either
        strongest = max(boosts[term] for term in title)
        start = TITLE_POINTS * min(1.0, strongest)
        points["title"] = start + math.log1p(math.fsum(title.values()))
    if summary:
        points["summary"] = math.log1p(math.fsum(summary.values()))
    if title.keys() & summary.keys():
        points["echo"] = ECHO_POINTS
    return points


def _weigh(
    hits: Iterable[Hit], within: float, boosts: Sequence[float]
) -> dict[int, float]:
    """Weight of each term; `within` is that of a hit inside a longer term's stretch."""
    counts: Counter[int] = Counter()
    weights: dict[int, float] = defaultdict(float)
    covered = 0
    for hit in sorted(hits, key=_reading_order):
        counts[hit.term] += 1
        if counts[hit.term] <= REPEATS:
            weight = within if hit.end <= covered else 1.0
            weight *= boosts[hit.term]
            weights[hit.term] += weight * min(1.0, LEAD_WORDS / (hit.first + 1))
        covered = max(covered, hit.end)
    return weights


def _reading_order(hit: Hit) -> tuple[int, int]:
    return hit.start, -hit.end


def matched(found: Iterable[Found]) -> tuple[str, ...]:
    """The longest stretches of text that terms matched, each once, in reading order."""
    seen: dict[str, str] = {}
    for text, hits in found:
        covered = 0
        for hit in sorted(hits, key=_reading_order):
            if hit.end > covered:
                covered = hit.end
                stretch = text[hit.start : hit.end]
                seen.setdefault(fold(stretch), stretch)
    return tuple(seen.values())
