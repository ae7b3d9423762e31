"""Where each item of a batch went, before it is named and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregator.models import Decision, Item, ItemVector, Merge, Split


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where each item of a batch went, and what became of the clusters it touched."""

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


def membership(
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
