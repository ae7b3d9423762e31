"""What people said about items -> what the clusterer may not do; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from aggregator.models import Bonds, Constraint

Side = tuple[int, int]
"""(number of a constraint, number of one of its sides)."""


class Knot(NamedTuple):
    """Members of a cluster, by their places in a list, that must stay together.

    Where `is_whole` is False, the cluster has more of them, outside that list.
    """

    places: tuple[int, ...]
    is_whole: bool


class Constraints:
    """Which rows must share a cluster and which must not; follows what happens.

    Only rows that a person spoke of are known here: all others cost one look into a
    dict. Today's memberships are the truth to start from. Rows that were said to
    belong together and are apart by now (a newer correction took one away) are bound
    only as far as they still are together; sides that a newer correction brought
    together part no more. So no two constraints contradict each other, and the newest
    word wins.

    With `afresh`, nobody is placed yet: the same pairs hold while all are clustered
    again. Clusters that hold one of `guarded` are then merged with none.
    """

    def __init__(
        self,
        bonds: Bonds | None = None,
        *,
        afresh: bool = False,
        guarded: Collection[int] = (),
    ) -> None:
        bonds = bonds or Bonds()
        places = dict(bonds.places)
        self.pins: dict[int, str] = dict(bonds.pins)
        self._knots: dict[int, int] = {}  # row -> its knot, named by one of its rows
        self._counts: dict[int, int] = {}
        self._sides: dict[int, set[Side]] = {}
        self._opposed: dict[Side, set[int]] = {}  # side -> the knots of all others
        self._place: dict[int, int] = {}  # knot -> cluster
        self._inside: dict[int, set[int]] = {}
        for constraint in bonds.constraints:
            self._bind(constraint, places)
        for row in self._knots:
            knot = self._root(row)
            self._knots[row] = knot
            self._counts[knot] = self._counts.get(knot, 0) + 1
        self._guarded = {self._knots[row] for row in guarded if row in self._knots}
        for number, constraint in enumerate(bonds.constraints):
            self._part(number, constraint, places)
        self._missing = dict(self._counts) if afresh else {}
        if not afresh:
            for row, knot in self._knots.items():
                if row in places:
                    self._put(knot, places[row])

    def __contains__(self, row: int) -> bool:
        return row in self._knots

    def __bool__(self) -> bool:
        return bool(self._knots or self.pins)

    def _root(self, row: int) -> int:
        while self._knots[row] != row:
            row = self._knots[row]
        return row

    def _bind(self, constraint: Constraint, places: Mapping[int, int]) -> None:
        """Tie those that are to be together, as far as they are."""
        for row in sorted(constraint.item_ids):
            self._knots.setdefault(row, row)
        first: dict[int, int] = {}
        for row in sorted(constraint.together):
            if row in places:
                tied = self._root(first.setdefault(places[row], row))
                self._knots[self._root(row)] = tied

    def _part(
        self, number: int, constraint: Constraint, places: Mapping[int, int]
    ) -> None:
        """Oppose the knots of each side to those of the others, as far as they are."""
        here: dict[int, set[int]] = {}
        for side, rows in enumerate(constraint.apart):
            for row in rows:
                if row in places:
                    here.setdefault(places[row], set()).add(side)
        knots: dict[int, set[int]] = {}
        for side, rows in enumerate(constraint.apart):
            for row in rows:
                if row in places and len(here[places[row]]) == 1:
                    knots.setdefault(side, set()).add(self._knots[row])
        for side, members in knots.items():
            others = [found for other, found in knots.items() if other != side]
            self._opposed[number, side] = set().union(*others)
            for knot in members:
                self._sides.setdefault(knot, set()).add((number, side))

    def _put(self, knot: int, id: int) -> None:
        before = self._place.get(knot)
        if before is not None and before != id:
            self._inside[before].discard(knot)
        self._place[knot] = id
        self._inside.setdefault(id, set()).add(knot)

    def home(self, row: int) -> int | None:
        """Return the cluster of those that `row` belongs with, where there is one."""
        return self._place.get(self._knots[row])

    def barred(self, row: int) -> set[int]:
        """Return the clusters that `row` must not join."""
        sides = self._sides.get(self._knots[row], ())
        return {
            self._place[knot]
            for side in sides
            for knot in self._opposed[side]
            if knot in self._place
        }

    def may_merge(self, a: int, b: int) -> bool:
        """Say whether nobody minds these two clusters becoming one."""
        if a in self.pins or b in self.pins:
            return False
        one, other = self._inside.get(a, ()), self._inside.get(b, ())
        if not self._guarded.isdisjoint(one) or not self._guarded.isdisjoint(other):
            return False
        return not one or not other or self._opponents(one).isdisjoint(other)

    def _opponents(self, knots: Iterable[int]) -> set[int]:
        sides = set().union(*(self._sides.get(knot, ()) for knot in knots))
        return set().union(*(self._opposed[side] for side in sides))

    def knots(self, id: int, rows: Sequence[int]) -> list[Knot]:
        """Return which of these members of a cluster must stay together."""
        if not self._inside.get(id):
            return []
        places: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            knot = self._knots.get(row)
            if knot is not None and self._counts[knot] > 1:
                places.setdefault(knot, []).append(place)
        return [
            Knot(
                tuple(found),
                len(found) == self._counts[knot] - self._missing.get(knot, 0),
            )
            for knot, found in places.items()
        ]

    def awaits(self, id: int) -> bool:
        """Say whether rows are still to come that belong into this very cluster."""
        missing = self._missing
        return bool(missing) and any(
            missing.get(knot, 0) for knot in self._inside.get(id, ())
        )

    def joined(self, row: int, id: int) -> None:
        """Note where a row went, one that is known here."""
        knot = self._knots[row]
        self._put(knot, id)
        if self._missing:
            self._missing[knot] -= 1

    def split(self, child: int, rows: Iterable[int]) -> None:
        """Note the rows that left for a new cluster."""
        for row in rows:
            if row in self._knots:
                self._put(self._knots[row], child)

    def merged(self, kept: int, gone: int) -> None:
        """Note that all of one cluster went into another."""
        for knot in tuple(self._inside.get(gone, ())):
            self._put(knot, kept)
