"""Lone rows of the window, and clusters that grew: who by now has a home."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from aggregator.clustering.openclusters import scale
from aggregator.clustering.state import ClusterState, dot


class Home(NamedTuple):
    """The cluster that a lone row's own is near enough to, and the score of the two."""

    id: int
    lone: int
    score: float


def homes(
    clusters: Mapping[int, ClusterState],
    near: Iterable[tuple[int, int]],
    led: Mapping[int, int],
    asked: float,
    left: Callable[[float], float],
) -> list[Home]:
    """Return the lone rows that by now score `asked`, the nearest first.

    When its row came, the cluster that is to be its home may have been a text or two
    of other words. Each gets the nearest of the clusters that are `near` it: pairs of
    a cluster that grew, by a row not unlike the lone one, and what was the lone row's
    own; `led` says where clusters that are gone went. `left` says what is left of a
    score after so many hours.
    """
    best: dict[int, Home] = {}
    for id, lone in {(_followed(id, led), lone) for id, lone in near}:
        one, other = clusters.get(id), clusters.get(lone)
        if one is None or other is None or not one.size > other.size == 1:
            continue
        score = dot(one, other) * float(scale(one.size, one.square))
        if score < asked:
            continue
        home = Home(id, lone, score * left(abs(one.middle - other.middle)))
        if home.score >= asked and (
            lone not in best or _order(home) < _order(best[lone])
        ):
            best[lone] = home
    return sorted(best.values(), key=_order)


def _followed(id: int, led: Mapping[int, int]) -> int:
    while id in led:
        id = led[id]
    return id


def _order(home: Home) -> tuple[float, int, int]:
    return -home.score, home.id, home.lone
