"""Clustering at scale: items a second, memory, one cycle, a restart; and two peers.

python -m tests.bench scale [--items N] [--open N] [--peers SET ...] [--no-peers]

Times are of one core: the process's own CPU time unless the head says "wall".
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aggregator.clustering.carry import time_of
from aggregator.grouping import Grouper
from aggregator.models import Item
from aggregator.topics import TopicScorer, compile_topics
from tests.bench import peers, restart
from tests.bench.ground import ROOT, show
from tests.bench.repeated import RepeatedStream
from tests.bench.wide import widen

BATCH = 500
WINDOW = timedelta(days=10)
FILLED = 12_000
"""Items after which the stream's own window is full."""
CYCLES = 40
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main(options: Sequence[str]) -> None:
    """Print what is asked for; each part is measured in a process of its own."""
    parser = argparse.ArgumentParser("python -m tests.bench scale")
    parser.add_argument("--items", type=int, action="append", help="of the stream")
    parser.add_argument("--open", type=int, default=0, help="clusters before a cycle")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    given = parser.parse_args(list(options))
    if given.part == "stream":
        _stream(given.items[0])
    elif given.part == "open":
        _open(given.open)
    elif given.part:
        restart.first_assignment(Path(given.part))
    else:
        for n_items in given.items or [100_000]:
            _part("--part", "stream", "--items", str(n_items))
        if given.open:
            _part("--part", "open", "--open", str(given.open))
        if not given.no_peers:
            peers.main()


def _part(*options: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.bench", "scale", *options],
        check=True,
        cwd=ROOT,
        env={**os.environ, **ONE_CORE},
    )


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class _Clock:
    """What batches cost: vectorise, assign, regroup and the ledger's rows."""

    def __init__(self) -> None:
        self.grouper = Grouper(TopicScorer(compile_topics(())), WINDOW)
        self.cpu: list[float] = []
        self.wall: list[float] = []

    def batch(self, items: Sequence[Item]) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        self.grouper.assign(items, items[-1].at)
        self.grouper.tfidf.changes()  # what is saved after each cycle
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)

    @property
    def n_open(self) -> int:
        return len(self.grouper.clusterer.clusters_)


def _stream(n_items: int) -> None:
    """One lane of the stream: the open window stays as it is, history grows."""
    clock, rows = _Clock(), []
    tenth = max(n_items // BATCH // 5, 1)
    for number, items in enumerate(RepeatedStream().batches(BATCH, n_items), 1):
        clock.batch(items)
        if number % tenth == 0:
            spent = sum(clock.cpu[-tenth:])
            rows.append(
                [
                    f"{(number - tenth) * BATCH:,} to {number * BATCH:,}",
                    f"{clock.n_open:,}",
                    f"{tenth * BATCH / spent:,.0f}",
                    f"{_peak_mib()}",
                ]
            )
    rows.append(
        [
            "all",
            f"{clock.n_open:,}",
            f"{n_items / sum(clock.cpu):,.0f}",
            f"{_peak_mib()}",
        ]
    )
    show([f"{n_items:,} items, window 10 days", "open", "items/s", "peak MiB"], rows)
    print(flush=True)


def _open(n_open: int) -> None:
    """So many open clusters, then cycles of the stream against them, and a restart."""
    clock = _Clock()
    stream = RepeatedStream()
    batches = stream.batches(BATCH, 10**9)
    for _ in range(FILLED // BATCH):
        clock.batch(next(batches))
    widen(clock.grouper, n_open, stream.common)
    before, now = len(clock.cpu), time_of(clock.grouper.clusterer.newest_)
    for _ in range(CYCLES):
        # all at once: days that pass would close what was just opened
        clock.batch([replace(item, at=now) for item in next(batches)])
    show(
        ["cycles of 500 items", "open", "p50 ms", "p95 ms", "wall p95 ms", "peak MiB"],
        [
            [
                f"{CYCLES}",
                f"{clock.n_open:,}",
                *(f"{_at(clock.cpu[before:], part):.0f}" for part in (0.5, 0.95)),
                f"{_at(clock.wall[before:], 0.95):.0f}",
                f"{_peak_mib()}",
            ]
        ],
    )
    print(flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scale.db"
        waiting = [replace(item, at=now) for item in next(batches)]
        restart.write(path, clock.grouper, waiting)
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench", "scale", "--part", str(path)],
            check=True,
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        whole = time.perf_counter() - began
        told = json.loads(done.stdout)
    show(
        ["a restart", "open", "to first assignment s", "to its end on disk s", "wall with Python s", "peak MiB"],
        [["", f"{told['open']:,}", f"{told['assigned']:.1f}", f"{told['saved']:.1f}", f"{whole:.1f}", told["mib"]]],
    )  # fmt: skip
    print(flush=True)


def _at(seconds: Sequence[float], part: float) -> float:
    """Return a quantile in milliseconds."""
    return 1000 * sorted(seconds)[min(int(part * len(seconds)), len(seconds) - 1)]
