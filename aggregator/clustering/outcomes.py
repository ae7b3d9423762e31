"""Where each row of a call went and why: row by row, and as the estimator's arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from aggregator.clustering.board import NONE, Choice
from aggregator.clustering.state import Floats, Mask

Ints = npt.NDArray[np.int64]

_NO_COLUMNS = np.empty(0, dtype=np.int32)
_NO_PARTS = np.empty(0, dtype=np.float32)


class Outcome(NamedTuple):
    """The cluster of one row, and what spoke for it and against it.

    `asked` is the score to join by. `is_vetoed` where the row came near enough, but on
    one shared word; `is_bound` where people put it there, and `barred` the cluster that
    it would have gone to but for them; `refused` the first one that its title kept it
    out of, and the reason.
    """

    label: int
    choice: Choice
    asked: float
    is_vetoed: bool = False
    is_bound: bool = False
    barred: int = NONE
    refused: tuple[int, str] = (NONE, "")

    @property
    def pairs(self) -> Iterator[tuple[int, int]]:
        """The cluster beside each other one that the row was near to, lower id first."""
        for near in (self.choice.id, self.choice.runner_up):
            if near not in (NONE, self.label):
                yield min(self.label, near), max(self.label, near)


class Outcomes:
    """What the last call of `StreamingClusterer` decided, as arrays.

    Attributes
    ----------
    labels_ : ndarray of shape (n_items,), int
        The cluster of each row of the last call, before `regroup`. Ids are minted
        once.
    scores_ : ndarray of shape (n_items,), float
        Score with that cluster, or with the best one refused where it opened one.
    runner_up_, runner_up_scores_ : ndarray of shape (n_items,)
        The next best cluster and its score; -1 and 0 where nothing came near. Where
        a row opened a cluster, the runner-up is the best one refused.
    thresholds_ : ndarray of shape (n_items,), float
        The score that was asked for.
    bound_, barred_ : ndarray of shape (n_items,)
        Whether constraints put the row where it is, and the cluster that it would
        have gone to but for them, -1 where they changed nothing.
    opened_, vetoed_ : ndarray of shape (n_items,), bool
        Whether the row opened its cluster, and whether it did although it was near
        enough to another, for want of `carriers`.
    refusals_ : list of (int, str)
        The first cluster that a row was near enough to and that its title kept it out
        of, with the reason; -1 and "" where there is none.
    factors_ : ndarray of shape (n_items, 3)
        What each of `scores_` is made of: cosine with the centroid, mean cosine with
        the members, and what time left of their geometric mean.
    contributions_ : csr_matrix of shape (n_items, n_features)
        What each shared column gave to `scores_`: a row sums to its score, less
        what its meaning gave.
    meaning_scores_ : ndarray of shape (n_items,), float
        What the meanings gave to `scores_`, all 0 without an encoder.
    changed_ : ndarray of int
        The clusters that rows went to; after `regroup`, all whose state it changed too.
    """

    labels_: Ints
    changed_: Ints
    scores_: Floats
    thresholds_: Floats
    factors_: Floats
    meaning_scores_: Floats
    opened_: Mask
    vetoed_: Mask
    bound_: Mask
    barred_: Ints
    refusals_: list[tuple[int, str]]
    runner_up_: Ints
    runner_up_scores_: Floats
    contributions_: csr_matrix

    def _tell(self, outcomes: Sequence[Outcome], shape: tuple[int, int]) -> None:
        """Set the arrays to some outcomes, one a row of a matrix of this shape."""
        choices = [outcome.choice for outcome in outcomes]
        self.labels_ = np.array([outcome.label for outcome in outcomes], np.int64)
        self.changed_ = np.unique(self.labels_)
        self.thresholds_ = np.array([outcome.asked for outcome in outcomes], float)
        self.vetoed_ = np.array([outcome.is_vetoed for outcome in outcomes], bool)
        self.bound_ = np.array([outcome.is_bound for outcome in outcomes], bool)
        self.barred_ = np.array([outcome.barred for outcome in outcomes], np.int64)
        self.refusals_ = [outcome.refused for outcome in outcomes]
        self.scores_ = np.array([choice.score for choice in choices], float)
        factors = [choice.factors for choice in choices]
        self.factors_ = np.array(factors, float).reshape(len(choices), 3)
        self.meaning_scores_ = np.array([choice.meaning for choice in choices], float)
        best = np.array([choice.id for choice in choices], np.int64)
        self.opened_ = best != self.labels_
        self.runner_up_ = np.array([choice.runner_up for choice in choices], np.int64)
        self.runner_up_scores_ = np.array([c.runner_up_score for c in choices], float)
        self.runner_up_[self.opened_] = best[self.opened_]
        self.runner_up_scores_[self.opened_] = self.scores_[self.opened_]
        self.contributions_ = csr_matrix(
            (
                np.concatenate([_NO_PARTS, *(choice.parts for choice in choices)]),
                np.concatenate([_NO_COLUMNS, *(choice.columns for choice in choices)]),
                np.cumsum([0, *(len(choice.parts) for choice in choices)]),
            ),
            shape=shape,
        )
