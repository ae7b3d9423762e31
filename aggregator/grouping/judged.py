"""What people judged -> the scores that it has today, by the engine's own measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aggregator.clustering import ClusterState, Member
from aggregator.clustering.carry import members_of, vector_of
from aggregator.clustering.openclusters import scale
from aggregator.clustering.state import dot
from aggregator.grouping.grouper import Grouper
from aggregator.models import Item, JudgedGroup, JudgedPair

PER_CORRECTION = 8
"""So many items of one correction count: a large one must not outvote all others."""
MAX_OTHERS = 30
MAX_GROUPS = 200
"""The newest judgements; all of them together cost a tick some seconds at most."""


def judged_items(groups: Sequence[JudgedGroup]) -> list[int]:
    """Return the items whose texts `judged_pairs` needs."""
    return sorted(
        {
            item
            for group in groups[-MAX_GROUPS:]
            for item in (
                *group.item_ids[:PER_CORRECTION],
                *group.other_ids[:MAX_OTHERS],
            )
        }
    )


def judged_pairs(
    grouper: Grouper, groups: Sequence[JudgedGroup], items: Mapping[int, Item]
) -> list[JudgedPair]:
    """Score some items of each group with the others of it, as on arrival."""
    members = _members(grouper, list(items.values()))
    pairs = []
    for group in groups[-MAX_GROUPS:]:
        for id in group.item_ids[:PER_CORRECTION]:
            # what a newer word contradicts counts no more: places show which won
            others = [
                members[other]
                for other in group.other_ids[:MAX_OTHERS]
                if {id, other} <= items.keys()
                and (items[id].cluster_id == items[other].cluster_id) == group.is_same
            ]
            if others:
                score = _score(grouper, members[id], ClusterState.of(0, others))
                pairs.append(
                    JudgedPair(group.correction_id, round(score, 4), group.is_same)
                )
    return pairs


def _members(grouper: Grouper, items: Sequence[Item]) -> dict[int, Member]:
    X = grouper.tfidf.transform([(item.title, item.summary) for item in items])
    vectors = [vector_of(X, row, item) for row, item in enumerate(items)]
    # by their words: the threshold is for these, what meanings give comes on top
    return {member.key: member for member in members_of(vectors, grouper.sense)}


def _score(grouper: Grouper, member: Member, state: ClusterState) -> float:
    """Return the score less what is asked for because many clusters are open."""
    clusterer = grouper.clusterer
    alone = ClusterState.of(1, [member])
    product = dot(alone, state) * float(scale(state.size, state.square))
    gap = np.array([abs(member.hour - state.middle)])
    score = product * float(np.exp(gap / -clusterer.decay_hours)[0])
    return score - (clusterer.asked() - clusterer.threshold)
