"""Answers of people -> what they teach: a logistic model on top of a definition.

With L the log odds of the definition's score, counted from the topic's threshold, and
x the text's unit vector over stems, the model is

    log odds = slope * L + g * sum(weight * x),   g = max(0.1, 4 p (1 - p)),  p = 1 / (1 + e ** -L)

so that words speak where the definition is in doubt, and a topic without answers is
its definition. Slope and weights have normal priors around 1 and 0 of variance 1, and
are fitted in the dual, where a few hundred answers are a small matrix (C. Bishop,
"Pattern Recognition and Machine Learning", 2006, sections 4.3 and 6.1). The share of
yes among the answers says nothing about the stream: an intercept is fitted and dropped.
"""

from __future__ import annotations

import heapq
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.special import expit

from aggregator.models import Lesson, Measured
from aggregator.topics.answered import Example
from aggregator.topics.revision import log_odds, revised

DECIDES_FROM = 40
"""Answers from which it may decide what matches, unless it did worse on those held out."""
FOLDS = 5
N_WEIGHTS = 2_000
"""So many stems, the heaviest, are kept."""
_ROUNDS = 100
_SHORTEST = 1e-6
_NEAR = 1e-7  # steps below this end the search: weights are rounded to 1e-5

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


def learn_lesson(examples: Sequence[Example], threshold: float) -> Lesson:
    """Fit a model to answers and measure it on those held out, in five parts.

    A part holds the answers whose key's CRC-32 leaves the same rest: the same answers
    are held out together every time.
    """
    answers = _Answers(examples, threshold)
    slope, dual = answers.fit(np.arange(len(examples)))
    kinds = {example.key: example.is_yes for example in examples}
    yes_count = sum(kinds.values())
    before = _measured([(example, example.is_match) for example in examples])
    after = _measured(answers.held_out())
    return Lesson(
        slope=round(slope, 4),
        weights=_weights(examples, dual),
        yes_count=yes_count,
        no_count=len(kinds) - yes_count,
        before=before,
        after=after,
        decides=len(kinds) >= DECIDES_FROM and after.f1 >= before.f1,
    )


class _Answers:
    """Examples as arrays: what each says of each, worked out once for all fits."""

    def __init__(self, examples: Sequence[Example], threshold: float) -> None:
        self.examples, self.threshold = examples, threshold
        self.odds = np.array([log_odds(e.score, threshold) for e in examples])
        self.said = np.array([float(e.is_yes) for e in examples])
        self.counted = np.array([e.weight for e in examples])
        self.products = _products([e.vector for e in examples])

    def fit(self, rows: Rows) -> tuple[float, Floats]:
        """Return the slope, and the dual variables of these examples."""
        odds = self.odds[rows]
        kernel = self.products[np.ix_(rows, rows)] + np.outer(odds, odds) + 1.0
        dual = _solve(kernel, odds, self.said[rows], self.counted[rows])
        return 1.0 + float(odds @ dual), dual

    def held_out(self) -> Iterator[tuple[Example, bool]]:
        """Yield each example, and whether it matches by what the other parts taught."""
        parts = np.array(
            [zlib.crc32(str(e.key).encode()) % FOLDS for e in self.examples]
        )
        for part in range(FOLDS):
            held, taught = np.flatnonzero(parts == part), np.flatnonzero(parts != part)
            if len(set(self.said[taught].tolist())) < 2:
                out = (self.examples[n] for n in held.tolist())
                yield from ((example, example.is_match) for example in out)
                continue
            slope, dual = self.fit(taught)
            words = self.products[np.ix_(held, taught)] @ dual
            for n, heard in zip(held.tolist(), words.tolist(), strict=True):
                example = self.examples[n]
                score = revised(example.score, self.threshold, slope, heard)
                yield example, score >= self.threshold


def _solve(kernel: Floats, odds: Floats, said: Floats, counted: Floats) -> Floats:
    """Return the dual variables that maximise the posterior: Newton, halving steps."""

    def cost(dual: Floats) -> float:
        z = odds + kernel @ dual
        loss = np.logaddexp(0.0, z) - said * z
        return float(counted @ loss + 0.5 * dual @ (z - odds))

    dual = np.zeros(len(odds))
    for _ in range(_ROUNDS):
        p = expit(odds + kernel @ dual)
        bent = np.eye(len(odds)) + (counted * p * (1.0 - p))[:, None] * kernel
        step = np.linalg.solve(bent, counted * (said - p) - dual)
        before, length = cost(dual), 1.0
        while cost(dual + length * step) > before and length > _SHORTEST:
            length /= 2.0
        dual = dual + length * step
        if np.abs(step).max() < _NEAR or length <= _SHORTEST:
            break
    return dual


def _products(vectors: Sequence[Mapping[str, float]]) -> Floats:
    """Return the dot product of each vector with each, of shape (n, n)."""
    places: dict[str, int] = {}
    ends = np.cumsum([0, *map(len, vectors)])
    columns = [places.setdefault(stem, len(places)) for v in vectors for stem in v]
    data = [x for vector in vectors for x in vector.values()]
    X = csr_matrix((data, columns, ends), shape=(len(vectors), max(len(places), 1)))
    return np.asarray((X @ X.T).toarray(), dtype=np.float64)


def _weights(examples: Sequence[Example], dual: Floats) -> dict[str, float]:
    """Return the weight of each stem, the heaviest first."""
    weights: dict[str, float] = defaultdict(float)
    for example, share in zip(examples, dual.tolist(), strict=True):
        for stem, x in example.vector.items():
            weights[stem] += share * x
    heaviest = heapq.nlargest(N_WEIGHTS, weights.items(), key=lambda pair: abs(pair[1]))
    return {stem: round(weight, 5) for stem, weight in heaviest if abs(weight) >= 1e-5}


def _measured(told: Iterable[tuple[Example, bool]]) -> Measured:
    told = list(told)
    found = sum(example.weight for example, is_match in told if is_match)
    wanted = sum(example.weight for example, _ in told if example.is_yes)
    right = sum(
        example.weight for example, is_match in told if is_match and example.is_yes
    )
    return Measured(
        precision=right / found if found else None,
        recall=right / wanted if wanted else None,
    )
