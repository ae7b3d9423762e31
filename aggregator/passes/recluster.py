"""The last days clustered again, under today's settings and all that people said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aggregator.limits import COPY_MEMBERS, TOPIC_MEMBERS
from aggregator.models import (
    Carrier,
    ClusterUpdate,
    Decision,
    DecisionKind,
    Grouping,
    ItemVector,
    Moves,
)
from aggregator.passes.groups import BATCH, GroupPass
from aggregator.reclustering import Renamed, keep_ids, with_pins

if TYPE_CHECKING:
    from aggregator.clustering import ClusterState
    from aggregator.grouping import Assignment, Grouper

log = logging.getLogger(__name__)

T = TypeVar("T")

RECLUSTERED = "everything was clustered again"


class ReclusterCounts(NamedTuple):
    """What clustering again changed."""

    items: int
    moved: int
    clusters: int


class Partition:
    """Who is with whom so far, while items are clustered again."""

    def __init__(self) -> None:
        self.before: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.states: dict[int, ClusterState] = {}
        self.joins: dict[int, Decision] = {}
        self.vectors: dict[int, ItemVector] = {}

    def take(self, assignment: Assignment, forget_before: datetime) -> None:
        """Go on by one batch."""
        for item, join in zip(assignment.items, assignment.joins, strict=True):
            self.before[item.id] = item.cluster_id or 0
            self.joins[item.id] = join
            self.members.setdefault(join.cluster_id or 0, []).append(item.id)
        for moves in assignment.moves:
            for split in moves.splits:
                leaving = set(split.item_ids)
                here = self.members[split.cluster_id]
                self.members[split.cluster_id] = [i for i in here if i not in leaving]
                self.members[split.child_id] = [i for i in here if i in leaving]
            for merge in moves.merges:
                self.members[merge.kept_id] += self.members.pop(merge.gone_id)
        for id in assignment.touched:
            self.states.pop(id, None)
        self.states.update(assignment.states)
        self.vectors.update((v.item_id, v) for v in assignment.vectors)
        old = [id for id, v in self.vectors.items() if v.at < forget_before]
        for id in old:
            del self.vectors[id]

    def finish(self) -> dict[int, int]:
        """Put the items of each cluster in order; return item -> new cluster."""
        order = {item: n for n, item in enumerate(self.before)}
        for items in self.members.values():
            items.sort(key=order.__getitem__)
        return {item: id for id, items in self.members.items() for item in items}


def recluster(
    groups: GroupPass,
    since: datetime,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> ReclusterCounts:
    """Cluster all items of clusters that were active at or after `since` once more.

    Nothing is stored before all is computed; then all of it is, in one transaction.
    `progress` is told how many items of how many are done.
    """
    groups.run()  # what waits, and what people said
    groups.meanings.catch_up()
    store, now = groups.store, groups.now()
    grouper = groups.fresh()
    bonds = store.bonds()
    pins = dict(bonds.pins)
    pinned = {id: [i.id for i in store.cluster_items(id, 10**9)] for id in pins}
    grouper.obey_afresh(
        with_pins(bonds, pinned), {id for items in pinned.values() for id in items}
    )
    partition, total = Partition(), store.count_active(since)
    with store.as_of_now():
        for batch in _batches(store.active_items(since), BATCH):
            raw = groups.meanings.of(batch)
            assignment = grouper.assign(batch, now, raw, learns=False)
            partition.take(assignment, grouper.forget_before)
            progress(len(partition.before), total)
    if not partition.before:
        return ReclusterCounts(0, 0, 0)
    renamed = keep_ids(partition.before, partition.finish(), pins)
    grouping = _plan(groups, grouper, partition, renamed, now)
    store.save_grouping(grouping)
    moved = sum(len(transfer.item_ids) for transfer in renamed.transfers)
    log.info("reclustered items=%d moved=%d", total, moved)
    return ReclusterCounts(len(partition.before), moved, len(partition.members))


def _plan(
    groups: GroupPass,
    grouper: Grouper,
    partition: Partition,
    renamed: Renamed,
    now: datetime,
) -> Grouping:
    """Name what changed and what is open; all else stays as it is stored."""
    changed = {t.to_id for t in renamed.transfers} | {
        t.from_id for t in renamed.transfers
    }
    todo = [
        id
        for id in sorted(partition.members)
        if renamed.ids[id] in changed or id in grouper.clusterer.clusters_
    ]
    sense = grouper.sense
    updates: list[ClusterUpdate] = []
    carriers: list[Carrier] = []
    for ids in _batches(todo, BATCH):
        found = _named(groups, grouper, partition, renamed, ids)
        updates += found[0]
        carriers += found[1]
    decisions = tuple(
        replace(
            partition.joins[item_id],
            kind=DecisionKind.RECLUSTERED,
            cluster_id=transfer.to_id,
            runner_up_id=transfer.from_id,
            runner_up_score=0.0,
            rule=RECLUSTERED,
        )
        for transfer in renamed.transfers
        for item_id in transfer.item_ids
    )
    return Grouping(
        decided_at=now,
        clusters=tuple(updates),
        moves=(Moves(decisions=decisions, transfers=renamed.transfers),),
        carriers=tuple(carriers),
        vectors=tuple(partition.vectors.values()),
        # not what was made after the encoder failed
        model=sense.model if sense and sense is groups.meanings.sense else "",
        forget_before=grouper.forget_before,
        note=f"{len(partition.before)} items, of which {len(decisions)} moved",
    )


def _named(
    groups: GroupPass,
    grouper: Grouper,
    partition: Partition,
    renamed: Renamed,
    ids: Sequence[int],
) -> tuple[tuple[ClusterUpdate, ...], tuple[Carrier, ...]]:
    store = groups.store
    newest = {id: partition.members[id][-COPY_MEMBERS:] for id in ids}
    known = store.items([item for items in newest.values() for item in items])
    touched = {
        renamed.ids[id]: [known[item] for item in items] for id, items in newest.items()
    }
    states = {
        renamed.ids[id]: replace(
            partition.states[id],
            id=renamed.ids[id],
            size=len(partition.members[id]),
        )
        for id in ids
    }
    shown = [item for items in newest.values() for item in items[-TOPIC_MEMBERS:]]
    carriers = grouper.carriers(touched.values(), groups.origins(touched))
    topics = store.item_topics(shown)
    return grouper.named(touched, states, topics, carriers), carriers


def _batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    values = iter(values)
    while batch := list(islice(values, size)):
        yield batch
