"""What is known of one open cluster, and the arithmetic of joining and parting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregator.clustering.meaning import NO_MEANING, Meaning
from aggregator.words.titles import NOTHING, Title

Columns = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# What two texts of one event resemble each other by before anything is known of the
# event, and how many pairs that belief counts for.
_PRIOR_COHESION = 0.2
_PRIOR_PAIRS = 3.0


class Member(NamedTuple):
    """One row that a cluster can still part with: its key, hour, terms and title.

    `meaning` is its second vector, of no dimension without an encoder.
    """

    key: int
    hour: float
    columns: Columns
    weights: Weights
    title: Title = NOTHING
    meaning: Weights = NO_MEANING.vector


@dataclass(frozen=True, slots=True)
class ClusterState:
    """One open cluster: the sum of its members' rows, their number, their times.

    `columns` ascend; `weights` stand beside them; `first` and `last` are hours.
    `members` are the newest of its rows; without them it can merge but not split.
    `n_terms` counts the terms of all rows that ever joined, shared ones every time.
    """

    id: int
    columns: Columns
    weights: Weights
    size: int
    first: float
    last: float
    members: Sequence[Member] = ()
    n_terms: int = 0
    meaning: Meaning = NO_MEANING
    square: float = field(init=False, repr=False, compare=False)
    """The squared length of the summed rows: asked for of every cluster, each cycle."""

    def __post_init__(self) -> None:
        square = float(np.dot(self.weights, self.weights))
        square += self.meaning.dot(self.meaning)
        object.__setattr__(self, "square", square)

    @classmethod
    def opened(cls, id: int, member: Member) -> ClusterState:
        """Make the state of a cluster of one row: `of`, without its sums."""
        return cls(
            id,
            member.columns,
            member.weights,
            1,
            member.hour,
            member.hour,
            (member,),
            len(member.columns),
            Meaning.of(member.meaning),
        )

    @classmethod
    def of(cls, id: int, members: Iterable[Member]) -> ClusterState:
        """Make the state of a cluster from all of its members, at least one."""
        members = tuple(members)
        if len(members) == 1:
            return cls.opened(id, members[0])
        columns, weights = _added(
            [member.columns for member in members],
            [member.weights for member in members],
        )
        hours = [member.hour for member in members]
        return cls(
            id,
            columns,
            weights,
            len(members),
            min(hours),
            max(hours),
            members,
            sum(len(member.columns) for member in members),
            meaning_of(members),
        )

    @property
    def titles(self) -> list[Title]:
        """What the titles of its kept members say of themselves."""
        return [member.title for member in self.members]

    @property
    def middle(self) -> float:
        """The hour in the middle of its span."""
        return (self.first + self.last) / 2.0

    @property
    def cohesion(self) -> float:
        """The mean cosine of two members, drawn to a prior while they are few."""
        return _cohesion(self.size, self.square - self.meaning.mass)

    def merged_cohesion(self, other: ClusterState, product: float) -> float:
        """The cohesion both would have as one, from the `dot` of the two."""
        square = self.square + other.square + 2.0 * product
        square -= self.meaning.mass + other.meaning.mass
        return _cohesion(self.size + other.size, square)

    @property
    def terms_per_item(self) -> float:
        """How many terms a member has, on average."""
        return (self.n_terms or len(self.columns)) / self.size

    def joined(self, member: Member) -> ClusterState:
        """Return this cluster with one member more."""
        places, shared = overlap(self.columns, member.columns)
        weights = self.weights.copy()
        weights[places[shared]] += member.weights[shared]
        fresh = ~shared
        columns = np.concatenate([self.columns, member.columns[fresh]])
        weights = np.concatenate([weights, member.weights[fresh]])
        order = columns.argsort(kind="stable")
        columns, weights = columns[order], weights[order]
        return ClusterState(
            self.id,
            columns,
            weights,
            self.size + 1,
            min(self.first, member.hour),
            max(self.last, member.hour),
            (*self.members, member),
            self.n_terms + len(member.columns),
            self.meaning.plus(Meaning.of(member.meaning)),
        )

    def merged(self, other: ClusterState) -> ClusterState:
        """Return this cluster with all that `other` has."""
        columns, weights = _added(
            [self.columns, other.columns], [self.weights, other.weights]
        )
        members = sorted((*self.members, *other.members), key=lambda m: (m.hour, m.key))
        return ClusterState(
            self.id,
            columns,
            weights,
            self.size + other.size,
            min(self.first, other.first),
            max(self.last, other.last),
            tuple(members),
            self.n_terms + other.n_terms,
            self.meaning.plus(other.meaning),
        )

    def without(self, leaving: ClusterState) -> ClusterState:
        """Return this cluster without the members of `leaving`, which it has."""
        gone = {member.key for member in leaving.members}
        kept = tuple(member for member in self.members if member.key not in gone)
        if self.size == len(self.members):
            return ClusterState.of(self.id, kept)
        columns, weights = _added(
            [self.columns, leaving.columns], [self.weights, -leaving.weights]
        )
        left = weights > 0.0
        # The span stays: the rows that are no longer kept may lie at its ends.
        return ClusterState(
            self.id,
            columns[left],
            weights[left],
            self.size - leaving.size,
            self.first,
            self.last,
            kept,
            max(self.n_terms - leaving.n_terms, 0),
            self.meaning.minus(leaving.meaning),
        )

    def trimmed(self, max_terms: int, max_members: int) -> ClusterState:
        """Return this cluster with its heaviest terms and newest members only."""
        columns, weights = self.columns, self.weights
        if len(columns) > max_terms:
            heaviest = np.argpartition(-weights, max_terms)[:max_terms]
            kept = np.sort(heaviest)
            columns, weights = columns[kept], weights[kept]
        elif len(self.members) <= max_members:
            return self
        return ClusterState(
            self.id,
            columns,
            weights,
            self.size,
            self.first,
            self.last,
            self.members[-max_members:],
            self.n_terms,
            self.meaning,
        )


def _cohesion(size: int, square: float) -> float:
    pairs = size * (size - 1) / 2
    between = (square - size) / 2
    return (between + _PRIOR_COHESION * _PRIOR_PAIRS) / (pairs + _PRIOR_PAIRS)


def overlap(columns: Columns, wanted: Columns) -> tuple[npt.NDArray[np.intp], Mask]:
    """Return where each of `wanted` stands among ascending `columns`, and which do."""
    places = columns.searchsorted(wanted)
    if not len(columns):
        return places, np.zeros(len(wanted), dtype=bool)
    return places, columns.take(places, mode="clip") == wanted


def dot(a: ClusterState, b: ClusterState) -> float:
    """Return the dot product of two clusters' summed rows."""
    mine, others = _shared(a, b)
    return float(np.dot(mine, others)) + a.meaning.dot(b.meaning)


def shared_parts(a: ClusterState, b: ClusterState) -> Weights:
    """Return what each column that two clusters share gives to their `dot`."""
    mine, others = _shared(a, b)
    return mine * others


def _shared(a: ClusterState, b: ClusterState) -> tuple[Weights, Weights]:
    if len(a.columns) > len(b.columns):
        a, b = b, a
    places, shared = overlap(b.columns, a.columns)
    return a.weights[shared], b.weights[places[shared]]


def meaning_of(members: Sequence[Member]) -> Meaning:
    """Return the summed second vectors of some members, at least one."""
    X = np.stack([member.meaning for member in members])
    return Meaning(X.sum(axis=0), float(np.einsum("ij,ij->", X, X)))


def _added(
    columns: Sequence[Columns], weights: Sequence[Weights]
) -> tuple[Columns, Weights]:
    if len(columns) == 1:
        return columns[0], weights[0]
    union, places = np.unique(np.concatenate(columns), return_inverse=True)
    summed = np.bincount(places, np.concatenate(weights), len(union))
    return union, summed.astype(np.float32)
