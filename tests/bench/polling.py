"""Polling 1,000 feeds, beside lemon24/reader: first, unchanged, a fifth changed, slow."""

from __future__ import annotations

import importlib.util
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.ground import Cost, Program, shared, show

FEEDS = 1_000
MANY = 10_000
RUNS = 3
LATENCY_MS = 100
PHASES = ("first poll", "all unchanged (304)", "one fifth changed", "same bytes (200)")
GOALS = {"first poll": 0.35, "all unchanged (304)": 0.2, "one fifth changed": 0.15}

Costs = dict[str, list[Cost]]


class FeedServer:
    """The shared feed server, in a process of its own."""

    def __init__(self, feeds: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.host = f"127.0.0.1:{port}"
        script = shared() / "bench" / "feedserver.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script), "--feeds", str(feeds), "--port", str(port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def ask(self, path: str, method: str = "GET") -> str:
        """Ask the server for something that is no feed."""
        request = urllib.request.Request(f"http://{self.host}{path}", method=method)
        with urllib.request.urlopen(request) as answer:
            return str(answer.read().decode())

    def end(self) -> None:
        """Stop serving."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def _serving(feeds: int) -> Iterator[FeedServer]:
    server = FeedServer(feeds)
    try:
        yield server
    finally:
        server.end()


def write_config(server: FeedServer, path: Path) -> None:
    """Write a feeds.yaml for all feeds of a server."""
    feeds = "".join(
        f"  - url: {url}\n    name: Feed {n}\n"
        for n, url in enumerate(server.ask("/urls").split())
    )
    path.write_text(
        "settings:\n  concurrency: 64\n  per_host_concurrency: 64\n"
        f"  per_host_spacing: 0s\n  allow_private:\n    - {server.host}\n"
        f"feeds:\n{feeds}",
        encoding="utf-8",
    )


def _ours(server: FeedServer, folder: Path) -> Program:
    config = folder / "feeds.yaml"
    write_config(server, config)
    return Program("tests.bench.ours", str(config), str(folder / "ours.db"))


def _reader(server: FeedServer, folder: Path, workers: int = 1) -> Program:
    urls = folder / "urls.txt"
    urls.write_text(server.ask("/urls"), encoding="utf-8")
    path = str(folder / "reader.db")
    return Program("tests.bench.peer_reader", str(urls), path, str(workers))


def _phases(server: FeedServer, program: Program) -> tuple[dict[str, Cost], str]:
    """Have a program live through all phases; return their costs and what it stored."""
    costs = {PHASES[0]: program.phase("poll"), PHASES[1]: program.phase("poll")}
    server.ask("/epoch?fraction=0.2&items=2", "POST")
    costs[PHASES[2]] = program.phase("poll")
    server.ask("/config?validators=0", "POST")
    costs[PHASES[3]] = program.phase("poll")
    stored = program.phase("check").said
    program.end()
    server.ask("/config?validators=1", "POST")
    server.ask("/reset", "POST")
    return costs, stored


def _slow(server: FeedServer, program: Program) -> Cost:
    server.ask(f"/config?latency_ms={LATENCY_MS}", "POST")
    cost = program.phase("poll")
    program.end()
    server.ask("/config?latency_ms=0", "POST")
    return cost


def _median(costs: Sequence[Cost], what: str) -> float:
    return statistics.median(getattr(cost, what) for cost in costs)


def _compare(runs: int) -> None:
    """Run both in turn, so that a busy machine is as bad for one as for the other."""
    ours: Costs = {phase: [] for phase in PHASES}
    theirs: Costs = {phase: [] for phase in PHASES}
    slow: list[Cost] = []
    has_reader = importlib.util.find_spec("reader") is not None
    stored = peers = ""
    with _serving(FEEDS) as server:
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as name:
                costs, stored = _phases(server, _ours(server, Path(name)))
                for phase, cost in costs.items():
                    ours[phase].append(cost)
            if has_reader:
                with tempfile.TemporaryDirectory() as name:
                    costs, peers = _phases(server, _reader(server, Path(name)))
                    for phase, cost in costs.items():
                        theirs[phase].append(cost)
            with tempfile.TemporaryDirectory() as name:
                slow.append(_slow(server, _ours(server, Path(name))))
    _show(ours, theirs, slow, has_reader=has_reader)
    print(f"items stored, and found by one word: {stored}; reader stored: {peers}")


def _show(ours: Costs, theirs: Costs, slow: list[Cost], *, has_reader: bool) -> None:
    rows: list[list[str]] = []
    for phase in PHASES:
        wall = _median(ours[phase], "wall")
        row = [phase, f"{wall:.2f}", f"{_median(ours[phase], 'cpu') / FEEDS * 1e3:.2f}"]
        if has_reader:
            peer = _median(theirs[phase], "wall")
            peer_cpu = _median(theirs[phase], "cpu") / FEEDS * 1e3
            row += [f"{peer:.2f}", f"{peer_cpu:.2f}", f"{wall / peer:.3f}"]
            row.append(f"{GOALS[phase]}" if phase in GOALS else "")
        row.append(f"{max(cost.peak_mib for cost in ours[phase]):.0f}")
        rows.append(row)
    wall, first = _median(slow, "wall"), _median(ours[PHASES[0]], "wall")
    spare = ["", "", f"{wall / first:.2f}x of without", "1.3"] if has_reader else []
    peak = f"{max(cost.peak_mib for cost in slow):.0f}"
    cpu = f"{_median(slow, 'cpu') / FEEDS * 1e3:.2f}"
    name = f"first poll, {LATENCY_MS} ms latency"
    rows.append([name, f"{wall:.2f}", cpu, *spare, peak])
    peer_head = ["reader s", "ms CPU a feed", "ratio", "goal"] if has_reader else []
    show([f"{FEEDS} feeds", "s", "ms CPU a feed", *peer_head, "peak MiB"], rows)
    if not has_reader:
        print("lemon24/reader is not installed: pip install -e '.[bench]'")


def _many() -> None:
    """Poll ten times as many feeds, a tenth of them changed: the same cost a feed?"""
    rows: list[list[str]] = []
    walls: list[float] = []
    for feeds in (FEEDS, MANY):
        with _serving(feeds) as server, tempfile.TemporaryDirectory() as name:
            program = _ours(server, Path(name))
            program.phase("poll")
            server.ask("/epoch?fraction=0.1&items=2", "POST")
            cost = program.phase("poll")
            program.end()
        walls.append(cost.wall / feeds)
        rows.append(
            [
                f"{feeds}",
                f"{cost.wall:.2f}",
                f"{cost.wall / feeds * 1e3:.2f}",
                f"{cost.cpu / feeds * 1e3:.2f}",
                f"{cost.peak_mib:.0f}",
            ]
        )
    show(["feeds, a tenth changed", "s", "ms a feed", "ms CPU a feed", "MiB"], rows)
    print(f"per feed: {walls[1] / walls[0]:.2f}x (goal: 1.2x)")


def _command() -> None:
    """Time the whole command: its start, the polls, and the clustering of all items."""
    with _serving(FEEDS) as server, tempfile.TemporaryDirectory() as name:
        config = Path(name) / "feeds.yaml"
        write_config(server, config)
        rows: list[list[str]] = []
        for phase in PHASES[:2]:
            began = time.perf_counter()
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "aggregator", "poll", "--all"),
                    *("--config", str(config), "--data", name),
                ],
                check=True,
                capture_output=True,
                text=True,
            )
            wall = time.perf_counter() - began
            rows.append([phase, f"{wall:.2f}", done.stdout.strip()])
    show(["`aggregator poll --all`, start and clustering included", "s", ""], rows)


def main(options: Sequence[str]) -> None:
    """Run all of it; --quick: once and not the 10,000 feeds, --many, --command: only."""
    if "--many" in options:
        _many()
    elif "--command" in options:
        _command()
    elif "--quick" in options:
        _compare(1)
    else:
        _compare(RUNS)
        _many()
        _command()
