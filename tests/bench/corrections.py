"""Corrections: what the checks cost assignment, in the same run, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from datetime import timedelta

from aggregator.archive import read_items
from aggregator.config import Settings
from aggregator.grouping import Grouper
from aggregator.models import Bonds, Constraint, Item
from aggregator.topics import TopicScorer, compile_topics
from tests.bench.ground import shared, show

BATCH = 500
N_FIRST = 10_000
N_NEXT = 10_000
ROUNDS = 3
CORRECTIONS = 1_000
PINS = 200


def _bonds(grouper: Grouper) -> Bonds:
    """Return a thousand merges and splits of clusters that are open, and pins."""
    open_ = list(grouper.clusterer.clusters_.values())
    large = [c for c in open_ if len(c.members) > 1]
    said, places = [], {}
    for n in range(CORRECTIONS):
        one, other = large[n % len(large)], large[(7 * n + 1) % len(large)]
        here = frozenset(m.key for m in one.members)
        there = frozenset(m.key for m in other.members)
        places.update(dict.fromkeys(here, one.id))
        places.update(dict.fromkeys(there, other.id))
        kind = Constraint(n, here) if n % 2 else Constraint(n, apart=(here, there))
        said.append(kind)
    pins = tuple((c.id, "headline") for c in large[:PINS])
    return Bonds(tuple(said), tuple(places.items()), pins)


def _seconds(
    scorer: TopicScorer, window: timedelta, items: Sequence[Item], *, said: bool
) -> float:
    grouper = Grouper(scorer, window)
    for start in range(0, N_FIRST, BATCH):
        batch = items[start : start + BATCH]
        grouper.assign(batch, batch[-1].at)
    if said:
        grouper.obey(_bonds(grouper))
    began = time.perf_counter()
    for start in range(N_FIRST, N_FIRST + N_NEXT, BATCH):
        batch = items[start : start + BATCH]
        grouper.assign(batch, batch[-1].at)
    return time.perf_counter() - began


def main(_options: Sequence[str]) -> None:
    """Print items a second without and with corrections, and their ratio."""
    path = shared() / "bench" / "stream" / "world2026_a.jsonl.gz"
    items = sorted((item for _, item in read_items(path)), key=lambda i: (i.at, i.id))
    scorer, window = TopicScorer(compile_topics(())), Settings().cluster_window
    free, bound = [], []
    for _ in range(ROUNDS):
        free.append(_seconds(scorer, window, items, said=False))
        bound.append(_seconds(scorer, window, items, said=True))
    ratio = statistics.median(b / f for b, f in zip(bound, free, strict=True))
    show(
        ["assignment, in batches of 500", "items/s"],
        [
            ["nothing said", f"{N_NEXT / statistics.median(free):,.0f}"],
            [
                f"{CORRECTIONS:,} corrections, {PINS} pins",
                f"{N_NEXT / statistics.median(bound):,.0f}",
            ],
            ["time, against nothing said", f"{ratio:.3f}x"],
        ],
    )
