"""A text x the profiles of topics with examples -> how like each it is, and by which words."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aggregator.models import Profile
from aggregator.topics.examples import vector_of
from aggregator.topics.reading import Hit, Reading

N_WORDS = 6
"""So many of the words that make a text like the examples are told."""
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
        self._halves = {topic: profile.half for topic, profile in profiles.items()}
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for topic, profile in profiles.items():
            for stem, weight in profile.weights.items():
                self._weights[stem].append((topic, weight))

    def __bool__(self) -> bool:
        return bool(self._halves)

    def of(self, title: Reading, summary: Reading, spoken: str) -> dict[int, Like]:
        """Return how like the examples of each topic a text is, where it is at all."""
        shares: dict[int, list[tuple[float, str]]] = {}
        weights = self._weights
        for stem, x in vector_of(title, summary, spoken).items():
            for topic, weight in weights.get(stem, ()):
                shares.setdefault(topic, []).append((x * weight, stem))
        return {
            topic: self._like(sum(share for share, _ in parts), parts, topic)
            for topic, parts in shares.items()
        }

    def _like(
        self, cosine: float, parts: Sequence[tuple[float, str]], topic: int
    ) -> Like:
        heaviest = heapq.nlargest(N_WORDS, parts)
        words = (stem for share, stem in heaviest if share >= LEAST_SHARE * cosine)
        return Like(cosine / self._halves[topic], tuple(words))


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
