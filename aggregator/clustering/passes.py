"""Open clusters after a batch: split what it mixed, merge what it brought together."""

from __future__ import annotations

import math
import sys
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    MutableMapping,
    Sequence,
)
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from aggregator.clustering.adopting import Home
from aggregator.clustering.constraints import Constraints, Knot
from aggregator.clustering.cutting import Grams, bisect
from aggregator.clustering.state import (
    ClusterState,
    Floats,
    Mask,
    dot,
    shared_parts,
)
from aggregator.clustering.vetoes import ROUNDUP, at_odds, is_lone_word

_SHORT = 3.0  # terms an item; far more of them, and a text cannot agree by luck
_MERGE_COSINE = 0.3


Cut = tuple[Mask, float, float] | None
"""The side to cut off, its agreement with the rest, and the limit; None: do not cut."""


class Split(NamedTuple):
    """Some members of cluster `id` became cluster `child`; `keys` name them.

    `agreement` fell below `limit`: that of the two sides, or the mean cosine of a lone
    member with all others.
    """

    id: int
    child: int
    keys: tuple[int, ...]
    agreement: float
    limit: float


class Merge(NamedTuple):
    """All of cluster `gone` went into cluster `kept`.

    They agree above `limit`; or `gone` was a lone row, which now scores at least what a
    join asks for, and `why` says so.
    """

    kept: int
    gone: int
    agreement: float
    limit: float
    why: str = ""


class Refusal(NamedTuple):
    """Two clusters that agree above `limit`, and were not merged for `why`."""

    a: int
    b: int
    agreement: float
    limit: float
    why: str


