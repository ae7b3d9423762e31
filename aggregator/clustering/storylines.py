"""Two clusters' summed vectors -> whether the later one tells on what the earlier told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from aggregator.clustering.state import Columns, Weights
from aggregator.models import StoryVector

STRENGTH = 0.5
"""The cosine that must be left without the strongest word, as it were."""
REST = timedelta(days=1)
"""An earlier chapter's last report is so long before this one's first, at least."""
N_KEYS = 8
"""The heaviest words, by which a cluster is found: those it links to share two of them
(all of 216 links on two sets; 5 % of the archive's entries are read, with 16 keys 20 %)."""
N_CANDIDATES = 20


class Likeness(NamedTuple):
    """How alike two clusters are, and what each shared column gives to the score.

    `score` is their cosine; `carriers`, 1 / (sum of the squared parts of the score),
    is how many words carry it, in effect; `parts` sum to 1.
    """

    score: float
    carriers: float
    columns: Columns
    parts: Weights

    @property
    def strength(self) -> float:
        """The score, less what one word alone would account for."""
        return self.score * (1.0 - 1.0 / self.carriers) if self.carriers else 0.0


def keys_of(vector: StoryVector) -> dict[int, int]:
    """Return the heaviest columns of a cluster, with weights in thousandths."""
    columns, weights = _unit(vector)
    heaviest = np.argsort(-weights, kind="stable")[:N_KEYS]
    thousandths = np.rint(weights[heaviest] * 1000).astype(int)
    return dict(zip(columns[heaviest].tolist(), thousandths.tolist(), strict=True))


def compare(one: StoryVector, other: StoryVector) -> Likeness:
    """Return how alike two clusters are."""
    columns, weights = _unit(one)
    others, other_weights = _unit(other)
    shared, here, there = np.intersect1d(
        columns, others, assume_unique=True, return_indices=True
    )
    products = weights[here] * other_weights[there]
    score = float(products.sum())
    if score <= 0.0:
        return Likeness(0.0, 0.0, shared[:0], products[:0])
    parts = products / score
    return Likeness(score, 1.0 / float(np.dot(parts, parts)), shared, parts)


def previous_of(
    vector: StoryVector, candidates: Iterable[StoryVector]
) -> tuple[int, Likeness] | None:
    """Return the cluster that this one tells on, or None; of equals, the latest id."""
    found = [(compare(vector, one), one.cluster_id) for one in candidates]
    found = [pair for pair in found if pair[0].strength >= STRENGTH]
    if not found:
        return None
    likeness, id = max(found, key=lambda pair: (pair[0].strength, pair[1]))
    return id, likeness


def _unit(vector: StoryVector) -> tuple[Columns, Weights]:
    columns = np.frombuffer(vector.columns, dtype=np.int32)
    weights = np.frombuffer(vector.weights, dtype=np.float32)
    length = float(np.linalg.norm(weights))
    return columns, weights / length if length else weights
