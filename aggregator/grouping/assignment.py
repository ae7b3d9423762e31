"""Where each item of a batch went, before it is named and written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aggregator.clustering import ClusterState
from aggregator.models import Decision, Item, ItemVector, Moves


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where each item of a batch went, and what became of the clusters it touched."""

    items: tuple[Item, ...]
    vectors: tuple[ItemVector, ...]
    joins: tuple[Decision, ...]
    """One an item, in the same order."""
    moves: tuple[Moves, ...]
    """What the store is told of it, in order: the joins are the first's."""
    states: Mapping[int, ClusterState] = field(compare=False)
    """The touched clusters that still stand, as they are now."""

    @property
    def touched(self) -> tuple[int, ...]:
        """The clusters whose members are other than before, and those now gone."""
        ids = {join.cluster_id for join in self.joins if join.cluster_id is not None}
        for moves in self.moves:
            ids |= {id for s in moves.splits for id in (s.cluster_id, s.child_id)}
            ids |= {id for m in moves.merges for id in (m.kept_id, m.gone_id)}
        return tuple(sorted(ids))

    @property
    def moved_items(self) -> tuple[int, ...]:
        """The items that splits moved."""
        return tuple(id for m in self.moves for s in m.splits for id in s.item_ids)


def touched(assignments: Iterable[Assignment]) -> tuple[int, ...]:
    """Return the clusters that one of some batches touched."""
    return tuple(sorted({id for one in assignments for id in one.touched}))


def states(assignments: Iterable[Assignment]) -> dict[int, ClusterState]:
    """Return the clusters that stand after all of some batches, as they are then.

    One that only grew too old in between is as it was when it was last touched.
    """
    found: dict[int, ClusterState] = {}
    for assignment in assignments:
        for id in assignment.touched:
            found.pop(id, None)
        found.update(assignment.states)
    return found


def membership(
    assignments: Iterable[Assignment],
    members: Mapping[int, Sequence[Item]],
    known: Mapping[int, Item],
) -> dict[int, list[Item]]:
    """Return the items of each touched cluster after joins, splits and merges.

    A cluster that was merged away still has those that it brought along.
    """
    assignments = tuple(assignments)
    found = {id: list(members.get(id, ())) for id in touched(assignments)}
    everything = dict(known)
    for assignment in assignments:
        _move(assignment, found, everything)
    return found


def _move(
    assignment: Assignment, found: dict[int, list[Item]], everything: dict[int, Item]
) -> None:
    for item, join in zip(assignment.items, assignment.joins, strict=True):
        everything[item.id] = item
        if join.cluster_id is not None:
            found[join.cluster_id].append(item)
    for moves in assignment.moves:
        for split in moves.splits:
            moved = set(split.item_ids)
            here = found[split.cluster_id]
            found[split.cluster_id] = [item for item in here if item.id not in moved]
            found[split.child_id] += [everything[id] for id in split.item_ids]
        for merge in moves.merges:
            found[merge.kept_id] += found[merge.gone_id]
