"""Texts that somebody calls examples -> how like them any text is.

Texts become unit vectors of stems: (1 + ln tf) times -ln of the share of news items
that have the stem, as `clustering.vectors` weighs them, but by the shares that ship
alone, so that a text scores the same today and in a year. Examples are a handful of
texts and know few of a subject's words: the texts of the stream that are most like
them lend theirs, less what the whole stream has (J. Rocchio, "Relevance feedback in
information retrieval", 1971, without a reader's judgement).
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from aggregator.models import Profile, Topic
from aggregator.topics.lexicon import MAX_WORDS, Lexicon, Node
from aggregator.topics.reading import Reading
from aggregator.words.commonwords import word_shares
from aggregator.words.stopwords import LANGUAGES

TITLE_WEIGHT = 3.0
"""How many times a title's word counts against once for a summary's."""
RARE = 1.5e-4
"""The share below which a word is no rarer for being seen less."""
LENT = 100
"""So many texts of the stream lend their words, and at most one in `ONE_IN`."""
ONE_IN = 20
LIKE = 0.08
"""A text that lends words is at least so like the examples (cosine)."""
AGAINST = 0.7
"""How much of what the whole stream has is taken off (Rocchio's gamma; beta is 1)."""
N_WEIGHTS = 200
HALF = 0.15
"""The cosine that makes half a score where no text of the stream tells better."""
HALF_SHARE = 0.45
"""Else this share of how like the lenders are to what was learned from them."""

Vector = Mapping[str, float]
Text = tuple[str, str]
"""Title and summary."""


class _Rarities(dict[str, float]):
    """Minus the logarithm of the share of items that have a stem, worked out once."""

    def __missing__(self, stem: str) -> float:
        rarity = -math.log((word_shares().get(stem, 0.0) + RARE) / (1.0 + RARE))
        if len(self) >= MAX_WORDS:
            self.clear()
        self[stem] = rarity
        return rarity


@cache
def rarities() -> Mapping[str, float]:
    """Return how rare each stem is, by the shares that ship."""
    return _Rarities()


def language(*readings: Reading) -> str:
    """Return the language whose function words texts have most of, or ''."""
    counts = dict.fromkeys(LANGUAGES, 0)
    for reading in readings:
        for word in reading.words:
            for one in word.grammar:
                counts[one] += 1
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def weights_of(title: Reading, summary: Reading, spoken: str) -> Vector:
    """Return what each stem of a text in a language weighs, not yet of length 1."""
    counts: dict[str, float] = {}
    for reading, weight in ((title, TITLE_WEIGHT), (summary, 1.0)):
        for word in reading.words:
            if not (word.grammar and spoken in word.grammar):
                for stem in word.stems:
                    counts[stem] = counts.get(stem, 0.0) + weight
    rarity = rarities()
    return {
        stem: rarity[stem] if n == 1.0 else (1.0 + math.log(n)) * rarity[stem]
        for stem, n in counts.items()
    }


def length_of(vector: Vector) -> float:
    """The square root of the sum of squares."""
    return math.hypot(*vector.values())


class TextReader:
    """Reads texts outside any topic; one thread at a time."""

    def __init__(self) -> None:
        self._lexicon = Lexicon(Node(), ())

    def __call__(self, title: str, summary: str) -> Vector:
        """Return the unit vector of a text."""
        heads, body = Reading(title, self._lexicon), Reading(summary, self._lexicon)
        return unit(weights_of(heads, body, language(heads, body)))


def unit(vector: Vector) -> Vector:
    """Return a vector with length 1, or an empty one."""
    length = length_of(vector)
    return {stem: x / length for stem, x in vector.items()} if length else {}


def likeness(one: Vector, other: Vector) -> float:
    """The dot product of two vectors."""
    if len(one) > len(other):
        one, other = other, one
    return math.fsum(x * other[stem] for stem, x in one.items() if stem in other)


def is_address(example: str) -> bool:
    """Whether an example is the address of a stored item, not a text."""
    return example.startswith(("http://", "https://"))


def learn(
    topics: Iterable[Topic],
    stream: Iterable[Text] = (),
    stored: Mapping[str, Text] | None = None,
) -> dict[str, Profile]:
    """Learn what texts like each topic's examples are made of, by slug.

    `stored` holds the texts of examples that are addresses; the others of them say
    nothing. The stream is read once, whatever the number of topics, and a text that
    it repeats under one title counts once.
    """
    read = TextReader()
    students = [
        _Student(topic.slug, topic.examples, _seeds(topic, read, stored or {}))
        for topic in topics
        if topic.examples
    ]
    everything: dict[str, float] = defaultdict(float)
    titles: set[int] = set()
    for text in stream if students else ():
        name = hash(text[0])
        if name not in titles:
            titles.add(name)
            vector = read(*text)
            for student in students:
                student.look_at(vector, len(titles))
            _add(everything, vector)
    stream_has = unit(everything)
    return {
        student.slug: student.profile(stream_has, len(titles)) for student in students
    }


class _Student:
    """Learns the words of one topic's examples."""

    def __init__(
        self, slug: str, examples: tuple[str, ...], seeds: Sequence[Vector]
    ) -> None:
        self.slug = slug
        self.examples = examples
        self._said = unit(_sum(seeds))
        self._lenders: list[tuple[float, int, Vector]] = []

    def look_at(self, vector: Vector, number: int) -> None:
        """Keep the texts of the stream that are most like the examples."""
        near = likeness(self._said, vector)
        if near < LIKE:
            return
        if len(self._lenders) < LENT:
            heapq.heappush(self._lenders, (near, number, vector))
        elif near > self._lenders[0][0]:
            heapq.heapreplace(self._lenders, (near, number, vector))

    def profile(self, stream_has: Vector, text_count: int) -> Profile:
        """Return what was learned from so many texts."""
        best = heapq.nlargest(text_count // ONE_IN, self._lenders)
        lenders = [vector for _, _, vector in best]
        if not self._said or not lenders:
            return Profile(self.examples, _heaviest(self._said), HALF, text_count)
        weights = defaultdict(float, self._said)
        _add(weights, unit(_sum(lenders)))
        for stem, x in stream_has.items():
            if stem in weights:
                weights[stem] -= AGAINST * x
        heaviest = _heaviest(weights)
        near = math.fsum(likeness(heaviest, v) for v in lenders) / len(lenders)
        return Profile(self.examples, heaviest, HALF_SHARE * near, text_count)


def _seeds(topic: Topic, read: TextReader, stored: Mapping[str, Text]) -> list[Vector]:
    texts = (
        stored.get(example, ("", "")) if is_address(example) else ("", example)
        for example in topic.examples
    )
    return [read(*text) for text in texts]


def _add(total: dict[str, float], vector: Vector) -> None:
    for stem, x in vector.items():
        total[stem] += x


def _sum(vectors: Iterable[Vector]) -> Vector:
    total: dict[str, float] = defaultdict(float)
    for vector in vectors:
        _add(total, vector)
    return total


def _heaviest(vector: Vector) -> Vector:
    pairs = [(x, stem) for stem, x in vector.items() if x > 0.0]
    return unit({stem: round(x, 5) for x, stem in heapq.nlargest(N_WEIGHTS, pairs)})
