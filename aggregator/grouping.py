"""Items + open clusters -> a `Grouping`: the plan of one batch; reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from aggregator import clustering
from aggregator.clustering import NONE, StreamingClusterer
from aggregator.clustering.carry import hour_of, state_of, time_of, vector_of
from aggregator.clustering.labels import Columns, Weights, label_all
from aggregator.clustering.vectors import StreamingTfidf
from aggregator.copies.families import Families
from aggregator.copies.finder import CopyFinder
from aggregator.copies.reports import keep_origins
from aggregator.limits import LABEL_MEMBERS
from aggregator.models import (
    Carrier,
    ClusterUpdate,
    Decision,
    DecisionKind,
    Grouping,
    Item,
    ItemVector,
    Merge,
    OpenCluster,
    SharedTerm,
    Split,
    TopicScore,
)
from aggregator.text import fingerprint
from aggregator.topics import TopicMatcher, cluster_topics

N_SHARED_TERMS = 8

LONE_WORD = "near enough, but one shared word is all that carries it"


_NONE: Columns = np.empty(0, dtype=np.int32)
_NOTHING: Weights = np.empty(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where each item of a batch went, before it is named and written down."""

    items: tuple[Item, ...]
    vectors: tuple[ItemVector, ...]
    joins: tuple[Decision, ...]
    """One an item, in the same order."""
    splits: tuple[Split, ...]
    merges: tuple[Merge, ...]
    regroupings: tuple[Decision, ...]
    """What the splits and merges decided."""

    @property
    def touched(self) -> tuple[int, ...]:
        """The clusters whose members are other than before, and those now gone."""
        ids = {join.cluster_id for join in self.joins if join.cluster_id is not None}
        ids |= {id for s in self.splits for id in (s.cluster_id, s.child_id)}
        ids |= {id for m in self.merges for id in (m.kept_id, m.gone_id)}
        return tuple(sorted(ids))

    @property
    def moved_items(self) -> tuple[int, ...]:
        """The items that splits moved."""
        return tuple(id for split in self.splits for id in split.item_ids)


