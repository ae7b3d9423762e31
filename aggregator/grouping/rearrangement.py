"""Items moved between clusters by something else than a batch -> its `Grouping`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.clustering import ClusterState, Member
from aggregator.clustering.carry import hour_of, members_of, state_of, vector_of
from aggregator.grouping.grouper import Grouper
from aggregator.models import (
    Decision,
    DecisionKind,
    Grouping,
    Item,
    Moves,
    OpenCluster,
    TakenUp,
    TopicScore,
    Transfer,
)


def rearrange(
    grouper: Grouper,
    transfers: Sequence[Transfer],
    taken: TakenUp,
    who: str,
    clusters: Sequence[OpenCluster],
    members: Mapping[int, Sequence[Item]],
    member_topics: Mapping[int, Sequence[TopicScore]],
    now: datetime,
) -> Grouping:
    """Transfer items as a correction, or its undoing, asks; name what that touched.

    `clusters` and `members` are the clusters of `transfers` as the store has them, with
    all of their items; one that is to be, or to stand again, is in neither. The
    clusterer goes on from the new clusters, as far as they are open.
    """
    states = {cluster.id: state_of(cluster, grouper.sense) for cluster in clusters}
    left = {id: {item.id: item for item in items} for id, items in members.items()}
    for transfer in transfers:
        items = [left[transfer.from_id].pop(item_id) for item_id in transfer.item_ids]
        if left[transfer.from_id]:
            leaving = _leaving(grouper, transfer, items, states[transfer.from_id])
            states[transfer.from_id] = states[transfer.from_id].without(leaving)
        else:
            leaving = replace(states.pop(transfer.from_id), id=transfer.to_id)
        there = states.get(transfer.to_id)
        states[transfer.to_id] = there.merged(leaving) if there else leaving
        left.setdefault(transfer.to_id, {}).update((item.id, item) for item in items)
    touched = {id: tuple(items.values()) for id, items in left.items() if items}
    states = {id: _exact(states[id], items) for id, items in touched.items()}
    grouper.clusterer.replace(states, gone=left.keys() - touched.keys())
    carriers = grouper.carriers(touched.values())
    decisions = tuple(
        _decision(item_id, transfer, taken, who, grouper.config_hash, now)
        for transfer in transfers
        for item_id in transfer.item_ids
    )
    return Grouping(
        decided_at=now,
        clusters=grouper.named(touched, states, member_topics, carriers),
        moves=(Moves(decisions=decisions, transfers=tuple(transfers)),),
        taken=taken,
        carriers=carriers,
    )


def _leaving(
    grouper: Grouper, transfer: Transfer, items: Sequence[Item], source: ClusterState
) -> ClusterState:
    """Return what a cluster gives away; vectors that were forgotten are made anew."""
    known = {member.key: member for member in source.members}
    others = [item for item in items if item.id not in known]
    X = grouper.tfidf.transform([(item.title, item.summary) for item in others])
    vectors = [vector_of(X, row, item) for row, item in enumerate(others)]
    again = members_of(vectors, grouper.sense)
    kept: list[Member] = [known[item.id] for item in items if item.id in known]
    kept.sort(key=lambda member: (member.hour, member.key))
    state = ClusterState.of(transfer.to_id, [*kept, *again])
    # only those can be parted with again of which the store has vectors
    return replace(state, members=tuple(kept))


def _exact(state: ClusterState, items: Sequence[Item]) -> ClusterState:
    """Return a state with the size and the span that its items say."""
    hours = [hour_of(item.at) for item in items]
    return replace(state, size=len(items), first=min(hours), last=max(hours))


def _decision(
    item_id: int,
    transfer: Transfer,
    taken: TakenUp,
    who: str,
    config_hash: str,
    now: datetime,
) -> Decision:
    return Decision(
        item_id=item_id,
        cluster_id=transfer.to_id,
        kind=DecisionKind.RESTORED if taken.is_undoing else DecisionKind.CORRECTED,
        score=0.0,
        threshold=0.0,
        runner_up_id=transfer.from_id,
        runner_up_score=0.0,
        margin=0.0,
        shared_terms=(),
        rule=f"correction {taken.correction_id}",
        config_hash=config_hash,
        decided_at=now,
        who=who,
    )
