"""Corrections that wait -> clusters that follow them: read, plan, save, one by one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.corrections import EVERY_ITEM, as_of_today, follow, undo
from aggregator.limits import TOPIC_MEMBERS
from aggregator.models import (
    Cluster,
    Correction,
    Grouping,
    Item,
    TakenUp,
    Transfer,
)
from aggregator.store import Store

if TYPE_CHECKING:
    from aggregator.grouping import Grouper

log = logging.getLogger(__name__)


def take_up(
    store: Store, grouper: Grouper, correction: Correction, now: datetime
) -> None:
    """Make the clusters follow a correction, or its undoing, in one transaction."""
    if correction.undone_at is None:
        transfers, taken = _followed(store, grouper, correction)
    else:
        transfers, taken = _undone(store, correction)
    grouping = Grouping(decided_at=now, taken=taken)
    if transfers:
        who = correction.undone_by if taken.is_undoing else correction.who
        grouping = _plan(store, grouper, transfers, taken, who, now)
    store.save_grouping(grouping)
    grouper.obey(store.bonds())
    log.info(
        "correction id=%d kind=%s undoing=%s moved=%d problem=%s",
        correction.id,
        correction.asked.kind,
        taken.is_undoing,
        sum(len(transfer.item_ids) for transfer in transfers),
        taken.problem,
    )


def give_up(store: Store, correction: Correction, now: datetime) -> None:
    """Set a correction aside that cannot be followed for a mistake of ours."""
    problem = "Following it failed; nothing was changed. The server's log says why."
    taken = TakenUp(
        correction.id, is_undoing=correction.undone_at is not None, problem=problem
    )
    store.save_grouping(Grouping(decided_at=now, taken=taken))


def _followed(
    store: Store, grouper: Grouper, correction: Correction
) -> tuple[tuple[Transfer, ...], TakenUp]:
    asked, members = as_of_today(correction.asked, store)
    pins = grouper.constraints.pins
    return follow(correction, asked, members, pins, grouper.clusterer.mint)


def _undone(
    store: Store, correction: Correction
) -> tuple[tuple[Transfer, ...], TakenUp]:
    moved = store.transfers_of(correction.id)
    items = store.items([id for transfer in moved for id in transfer.item_ids])
    places = {
        id: item.cluster_id for id, item in items.items() if item.cluster_id is not None
    }
    ids = {id for transfer in moved for id in (transfer.from_id, transfer.to_id)}
    clusters: Mapping[int, Cluster] = {id: store.cluster(id) for id in ids}
    return undo(correction, moved, store.emptied_by(correction.id), places, clusters)


def _plan(
    store: Store,
    grouper: Grouper,
    transfers: tuple[Transfer, ...],
    taken: TakenUp,
    who: str,
    now: datetime,
) -> Grouping:
    from aggregator.grouping.rearrangement import rearrange

    ids = sorted(
        {id for transfer in transfers for id in (transfer.from_id, transfer.to_id)}
    )
    model = grouper.sense.model if grouper.sense else ""
    clusters = store.cluster_states(ids, model)
    members: dict[int, tuple[Item, ...]] = {
        cluster.id: store.cluster_items(cluster.id, EVERY_ITEM) for cluster in clusters
    }
    moved = {item_id for transfer in transfers for item_id in transfer.item_ids}
    shown = {i.id for items in members.values() for i in items[-TOPIC_MEMBERS:]}
    topics = store.item_topics(sorted(shown | moved))
    return rearrange(grouper, transfers, taken, who, clusters, members, topics, now)
