"""Which terms a text has -> whether a definition holds, and by which of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Counts = Mapping[int, int]
"""How often each term is in a text; those that are not are left out."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A term; `terms` are those that stand for it, counted together."""

    terms: frozenset[int]
    min_repeat: int = 1

    def holds(self, counts: Counts) -> bool:
        return sum(counts.get(term, 0) for term in self.terms) >= self.min_repeat

    def evidence(self, counts: Counts) -> frozenset[int]:
        return self.terms & counts.keys() if self.holds(counts) else frozenset()


class Parts:
    """Conditions side by side. Most are a term that is there or not: these are a set.

    A topic has a hundred terms, of which a text has two: 50 topics cost 6 us a text
    as sets and 500 us one by one.
    """

    __slots__ = ("others", "terms")

    def __init__(self, parts: Iterable[Condition]) -> None:
        terms: set[int] = set()
        others: list[Condition] = []
        for part in parts:
            if isinstance(part, Leaf) and part.min_repeat == len(part.terms) == 1:
                terms |= part.terms
            else:
                others.append(part)
        self.terms = frozenset(terms)
        self.others = tuple(others)

    def __bool__(self) -> bool:
        return bool(self.terms or self.others)

    def one_holds(self, counts: Counts) -> bool:
        return not self.terms.isdisjoint(counts) or any(
            part.holds(counts) for part in self.others
        )

    def all_hold(self, counts: Counts) -> bool:
        return self.terms <= counts.keys() and all(
            part.holds(counts) for part in self.others
        )

    def evidence(self, counts: Counts) -> frozenset[int]:
        found = self.terms & counts.keys()
        return found.union(*(part.evidence(counts) for part in self.others))


@dataclass(frozen=True, slots=True)
class Branch:
    """One of `any`, every one of `all`, and none of `none`."""

    any: Parts
    all: Parts
    none: Parts

    def holds(self, counts: Counts) -> bool:
        if self.any and not self.any.one_holds(counts):
            return False
        return self.is_allowed(counts)

    def is_allowed(self, counts: Counts) -> bool:
        """Whether every one of `all` is there and none of `none`."""
        return self.all.all_hold(counts) and not self.none.one_holds(counts)

    def evidence(self, counts: Counts) -> frozenset[int]:
        """The terms that speak for it; where it does not hold, there are none."""
        return self.told(counts) if self.holds(counts) else frozenset()

    def told(self, counts: Counts) -> frozenset[int]:
        """The terms of `any` and `all` that are there, but for those of `none`."""
        found = self.any.evidence(counts) | self.all.evidence(counts)
        return found - self.none.evidence(counts)

    def is_touched(self, counts: Counts) -> bool:
        """Whether one of `any` is there or, without any, one of `all`."""
        return (self.any or self.all).one_holds(counts)


Condition = Leaf | Branch