class Grouper:
    """Clusters batch after batch; holds what a batch needs to know of those before.

    What it holds is in the store as well: after a failure a new one is made from
    there, so that memory and store never differ.
    """

    def __init__(
        self,
        matcher: TopicMatcher,
        window: timedelta,
        families: Families | None = None,
    ) -> None:
        self.matcher = matcher
        self.window = window
        self.families = families or Families()
        self.copies = CopyFinder()
        self.tfidf = StreamingTfidf()
        self.clusterer = StreamingClusterer(
            window_hours=window.total_seconds() / 3600.0
        )
        self.config_hash = fingerprint(
            repr(sorted(self.tfidf.get_params().items())),
            repr(sorted(self.clusterer.get_params().items())),
        )[:12]
        self.restore((), 0, (0, b"", b""))

    def restore(
        self,
        clusters: Sequence[OpenCluster],
        last_id: int,
        term_counts: tuple[int, bytes, bytes],
    ) -> None:
        """Go on from what the store holds."""
        document_count, columns, counts = term_counts
        self.tfidf.restore(
            np.frombuffer(columns, dtype=np.int32),
            np.frombuffer(counts, dtype=np.int32),
            document_count,
        )
        self.clusterer.restore(map(state_of, clusters), last_id + 1)

    def assign(self, items: Sequence[Item], now: datetime) -> Assignment:
        """Put each item into a cluster, in the order of (at, id), then regroup."""
        items = tuple(sorted(items, key=lambda item: (item.at, item.id)))
        X = self.tfidf.partial_fit_transform(
            (item.title, item.summary) for item in items
        )
        clusterer = self.clusterer
        hours = [hour_of(item.at) for item in items]
        clusterer.partial_fit(X, times=hours, keys=[item.id for item in items])
        joins = tuple(self._join(row, item, now) for row, item in enumerate(items))
        clusterer.regroup()
        return Assignment(
            items=items,
            vectors=tuple(vector_of(X, row, item) for row, item in enumerate(items)),
            joins=joins,
            splits=tuple(Split(s.id, s.child, s.keys) for s in clusterer.splits_),
            merges=tuple(Merge(m.kept, m.gone) for m in clusterer.merges_),
            regroupings=tuple(self._regroupings(now)),
        )

    def plan(
        self,
        assignment: Assignment,
        members: Mapping[int, Sequence[Item]],
        known: Mapping[int, Item],
        member_topics: Mapping[int, Sequence[TopicScore]],
        now: datetime,
        origins: Mapping[int, int] | None = None,
    ) -> Grouping:
        """Name and score what an assignment touched.

        `members` are the newest items that each touched cluster had before, `known`
        the items that splits moved, `member_topics` the topic scores of them all;
        `origins` says whose text is carried by members of clusters that have more.
        """
        topics = {
            item.id: self.matcher.score(item.title, item.summary)
            for item in assignment.items
        }
        touched = _membership(assignment, members, known)
        # a cluster that was gone again with this very batch needs a row, to redirect
        standing = [
            id for id in touched if id in self.clusterer.clusters_ or id not in members
        ]
        newest = [_newest(touched[id]) for id in standing]
        names = label_all(
            [
                (items, *self._summed(id))
                for id, items in zip(standing, newest, strict=True)
            ],
            self.tfidf,
        )
        scores = {**member_topics, **topics}
        columns, counts, document_count = self.tfidf.changes()
        return Grouping(
            decided_at=now,
            clusters=tuple(
                ClusterUpdate(
                    state=self._open_cluster(cluster_id, items),
                    headline=named.headline,
                    words=named.words,
                    topic_scores=cluster_topics([scores.get(i.id, ()) for i in items]),
                )
                for cluster_id, items, named in zip(
                    standing, newest, names, strict=True
                )
            ),
            decisions=(*assignment.joins, *assignment.regroupings),
            splits=assignment.splits,
            merges=assignment.merges,
            carriers=tuple(self._carriers(touched, standing, origins or {})),
            vectors=assignment.vectors,
            forget_before=time_of(self.clusterer.newest_) - 2 * self.window,
            item_topics=topics,
            term_counts=tuple(zip(columns.tolist(), counts.tolist(), strict=True)),
            document_count=document_count,
        )

    def _carriers(
        self,
        touched: Mapping[int, Sequence[Item]],
        standing: Sequence[int],
        origins: Mapping[int, int],
    ) -> Iterator[Carrier]:
        """Yield whose text each item of the touched clusters carries."""
        for cluster_id in standing:
            if cluster_id in self.clusterer.clusters_:
                found = self.copies.reports(touched[cluster_id], self.families.of)
                yield from keep_origins(found, origins)

    def _summed(self, cluster_id: int) -> tuple[Columns, Weights]:
        state = self.clusterer.clusters_.get(cluster_id)
        return (state.columns, state.weights) if state else (_NONE, _NOTHING)

    def _open_cluster(self, cluster_id: int, items: Sequence[Item]) -> OpenCluster:
        state = self.clusterer.clusters_.get(cluster_id)
        if state is None:
            first, last = items[0].at, items[-1].at
            return OpenCluster(cluster_id, len(items), first, last, b"", b"")
        return OpenCluster(
            state.id,
            state.size,
            time_of(state.first),
            time_of(state.last),
            state.columns.astype(np.int32).tobytes(),
            state.weights.astype(np.float32).tobytes(),
            state.n_terms,
        )

    def _regroupings(self, now: datetime) -> Iterator[Decision]:
        """Yield a ledger row for each item that a split moved and for each merge."""
        for split in self.clusterer.splits_:
            for item_id in split.keys:
                yield self._regrouping(
                    DecisionKind.MOVED, item_id, split.child, split.id, split, now
                )
        for merge in self.clusterer.merges_:
            yield self._regrouping(
                DecisionKind.MERGED, None, merge.kept, merge.gone, merge, now
            )

    def _regrouping(
        self,
        kind: DecisionKind,
        item_id: int | None,
        cluster_id: int,
        other_id: int,
        found: clustering.Split | clustering.Merge,
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

    def _join(self, row: int, item: Item, now: datetime) -> Decision:
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
            rule=LONE_WORD if clusterer.vetoed_[row] else "",
            config_hash=self.config_hash,
            decided_at=now,
        )

    def _shared_terms(self, row: int, item: Item) -> tuple[SharedTerm, ...]:
        """Return the words that carried the score, with their parts of it."""
        given = self.clusterer.contributions_
        part = slice(given.indptr[row], given.indptr[row + 1])
        total = float(given.data[part].sum())
        if total <= 0.0:
            return ()
        words = {
            column: word
            for word, column in self.tfidf.terms(item.title, item.summary).items()
        }
        pairs = sorted(
            zip(given.data[part].tolist(), given.indices[part].tolist(), strict=True),
            reverse=True,
        )
        return tuple(
            SharedTerm(words.get(column, "?"), round(value / total, 4))
            for value, column in pairs[:N_SHARED_TERMS]
        )


def _membership(
    assignment: Assignment,
    members: Mapping[int, Sequence[Item]],
    known: Mapping[int, Item],
) -> dict[int, list[Item]]:
    """Return the items of each touched cluster after joins, splits and merges.

    A cluster that was merged away still has those that it brought along.
    """
    found = {id: list(members.get(id, ())) for id in assignment.touched}
    everything = dict(known)
    for item, join in zip(assignment.items, assignment.joins, strict=True):
        everything[item.id] = item
        if join.cluster_id is not None:
            found[join.cluster_id].append(item)
    for split in assignment.splits:
        moved = set(split.item_ids)
        found[split.cluster_id] = [
            item for item in found[split.cluster_id] if item.id not in moved
        ]
        found[split.child_id] += [everything[id] for id in split.item_ids]
    for merge in assignment.merges:
        found[merge.kept_id] += found[merge.gone_id]
    return found


def _newest(items: Sequence[Item]) -> Sequence[Item]:
    return sorted(items, key=lambda item: (item.at, item.id))[-LABEL_MEMBERS:]
