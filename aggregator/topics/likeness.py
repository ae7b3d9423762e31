"""A text x the profiles of topics with examples -> how like each it is, and by which words."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aggregator.models import Profile
from aggregator.topics.examples import Vector, length_of, weights_of
from aggregator.topics.reading import Hit, Reading

N_WORDS = 6
"""So many of the words that make a text like the examples are told."""
LEAST_LIKE = 0.3
"""Less of what makes half a score is chance: nothing is said of such a text."""
TOLD_FROM = 0.5
"""From here on the words are told that make it like them."""
LEAST_SHARE = 0.04
"""A word that has less of the likeness is not."""


class Like(NamedTuple):
    """How like the examples a text is: `halves` of what makes half a score."""

    halves: float
    words: tuple[str, ...]
    """The stems that make it so, the heaviest first."""


class Likeness:
    """Profiles turned inside out: a text's stems lead to the topics that know them."""

    def __init__(self, profiles: Mapping[int, Profile]) -> None:
        self._profiles = dict(profiles)
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for topic, profile in profiles.items():
            for stem, weight in profile.weights.items():
                self._weights[stem].append((topic, weight))

    def __bool__(self) -> bool:
        return bool(self._profiles)

    def of(self, title: Reading, summary: Reading, spoken: str) -> dict[int, Like]:
        """Return how like the examples of each topic a text is, where it is at all."""
        text = weights_of(title, summary, spoken)
        products: dict[int, float] = defaultdict(float)
        known = self._weights
        for stem, x in text.items():
            for topic, weight in known.get(stem, ()):
                products[topic] += x * weight
        length = length_of(text)
        found: dict[int, Like] = {}
        for topic, product in products.items():
            profile = self._profiles[topic]
            halves = product / (length * profile.half)
            if halves >= LEAST_LIKE:
                is_told = halves >= TOLD_FROM
                words = _words(text, profile.weights, product) if is_told else ()
                found[topic] = Like(halves, words)
        return found


def _words(text: Vector, weights: Vector, product: float) -> tuple[str, ...]:
    shares = ((x * weights[stem], stem) for stem, x in text.items() if stem in weights)
    heaviest = heapq.nlargest(N_WORDS, shares)
    return tuple(stem for share, stem in heaviest if share >= LEAST_SHARE * product)


def places(reading: Reading, stems: Sequence[str]) -> list[Hit]:
    """Return where words with these stems stand in a text, for marking."""
    wanted = set(stems)
    return [
        Hit(-1, n, match.start(), match.end(1), n)
        for n, (word, match) in enumerate(
            zip(reading.words, reading.written, strict=True)
        )
        if not wanted.isdisjoint(word.stems)
    ]
