"""Which terms a text has -> whether a definition holds, and by which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Counts = Mapping[int, int]
"""How often each term is in a text."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A term; `terms` are those that stand for it, counted together."""

    terms: frozenset[int]
    min_repeat: int = 1

    def holds(self, counts: Counts) -> bool:
        return sum(counts.get(term, 0) for term in self.terms) >= self.min_repeat

    def evidence(self, counts: Counts) -> frozenset[int]:
        return self.terms if self.holds(counts) else frozenset()


@dataclass(frozen=True, slots=True)
class Branch:
    """One of `any`, every one of `all`, and none of `none`."""

    any: tuple[Condition, ...] = ()
    all: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()

    def holds(self, counts: Counts) -> bool:
        if self.any and not any(part.holds(counts) for part in self.any):
            return False
        return self.is_allowed(counts)

    def is_allowed(self, counts: Counts) -> bool:
        """Whether every one of `all` is there and none of `none`."""
        return all(part.holds(counts) for part in self.all) and not any(
            part.holds(counts) for part in self.none
        )

    def evidence(self, counts: Counts) -> frozenset[int]:
        """The terms that speak for it; where it does not hold, there are none."""
        return self.told(counts) if self.holds(counts) else frozenset()

    def told(self, counts: Counts) -> frozenset[int]:
        """The terms of `any` and `all` that are there, but for those of `none`."""
        found = (part.evidence(counts) for part in (*self.any, *self.all))
        against = (part.evidence(counts) for part in self.none)
        return frozenset().union(*found) - frozenset().union(*against)

    def is_touched(self, counts: Counts) -> bool:
        """Whether one of `any` is there or, without any, one of `all`."""
        return any(part.holds(counts) for part in self.any or self.all)


Condition = Leaf | Branch
