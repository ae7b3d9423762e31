"""What texts say beside their words: an encoder's vectors, and how much they count.

A row may have a second vector. It lies in a space of its own, beside the words, so every
dot product is that of the words plus that of the meanings, and sums stay sums. Without
an encoder it has no dimension and adds exactly nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]

WEIGHT = 0.3
"""What the meanings of two short texts, when equal, add to a cosine of their words."""
SHORT = 10
"""Up to so many terms a text is short; with twice as many its meaning adds a quarter."""
AGREEMENT = 0.62
"""How alike the sides of a cluster must be with meanings: two events of one kind mean
much the same, so a little more than by words alone."""


class Meaning(NamedTuple):
    """The sum of some rows' second vectors, and of these vectors' squared lengths."""

    vector: Vector
    mass: float

    @classmethod
    def of(cls, vector: Vector) -> Meaning:
        """Return that of one row."""
        return cls(vector, float(np.dot(vector, vector)))

    def plus(self, other: Meaning) -> Meaning:
        """Return that of the rows of both."""
        return Meaning(self.vector + other.vector, self.mass + other.mass)

    def minus(self, other: Meaning) -> Meaning:
        """Return that of the rows that `other` lacks."""
        return Meaning(self.vector - other.vector, self.mass - other.mass)

    def times(self, factor: float) -> Meaning:
        """Return that of so many times as many rows."""
        return Meaning((self.vector * factor).astype(np.float32), self.mass * factor)

    def dot(self, other: Meaning) -> float:
        """Return what the meanings add to a dot product."""
        return float(np.dot(self.vector, other.vector))


NO_MEANING = Meaning(np.empty(0, dtype=np.float32), 0.0)


class Sense(NamedTuple):
    """What turns one model's raw vectors into second vectors of rows.

    Any two headlines are alike to an encoder: by 0.1 to one model, by 0.7 to another.
    `common`, the mean vector of the stream's own titles, is what they share; it is
    taken off, so that strangers have a cosine near 0 (Mu and Viswanath 2018,
    "All-but-the-top", without the top).
    """

    model: str
    common: Vector

    def rows(self, raw: Vector, n_terms: npt.NDArray[np.integer]) -> Vector:
        """Return the second vectors of texts with so many terms, in float32.

        The fewer words a text has, the more its meaning counts: two headlines of one
        event may share no word, two summaries share many, and to an encoder
        look-alikes (this year's fire, last year's fire) are one event. A text without
        a term, or without a raw vector, has no meaning.
        """
        rows = raw - self.common
        lengths = np.linalg.norm(rows, axis=1)
        weights = WEIGHT * np.minimum(SHORT / np.maximum(n_terms, 1), 1.0) ** 2
        told = (n_terms > 0) & raw.any(axis=1) & (lengths > 0.0)
        scales = np.where(told, np.sqrt(weights) / np.where(told, lengths, 1.0), 0.0)
        return (rows * scales[:, None]).astype(np.float32)
