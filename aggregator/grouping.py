"""Items + open clusters -> a `Grouping`: the plan of one batch; reads and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from aggregator.clustering import NONE, ClusterState, StreamingClusterer
from aggregator.labels import label_all
from aggregator.models import (
    ClusterUpdate,
    Decision,
    DecisionKind,
    Grouping,
    Item,
    OpenCluster,
    SharedTerm,
    TopicScore,
)
from aggregator.text import fingerprint
from aggregator.topics import TopicMatcher, cluster_topics
from aggregator.vectors import StreamingTfidf

N_SHARED_TERMS = 8
LABEL_MEMBERS = 20
"""A cluster is named, and its topics scored, by so many of its newest items."""

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where each item of a batch went, before it is named and written down."""

    items: tuple[Item, ...]
    decisions: tuple[Decision, ...]
    touched: tuple[int, ...]


class Grouper:
    """Clusters batch after batch; holds what a batch needs to know of those before.

    What it holds is in the store as well: after a failure a new one is made from
    there, so that memory and store never differ.
    """

    def __init__(self, matcher: TopicMatcher, window: timedelta) -> None:
        self.matcher = matcher
        self.tfidf = StreamingTfidf()
        self.clusterer = StreamingClusterer(window_hours=window.total_seconds() / HOUR)
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
        self.clusterer.restore(map(_state_of, clusters), last_id + 1)

    def assign(self, items: Sequence[Item], now: datetime) -> Assignment:
        """Put each item into a cluster, in the order of (at, id)."""
        items = tuple(sorted(items, key=lambda item: (item.at, item.id)))
        X = self.tfidf.partial_fit_transform(
            (item.title, item.summary) for item in items
        )
        hours = [item.at.timestamp() / HOUR for item in items]
        self.clusterer.partial_fit(X, times=hours)
        decisions = tuple(
            self._decision(row, item, now) for row, item in enumerate(items)
        )
        return Assignment(items, decisions, tuple(self.clusterer.changed_.tolist()))

    def plan(
        self,
        assignment: Assignment,
        members: Mapping[int, Sequence[Item]],
        member_topics: Mapping[int, Sequence[TopicScore]],
        now: datetime,
    ) -> Grouping:
        """Name and score what an assignment touched.

        `members` are items that the touched clusters had before, and `member_topics`
        their topic scores, by item id.
        """
        item_topics = {
            item.id: self.matcher.score(item.title, item.summary)
            for item in assignment.items
        }
        arrivals: dict[int, list[Item]] = {}
        for item, decision in zip(assignment.items, assignment.decisions, strict=True):
            if decision.cluster_id is not None:
                arrivals.setdefault(decision.cluster_id, []).append(item)
        newest = [
            _newest((*arrivals.get(cluster_id, ()), *members.get(cluster_id, ())))
            for cluster_id in assignment.touched
        ]
        topics = {**member_topics, **item_topics}
        columns, counts, document_count = self.tfidf.changes()
        return Grouping(
            decided_at=now,
            clusters=tuple(
                ClusterUpdate(
                    state=_open_cluster_of(self.clusterer.clusters_[cluster_id]),
                    headline=named.headline,
                    words=named.words,
                    members=tuple(i.id for i in arrivals.get(cluster_id, ())),
                    topic_scores=cluster_topics([topics.get(i.id, ()) for i in items]),
                )
                for cluster_id, items, named in zip(
                    assignment.touched,
                    newest,
                    label_all(newest, self.tfidf),
                    strict=True,
                )
            ),
            decisions=assignment.decisions,
            item_topics=item_topics,
            term_counts=tuple(zip(columns.tolist(), counts.tolist(), strict=True)),
            document_count=document_count,
        )

    def _decision(self, row: int, item: Item, now: datetime) -> Decision:
        clusterer = self.clusterer
        score = float(clusterer.scores_[row])
        runner_up = int(clusterer.runner_up_[row])
        runner_up_score = float(clusterer.runner_up_scores_[row])
        opened = bool(clusterer.opened_[row])
        against = clusterer.threshold if opened else runner_up_score
        return Decision(
            item_id=item.id,
            cluster_id=int(clusterer.labels_[row]),
            kind=DecisionKind.OPENED if opened else DecisionKind.JOINED,
            score=round(score, 4),
            threshold=clusterer.threshold,
            runner_up_id=None if runner_up == NONE else runner_up,
            runner_up_score=round(runner_up_score, 4),
            margin=round(score - against, 4),
            shared_terms=self._shared_terms(row, item),
            rule="",
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


def _newest(items: Sequence[Item]) -> Sequence[Item]:
    return sorted(items, key=lambda item: (item.at, item.id))[-LABEL_MEMBERS:]


def _state_of(cluster: OpenCluster) -> ClusterState:
    return ClusterState(
        cluster.id,
        np.frombuffer(cluster.columns, dtype=np.int32),
        np.frombuffer(cluster.weights, dtype=np.float32),
        cluster.size,
        cluster.first_at.timestamp() / HOUR,
        cluster.last_at.timestamp() / HOUR,
    )


def _open_cluster_of(state: ClusterState) -> OpenCluster:
    return OpenCluster(
        state.id,
        state.size,
        datetime.fromtimestamp(round(state.first * HOUR), UTC),
        datetime.fromtimestamp(round(state.last * HOUR), UTC),
        state.columns.astype(np.int32).tobytes(),
        state.weights.astype(np.float32).tobytes(),
    )
