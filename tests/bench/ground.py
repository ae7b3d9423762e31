"""What benchmarks stand on: the shared folder, tables, programs that are measured."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
EVER = datetime(1970, 1, 1, tzinfo=UTC)
PAGE = os.sysconf("SC_PAGE_SIZE")


def shared() -> Path:
    """Return the folder with data and servers, or end with a word about it."""
    path = Path(os.environ.get("AGGREGATOR_SHARED", ROOT.parent / "shared"))
    if not (path / "bench").is_dir():
        sys.exit(
            f"{path}: no folder 'bench' in it; set AGGREGATOR_SHARED to the folder "
            "that holds it"
        )
    return path


def show(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *rest = (
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *rest]).rstrip(), flush=True)


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for listed in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, listed.read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """Return what a process and its children, alive and gone, have used."""
    ticks = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15] if one == pid else fields[11:13]))
    return ticks / TICKS


def resident_mib(pid: int) -> float:
    """Return the memory of a process and its children; what they share counts twice."""
    pages = 0
    for one in _family(pid):
        pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * PAGE / 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one phase of a program cost."""

    wall: float
    cpu: float
    peak_mib: float
    said: str


class Program:
    """A Python module in its own process that does one phase a line of its input.

    It answers each line with one of its own when the phase is done.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._answer()  # it is ready

    def phase(self, name: str) -> Cost:
        """Have a phase done; return what it cost."""
        pid, peak, done = self._process.pid, [0.0], threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                try:
                    peak[0] = max(peak[0], resident_mib(pid))
                except OSError:  # a child ended between two looks
                    continue

        watcher = threading.Thread(target=watch)
        watcher.start()
        cpu, began = cpu_seconds(pid), time.perf_counter()
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        said = self._answer()
        wall = time.perf_counter() - began
        cost = cpu_seconds(pid) - cpu
        done.set()
        watcher.join()
        return Cost(wall, cost, peak[0], said)

    def end(self) -> None:
        """Close the program's input and wait for its end."""
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"{self._process.args}: ended in the middle")
        return line.strip()
