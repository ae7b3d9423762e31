"""What the clusterer did -> rows of the decision ledger, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator import clustering
from aggregator.clustering import NONE, StreamingClusterer
from aggregator.clustering.passes import Refusal
from aggregator.clustering.vectors import StreamingTfidf
from aggregator.clustering.vetoes import ROUNDUP
from aggregator.models import (
    Decision,
    DecisionKind,
    Item,
    Merge,
    Moves,
    SharedTerm,
    Split,
)
from aggregator.words.titles import is_roundup

N_SHARED_TERMS = 8

BOUND = "a person said that it belongs with others that are here"
BARRED = "a person said that it is not the event of cluster {}, which it is more like"
REFUSED = "not cluster {}, which it is more like: {}"
PARTS = ("centroid", "members", "time")
GIVERS = ("words", "meaning")
MANY_EVENTS = "it tells many events: to join one it needs twice the usual score"
LONE_WORD = "near enough, but one shared word is all that carries it"


class Ledger:
    """Tells the last batch of a clusterer; what it says is kept and never recomputed."""

    def __init__(
        self,
        clusterer: StreamingClusterer,
        tfidf: StreamingTfidf,
        config_hash: str,
        *,
        has_meanings: bool,
    ) -> None:
        self.clusterer, self.tfidf = clusterer, tfidf
        self.config_hash = config_hash
        self.has_meanings = has_meanings

    def join(self, row: int, item: Item, now: datetime) -> Decision:
        """Return why the item of `row` is where it is; before the passes."""
        clusterer = self.clusterer
        score = float(clusterer.scores_[row])
        runner_up = int(clusterer.runner_up_[row])
        runner_up_score = float(clusterer.runner_up_scores_[row])
        opened = bool(clusterer.opened_[row])
        threshold = float(clusterer.thresholds_[row])
        against = threshold if opened else runner_up_score
        return Decision(
            item_id=item.id,
            cluster_id=int(clusterer.labels_[row]),
            kind=DecisionKind.OPENED if opened else DecisionKind.JOINED,
            score=round(score, 4),
            threshold=round(threshold, 4),
            runner_up_id=None if runner_up == NONE else runner_up,
            runner_up_score=round(runner_up_score, 4),
            margin=round(score - against, 4),
            shared_terms=self._shared_terms(row, item),
            rule=self._rule(row, item),
            config_hash=self.config_hash,
            decided_at=now,
            parts=tuple(self._parts(row, score)),
        )

    def _rule(self, row: int, item: Item) -> str:
        """Return what had more weight than the score, if anything had."""
        if self.clusterer.bound_[row]:
            return BOUND
        barred = int(self.clusterer.barred_[row])
        if barred != NONE:
            return BARRED.format(barred)
        refused, why = self.clusterer.refusals_[row]
        if refused != NONE:
            return REFUSED.format(refused, why)
        if self.clusterer.vetoed_[row]:
            return LONE_WORD
        usual = self.clusterer.thresholds_[row] / ROUNDUP
        kept_out = self.clusterer.opened_[row] and self.clusterer.scores_[row] >= usual
        return MANY_EVENTS if kept_out and is_roundup(item.title) else ""

    def _parts(self, row: int, score: float) -> Iterator[tuple[str, float]]:
        """Yield what a score is made of; with an encoder, also who gave how much."""
        if score <= 0.0:
            return
        clusterer = self.clusterer
        for name, value in zip(PARTS, clusterer.factors_[row].tolist(), strict=True):
            yield name, round(value, 4)
        if self.has_meanings:
            meaning = float(clusterer.meaning_scores_[row])
            given = (score - meaning, meaning)
            yield from (
                (name, round(part, 4)) for name, part in zip(GIVERS, given, strict=True)
            )

    def _shared_terms(self, row: int, item: Item) -> tuple[SharedTerm, ...]:
        """Return the words that carried the score, with their parts of it."""
        given = self.clusterer.contributions_
        part = slice(given.indptr[row], given.indptr[row + 1])
        total = float(given.data[part].sum())
        total += max(float(self.clusterer.meaning_scores_[row]), 0.0)
        if total <= 0.0:
            return ()
        pairs = sorted(
            zip(given.data[part].tolist(), given.indices[part].tolist(), strict=True),
            reverse=True,
        )[:N_SHARED_TERMS]
        words = self.tfidf.words(item.title, item.summary)
        return tuple(
            SharedTerm(words.get(column, "?"), round(value / total, 4))
            for value, column in pairs
        )

    def moves(self, joins: Sequence[Decision], now: datetime) -> Iterator[Moves]:
        """Yield what the last batch moved, and why, in the order in which it did.

        First the joins and what the passes split and merged, then, if there are any,
        the members that merged clusters put out.
        """
        clusterer = self.clusterer
        yield Moves(
            (*joins, *self._partings(clusterer.splits_, now), *self._merges(now)),
            tuple(Split(s.id, s.child, s.keys) for s in clusterer.splits_),
            tuple(Merge(m.kept, m.gone) for m in clusterer.merges_),
        )
        if clusterer.put_outs_:
            yield Moves(
                tuple(self._partings(clusterer.put_outs_, now)),
                tuple(Split(s.id, s.child, s.keys) for s in clusterer.put_outs_),
            )

    def _partings(
        self, splits: Iterable[clustering.Split], now: datetime
    ) -> Iterator[Decision]:
        """Yield a ledger row for each item that a split moved."""
        for split in splits:
            for item_id in split.keys:
                yield self._regrouping(
                    DecisionKind.MOVED, item_id, split.child, split.id, split, now
                )

    def _merges(self, now: datetime) -> Iterator[Decision]:
        """Yield a ledger row for each merge, and for each that was refused."""
        for merge in self.clusterer.merges_:
            row = self._regrouping(
                DecisionKind.MERGED, None, merge.kept, merge.gone, merge, now
            )
            yield replace(row, rule=merge.why)
        for refused in self.clusterer.refused_merges_:
            row = self._regrouping(
                DecisionKind.REFUSED, None, refused.a, refused.b, refused, now
            )
            yield replace(row, rule=refused.why)

    def _regrouping(
        self,
        kind: DecisionKind,
        item_id: int | None,
        cluster_id: int,
        other_id: int,
        found: clustering.Split | clustering.Merge | Refusal,
        now: datetime,
    ) -> Decision:
        return Decision(
            item_id=item_id,
            cluster_id=cluster_id,
            kind=kind,
            score=round(found.agreement, 4),
            # no limit at all: the cluster had become a subject and was cut anyway
            threshold=round(min(found.limit, 1.0), 4),
            runner_up_id=other_id,
            runner_up_score=0.0,
            margin=round(found.agreement - min(found.limit, 1.0), 4),
            shared_terms=(),
            rule="",
            config_hash=self.config_hash,
            decided_at=now,
        )