BY_PEOPLE = "a person said so, or pinned one of them"
BY_TITLES = "their titles are at odds"
ADOPTED = "a lone item that by now scores what a join asks for"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the passes ask for; `StreamingClusterer` says what each number means."""

    agreement: float
    merge_margin: float
    cohesion: float
    core: float

    def limit(self, terms_per_item: float) -> float:
        """Return the agreement asked for: less of short texts, which vary by luck."""
        return self.agreement * terms_per_item / (terms_per_item + _SHORT)


class Passes:
    """Splits and merges `clusters` in place and notes what it did."""

    def __init__(
        self,
        clusters: MutableMapping[int, ClusterState],
        rules: Rules,
        mint: Callable[[], int],
        decay: Callable[[float], float],
        constraints: Constraints,
        grams: Grams,
    ) -> None:
        self.clusters, self.rules, self.mint, self.decay = clusters, rules, mint, decay
        self.grams = grams
        self.constraints = constraints
        self.splits: list[Split] = []
        self.put_outs: list[Split] = []
        self.merges: list[Merge] = []
        self.refusals: list[Refusal] = []

    def split(self, ids: Iterable[int]) -> None:
        """Split clusters, and what comes of them, until all hold together."""
        self.splits += self._parted(ids, self._cut)

    def put_out(self) -> None:
        """Put out of what was merged the members that are below the core floor."""
        kept = {merge.kept for merge in self.merges} & self.clusters.keys()
        self.put_outs += self._parted(
            kept, lambda cluster: self._loosest(cluster, self.grams.of(cluster))
        )

    def _parted(
        self, ids: Iterable[int], cut_of: Callable[[ClusterState], Cut]
    ) -> Iterator[Split]:
        todo = sorted(ids)
        while todo:
            id = todo.pop(0)
            cut = cut_of(self.clusters[id])
            if cut is None:
                continue
            side, agreement, limit = cut
            # The larger side keeps the id.
            smaller = bool(2 * side.sum() < len(side))
            cluster = self.clusters[id]
            leaving = ClusterState.of(
                self.mint(),
                [m for m, s in zip(cluster.members, side, strict=True) if s == smaller],
            )
            self.clusters[id] = cluster.without(leaving)
            self.clusters[leaving.id] = leaving
            keys = tuple(member.key for member in leaving.members)
            self.constraints.split(leaving.id, keys)
            yield Split(id, leaving.id, keys, agreement, limit)
            todo += [id, leaving.id]

    def _cut(self, cluster: ClusterState) -> Cut:
        """Return the side to cut off, if the cluster does not hold together."""
        gram = self.grams.of(cluster)
        if len(gram) > 3:
            limit = self.rules.limit(cluster.terms_per_item)
            if cluster.cohesion < self.rules.cohesion:
                limit = np.inf  # a subject, not an event: cut it anyway
            side, agreement = bisect(gram)
            if agreement < limit and untie(side, self._knots(cluster)):
                return side, agreement, limit
        return self._loosest(cluster, gram)

    def _loosest(self, cluster: ClusterState, gram: Floats) -> Cut:
        """Return the member furthest from the others, if it is below the core floor."""
        n = len(gram)
        if n < 3:
            return None
        closeness = (gram.sum(axis=1) - gram.diagonal()) / (n - 1)
        for knot in self._knots(cluster):
            closeness[list(knot.places)] = np.inf
        loosest = int(closeness.argmin())
        if closeness[loosest] >= self.rules.core:
            return None
        return np.arange(n) == loosest, float(closeness[loosest]), self.rules.core

    def _knots(self, cluster: ClusterState) -> Sequence[Knot]:
        return self.constraints.knots(cluster.id, [m.key for m in cluster.members])

    def merge(
        self, pairs: Iterable[tuple[int, int]], max_terms: int, max_members: int
    ) -> None:
        """Merge the pairs that agree, the most agreeing first.

        The larger keeps its id, then the older; a merged cluster inherits the pairs
        of both.
        """
        waiting: dict[tuple[int, int], tuple[float, float]] = {}
        for pair in sorted(pairs):
            if pair[0] in self.clusters and pair[1] in self.clusters:
                self._consider(waiting, *pair)
        while waiting:
            (a, b), (agreement, limit) = max(
                waiting.items(), key=lambda item: item[1][0] / item[1][1]
            )
            if agreement < limit:
                return
            one, other = self.clusters[a], self.clusters[b]
            if at_odds(one.titles, other.titles):
                del waiting[a, b]
                self.refusals.append(Refusal(a, b, agreement, limit, BY_TITLES))
                continue
            kept, gone = (b, a) if other.size > one.size else (a, b)
            self._join(Merge(kept, gone, agreement, limit), max_terms, max_members)
            for pair in [pair for pair in waiting if {kept, gone} & set(pair)]:
                del waiting[pair]
                low, high = sorted(kept if id == gone else id for id in pair)
                if low != high:
                    self._consider(waiting, low, high)

    def adopt(
        self,
        homes: Iterable[Home],
        asked: float,
        carriers: float,
        max_terms: int,
        max_members: int,
    ) -> None:
        """Merge lone rows into their homes, by the rules of a join and of the passes."""
        for home in homes:
            one, other = self.clusters[home.id], self.clusters[home.lone]
            product = dot(one, other)
            is_roundup = any(title.is_roundup for title in other.titles)
            if (
                home.score < asked * (ROUNDUP if is_roundup else 1.0)
                or product < self.rules.core * one.size
                or one.merged_cohesion(other, product) < self.rules.cohesion
                or is_lone_word(home.score, shared_parts(one, other), carriers)
                or at_odds(one.titles, other.titles)
                or not self.constraints.may_merge(home.id, home.lone)
            ):
                continue
            merge = Merge(home.id, home.lone, home.score, asked, ADOPTED)
            self._join(merge, max_terms, max_members)

    def _join(self, merge: Merge, max_terms: int, max_members: int) -> None:
        merged = self.clusters[merge.kept].merged(self.clusters.pop(merge.gone))
        self.clusters[merge.kept] = merged.trimmed(max_terms, max_members)
        self.constraints.merged(merge.kept, merge.gone)
        self.merges.append(merge)

    def _consider(
        self, waiting: dict[tuple[int, int], tuple[float, float]], a: int, b: int
    ) -> None:
        """Let a pair wait to be merged, unless people have spoken against it."""
        agreement, limit = self._agreement(a, b)
        if self.constraints.may_merge(a, b):
            waiting[a, b] = agreement, limit
        elif agreement >= limit:
            self.refusals.append(Refusal(a, b, agreement, limit, BY_PEOPLE))

    def _agreement(self, a: int, b: int) -> tuple[float, float]:
        """Return how well two clusters agree, and how well they must to be merged."""
        one, other = self.clusters[a], self.clusters[b]
        common = self.decay(abs(one.middle - other.middle)) * dot(one, other)
        n_terms = one.terms_per_item * one.size + other.terms_per_item * other.size
        limit = self.rules.limit(n_terms / (one.size + other.size))
        limit = max(limit * self.rules.merge_margin, sys.float_info.min)
        # Cosine of the centroids: two lone texts may agree by their own measure, which
        # for one text is a belief, and still share next to nothing.
        if common < _MERGE_COSINE * math.sqrt(one.square * other.square):
            return 0.0, limit
        if one.merged_cohesion(other, common) < self.rules.cohesion:
            return 0.0, limit
        between = common / (one.size * other.size)
        return between / math.sqrt(one.cohesion * other.cohesion), limit


def untie(side: Mask, knots: Sequence[Knot]) -> bool:
    """Move a cut, in place, so that it separates no knot; say whether any is left.

    A knot goes to the side that has more of it; one that the cluster has more of
    elsewhere, to the larger, which stays.
    """
    for knot in knots:
        if knot.is_whole:
            places = list(knot.places)
            side[places] = 2 * side[places].sum() >= len(places)
    larger = bool(2 * side.sum() >= len(side))
    for knot in knots:
        if not knot.is_whole:
            side[list(knot.places)] = larger
    return bool(side.any() and not side.all())


def touched(passes: Passes, changed: Collection[int]) -> list[int]:
    """Return the ids whose state changed and still stands, after the passes."""
    ids = set(changed)
    ids |= {split.child for split in (*passes.splits, *passes.put_outs)}
    for merge in passes.merges:
        ids.discard(merge.gone)
        ids.add(merge.kept)
    return sorted(ids)
