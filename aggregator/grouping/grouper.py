"""Batch after batch: assign and regroup, then name and score what that touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from aggregator.clustering import ClusterState, Constraints, StreamingClusterer
from aggregator.clustering.carry import (
    hour_of,
    open_cluster_of,
    state_of,
    time_of,
    vector_of,
)
from aggregator.clustering.labels import Columns, Group, Weights, label_all
from aggregator.clustering.meaning import AGREEMENT, Sense, Vector
from aggregator.clustering.vectors import StreamingTfidf
from aggregator.copies.families import Families
from aggregator.copies.finder import CopyFinder
from aggregator.copies.reports import keep_origins
from aggregator.grouping.assignment import Assignment, membership, states
from aggregator.grouping.ledger import Ledger
from aggregator.limits import COPY_MEMBERS, LABEL_MEMBERS, TOPIC_MEMBERS
from aggregator.models import (
    Bonds,
    Carrier,
    ClusterUpdate,
    Grouping,
    Item,
    OpenCluster,
    TopicScore,
)
from aggregator.text import fingerprint
from aggregator.topics import TopicScorer
from aggregator.words.titles import read_title
from aggregator.words.tokens import strip_signature

PINNED = "a person pinned it"

_NONE: Columns = np.empty(0, dtype=np.int32)
_NOTHING: Weights = np.empty(0, dtype=np.float32)


class Grouper:
    """Clusters batch after batch; holds what a batch needs to know of those before.

    What it holds is in the store as well: after a failure a new one is made from
    there, so that memory and store never differ.
    """

    def __init__(
        self,
        topics: TopicScorer,
        window: timedelta,
        families: Families | None = None,
        threshold: float | None = None,
        sense: Sense | None = None,
    ) -> None:
        """With a `sense`, `assign` wants what its model makes of each item's title."""
        self.topics = topics
        self.window = window
        self.families = families or Families()
        self.sense = sense
        self.copies = CopyFinder()
        self.tfidf = StreamingTfidf()
        self.clusterer = StreamingClusterer(
            window_hours=window.total_seconds() / 3600.0
        )
        if threshold is not None:
            self.clusterer.set_params(threshold=threshold)
        if sense is not None:
            self.clusterer.set_params(agreement=AGREEMENT)
        self.config_hash = fingerprint(
            repr(sorted(self.tfidf.get_params().items())),
            repr(sorted(self.clusterer.get_params().items())),
            *([sense.model, sense.common.tobytes().hex()] if sense else []),
        )[:12]
        self.ledger = Ledger(
            self.clusterer,
            self.tfidf,
            self.config_hash,
            has_meanings=sense is not None,
        )
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
        states = (state_of(cluster, self.sense) for cluster in clusters)
        self.clusterer.restore(states, last_id + 1)
        self.obey(Bonds())

    def obey(self, bonds: Bonds) -> None:
        """Go against nothing of what people said, from now on."""
        self.constraints = Constraints(bonds)
        self.clusterer.obey(self.constraints)

    def obey_afresh(self, bonds: Bonds, guarded: Collection[int]) -> None:
        """Do so while items are clustered that were clustered before.

        What holds one of `guarded` is merged with nothing else.
        """
        self.constraints = Constraints(bonds, afresh=True, guarded=guarded)
        self.clusterer.obey(self.constraints)

    @property
    def forget_before(self) -> datetime:
        """Before when no vector of an item is needed any more."""
        return time_of(self.clusterer.newest_) - 2 * self.window

    def assign(
        self,
        items: Sequence[Item],
        now: datetime,
        raw: Vector | None = None,
        *,
        learns: bool = True,
    ) -> Assignment:
        """Put each item into a cluster, in the order of (at, id), then regroup.

        `raw` is what the model of `sense` made of the titles, one row an item. How
        rare words are is not learned again from items that were seen before.
        """
        order = sorted(range(len(items)), key=lambda n: (items[n].at, items[n].id))
        items = tuple(items[n] for n in order)
        n_dimensions = len(self.sense.common) if self.sense else 0
        if raw is None:
            raw = np.zeros((len(items), n_dimensions), dtype=np.float32)
        raw = raw[order]
        kept = raw.astype(np.float16)
        texts = [(item.title, item.summary) for item in items]
        weigh = self.tfidf.partial_fit_transform if learns else self.tfidf.transform
        X = weigh(texts)
        clusterer = self.clusterer
        hours = [hour_of(item.at) for item in items]
        titles = [read_title(item.title, item.summary) for item in items]
        clusterer.partial_fit(
            X,
            times=hours,
            keys=[item.id for item in items],
            titles=titles,
            meanings=self.sense.rows(raw, np.diff(X.indptr)) if self.sense else None,
        )
        joins = tuple(
            self.ledger.join(row, item, now) for row, item in enumerate(items)
        )
        clusterer.regroup()
        return Assignment(
            items=items,
            vectors=tuple(
                vector_of(X, row, item, titles[row], kept[row].tobytes())
                for row, item in enumerate(items)
            ),
            joins=joins,
            moves=tuple(self.ledger.moves(joins, now)),
            states={
                id: clusterer.clusters_[id]
                for id in clusterer.changed_.tolist()
                if id in clusterer.clusters_
            },
        )

    def plan(
        self,
        assignments: Sequence[Assignment],
        members: Mapping[int, Sequence[Item]],
        known: Mapping[int, Item],
        member_topics: Mapping[int, Sequence[TopicScore]],
        now: datetime,
        origins: Mapping[int, int] | None = None,
        led: Mapping[int, str] | None = None,
    ) -> Grouping:
        """Name and score what some assignments touched, all of them since the last plan.

        `members` are the newest items that each touched cluster had before, `known`
        the items that splits moved, `member_topics` the topic scores of them all;
        `origins` says whose text is carried by members of clusters that have more, and
        `led` which headlines the clusters have.
        """
        topics = {
            item.id: self.topics.item(item)
            for assignment in assignments
            for item in assignment.items
        }
        touched = membership(assignments, members, known)
        stand = states(assignments)
        # a cluster that was gone again with these very items needs a row, to redirect
        standing = [id for id in touched if id in stand or id not in members]
        carriers = self.carriers(
            [touched[id] for id in standing if id in stand], origins
        )
        columns, counts, document_count = self.tfidf.changes()
        return Grouping(
            decided_at=now,
            clusters=self.named(
                {id: touched[id] for id in standing},
                stand,
                {**member_topics, **topics},
                carriers,
                led,
            ),
            moves=tuple(moves for one in assignments for moves in one.moves),
            carriers=carriers,
            vectors=tuple(vector for one in assignments for vector in one.vectors),
            model=self.sense.model if self.sense else "",
            forget_before=self.forget_before,
            item_topics=topics,
            term_counts=tuple(zip(columns.tolist(), counts.tolist(), strict=True)),
            document_count=document_count,
        )

    def named(
        self,
        touched: Mapping[int, Sequence[Item]],
        states: Mapping[int, ClusterState],
        topics: Mapping[int, Sequence[TopicScore]],
        carriers: Sequence[Carrier],
        led: Mapping[int, str] | None = None,
    ) -> tuple[ClusterUpdate, ...]:
        """Name and score clusters by their newest items; pinned ones keep their names.

        Those without a state are gone again, and only need a row.
        """
        newest = {id: _newest(items, LABEL_MEMBERS) for id, items in touched.items()}
        names = label_all(
            [
                Group(
                    items,
                    *_summed(states.get(id)),
                    led=(led or {}).get(id, ""),
                    is_there=_leads_still((led or {}).get(id, ""), touched[id]),
                )
                for id, items in newest.items()
            ],
            self.tfidf,
        )
        report_of = {carrier.item_id: carrier.origin_id for carrier in carriers}
        return tuple(
            ClusterUpdate(
                state=open_cluster_of(states[id]) if id in states else _gone(id, items),
                headline=self.constraints.pins.get(id, named.headline),
                why=PINNED if id in self.constraints.pins else named.why,
                words=named.words,
                topic_scores=self.topics.cluster(
                    id,
                    [
                        (report_of.get(item.id, item.id), topics.get(item.id, ()))
                        for item in _newest(touched[id], TOPIC_MEMBERS)
                    ],
                ),
            )
            for (id, items), named in zip(newest.items(), names, strict=True)
        )

    def carriers(
        self,
        clusters: Iterable[Sequence[Item]],
        origins: Mapping[int, int] | None = None,
    ) -> tuple[Carrier, ...]:
        """Return whose text each item of some clusters carries."""
        return tuple(
            carrier
            for items in clusters
            for carrier in keep_origins(
                self.copies.reports(items, self.families.of), origins or {}
            )
        )


def _leads_still(headline: str, items: Sequence[Item]) -> bool:
    """Say whether an item with that title may be in a cluster, of which these are known."""
    return len(items) >= COPY_MEMBERS or any(
        strip_signature(item.title) == headline for item in items
    )


def _summed(state: ClusterState | None) -> tuple[Columns, Weights]:
    return (state.columns, state.weights) if state else (_NONE, _NOTHING)


def _gone(cluster_id: int, items: Sequence[Item]) -> OpenCluster:
    first, last = items[0].at, items[-1].at
    return OpenCluster(cluster_id, len(items), first, last, b"", b"")


def _newest(items: Sequence[Item], limit: int) -> Sequence[Item]:
    return sorted(items, key=lambda item: (item.at, item.id))[-limit:]
