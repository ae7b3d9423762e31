"""A real database with many open clusters, and a process that goes on from it."""

from __future__ import annotations

import json
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from aggregator.clustering.carry import open_cluster_of, time_of
from aggregator.config import Settings
from aggregator.grouping import Assignment, Grouper
from aggregator.models import (
    ClusterUpdate,
    Decision,
    DecisionKind,
    Entry,
    FeedConfig,
    Grouping,
    Item,
    ItemVector,
    Moves,
    Outcome,
    Poll,
)
from aggregator.passes.groups import GroupPass
from aggregator.store import open_store
from aggregator.words.titles import written

SETTINGS = Settings(
    feeds=(FeedConfig("https://scale.example/feed", "Scale"),),
    cluster_window=timedelta(days=10),
)
CHUNK = 4_000


def write(path: Path, grouper: Grouper, waiting: Sequence[Item]) -> None:
    """Store what a grouper knows, member for member, and some items that wait.

    Items of clusters that have closed are left out: a restart does not read them.
    """
    states = list(grouper.clusterer.clusters_.values())
    members = [(state.id, member) for state in states for member in state.members]
    newest = waiting[-1].at
    store = open_store(path)
    store.sync_feeds(SETTINGS.feeds, newest)
    entries = [
        Entry(f"{m.key}", "", f"Item {m.key}", "", published_at=time_of(m.hour))
        for _, m in members
    ]
    for start in range(0, len(entries), CHUNK):
        store.save_poll(_poll(tuple(entries[start : start + CHUNK]), newest))
    ids = dict(
        zip((m.key for _, m in members), range(1, len(members) + 1), strict=True)
    )
    for start in range(0, len(members), CHUNK):
        part = members[start : start + CHUNK]
        store.save_grouping(
            Grouping(
                decided_at=newest,
                clusters=tuple(_updates(grouper, sorted({id for id, _ in part}))),
                moves=(Moves(tuple(_join(ids[m.key], id, newest) for id, m in part)),),
                vectors=tuple(
                    ItemVector(
                        ids[m.key],
                        time_of(m.hour),
                        m.columns.tobytes(),
                        m.weights.tobytes(),
                        written(m.title),
                    )
                    for _, m in part
                ),
            )
        )
    columns, counts, document_count = grouper.tfidf.state()
    store.save_grouping(
        Grouping(
            decided_at=newest,
            term_counts=tuple(zip(columns.tolist(), counts.tolist(), strict=True)),
            document_count=document_count,
        )
    )
    # what a daemon does once after an update of its tables, not at each start
    GroupPass(store, SETTINGS, lambda: newest, threading.Event()).run()
    texts = (
        Entry(f"w{i.id}", "", i.title, i.summary, published_at=i.at) for i in waiting
    )
    store.save_poll(_poll(tuple(texts), newest))
    store.close()


def _poll(entries: tuple[Entry, ...], now: object) -> Poll:
    return Poll(1, now, now, Outcome.OK, None, status=200, entries=entries)  # type: ignore[arg-type]


def _updates(grouper: Grouper, ids: Sequence[int]) -> Iterator[ClusterUpdate]:
    for id in ids:
        yield ClusterUpdate(
            open_cluster_of(grouper.clusterer.clusters_[id]),
            headline=f"Cluster {id}",
            words=(),
            topic_scores=(),
        )


def _join(item_id: int, cluster_id: int, now: object) -> Decision:
    return Decision(
        item_id=item_id,
        cluster_id=cluster_id,
        kind=DecisionKind.JOINED,
        score=0.5,
        threshold=0.1,
        runner_up_id=None,
        runner_up_score=0.0,
        margin=0.5,
        shared_terms=(),
        rule="",
        config_hash="",
        decided_at=now,  # type: ignore[arg-type]
    )


class _Watched(GroupPass):
    """A pass that notes when its first batch has been assigned."""

    assigned_at = 0.0

    def _context(self, assignments: Sequence[Assignment]) -> Any:
        self.assigned_at = self.assigned_at or time.process_time()
        return super()._context(assignments)


def first_assignment(path: Path) -> None:
    """Open the database as the daemon does and cluster what waits; print the seconds."""
    began = time.process_time()
    store = open_store(path)
    newest = store.feed_items(1, limit=1)[0].at
    groups = _Watched(store, SETTINGS, lambda: newest, threading.Event())
    groups.run()
    saved = time.process_time() - began
    grouper = groups._grouper
    assert grouper is not None
    print(
        json.dumps(
            {
                "open": len(grouper.clusterer.clusters_),
                "assigned": groups.assigned_at - began,
                "saved": saved,
                "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )
    store.close()
