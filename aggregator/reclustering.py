"""A new partition beside the old one -> which cluster keeps which id; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aggregator.models import Bonds, Constraint, Transfer


@dataclass(frozen=True, slots=True)
class Renamed:
    """The ids that new clusters get, and what has to move for it."""

    ids: Mapping[int, int]
    """New cluster, as it was numbered at first -> the id that it gets."""
    transfers: tuple[Transfer, ...]


def keep_ids(
    before: Mapping[int, int], after: Mapping[int, int], pinned: Iterable[int] = ()
) -> Renamed:
    """Give each old id to the new cluster that has most of its items.

    `before` and `after` map the same items to clusters; the numbers of new clusters
    must be fresh ones: those that inherit no id keep them. Pinned clusters come first,
    then the largest overlaps; of equals, the older id. A new id descends from the
    cluster that most of its items come from.
    """
    pins = set(pinned)
    overlaps = Counter((before[item], new) for item, new in after.items())
    order = sorted(
        overlaps.items(),
        key=lambda entry: (entry[0][0] not in pins, -entry[1], entry[0]),
    )
    ids: dict[int, int] = {}
    given: set[int] = set()
    parents: dict[int, int] = {}
    for (old, new), _ in order:
        parents.setdefault(new, old)
        if new not in ids and old not in given:
            ids[new] = old
            given.add(old)
    ids.update((new, new) for new in set(after.values()) - ids.keys())
    moved: dict[tuple[int, int], list[int]] = {}
    for item in sorted(after):
        old, new = before[item], after[item]
        if ids[new] != old:
            moved.setdefault((old, new), []).append(item)
    return Renamed(
        ids,
        tuple(
            Transfer(
                old,
                ids[new],
                tuple(items),
                is_split=ids[new] == new and parents[new] == old,
            )
            for (old, new), items in sorted(moved.items())
        ),
    )


def with_pins(bonds: Bonds, members: Mapping[int, Iterable[int]]) -> Bonds:
    """Return what people said with pinned clusters as pairs, for clustering afresh.

    `members` are the items of each pinned cluster: they stay together, and those of
    two pinned clusters stay apart.
    """
    groups = {id: frozenset(items) for id, items in members.items()}
    pinned = [
        Constraint(-1 - n, together) for n, together in enumerate(groups.values())
    ]
    apart = Constraint(0, apart=tuple(groups.values()))
    places = dict(bonds.places)
    places.update((item, id) for id, items in groups.items() for item in items)
    return Bonds(
        (*bonds.constraints, *pinned, apart), tuple(places.items()), bonds.pins
    )
