"""Fifty good and hostile feeds every 5 s against the real daemon: does anything grow?"""

from __future__ import annotations

import argparse
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from tests import hostile_http, hostile_items, hostile_markup, hostile_wire
from tests.hostile import Asked, HostileServer, Play, reply
from tests.hostile_case import item, rss

FEED_COUNT = 50
HOSTILE_COUNT = 14
SETTLED_MIN = 5  # from when on nothing may grow: caches are full by then
GROWTH = 0.10
SAMPLE_S = 5.0
WAL_BYTES = 64 * 1024 * 1024
NEW_ITEM_S = 60.0
"""How often a good feed says something new."""

# Thousands of items at once: memory rightly grows with what is stored.
_LEFT_OUT = frozenset({"H221", "H096"})
_WORDS = [
    "bridge", "harbour", "council", "strike", "orchard", "flood", "budget", "border", "tunnel", "museum",
    "vaccine", "wildfire", "railway", "tariff", "election", "satellite", "drought", "hospital", "festival", "quarry",
]  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """What the daemon and its children hold at a moment."""

    rss_mib: float
    descriptors: float
    threads: float
    children: float
    wal_mib: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak; return 1 if something grew."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--data", type=Path, help="where the database and log stay")
    options = parser.parse_args(arguments)
    if options.data:
        options.data.mkdir(parents=True, exist_ok=True)
        return soak(options.minutes, options.data)
    with tempfile.TemporaryDirectory() as folder:
        return soak(options.minutes, Path(folder))


def soak(minutes: float, home: Path) -> int:
    """Sample a daemon for so many minutes, print a line for each; 1 for a growth."""
    by_minute: list[Sample] = []
    hits = Counter[str]()
    with HostileServer(_plays(hits)) as server, _daemon(home, server.port) as daemon:
        pid, address = daemon
        print(" min  rss MiB  descriptors  threads  children  wal MiB", flush=True)
        for minute in range(1, round(minutes) + 1):
            sample = _minute(pid, home, address)
            server.asked.clear()  # it is read whole for every request
            by_minute.append(sample)
            print(
                f"{minute:4} {sample.rss_mib:8.1f} {sample.descriptors:12.0f}"
                f" {sample.threads:8.0f} {sample.children:9.0f} {sample.wal_mib:8.1f}",
                flush=True,
            )
    problems = [*_grown(by_minute), *_log_lines(home / "log")]
    polled = sum(hits.values())
    print(f"{polled} requests, {polled / minutes / FEED_COUNT:.1f} a feed and minute")
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


def _minute(pid: int, home: Path, address: str) -> Sample:
    """Return the medians of a minute in which pages are read, too."""
    samples: list[Sample] = []
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for path in ("", "feeds", "search?q=bridge"):
            with urllib.request.urlopen(address + path, timeout=30) as answer:
                answer.read()
        samples.append(_sample(pid, home))
        time.sleep(SAMPLE_S)
    columns = zip(*map(astuple, samples), strict=True)
    return Sample(*map(statistics.median, columns))


def _sample(pid: int, home: Path) -> Sample:
    children = list(_children(pid))
    wal = home / "data" / "aggregator.db-wal"
    return Sample(
        rss_mib=sum(map(_rss_kib, [pid, *children])) / 1024,
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
        children=len(children),
        wal_mib=wal.stat().st_size / 1024**2 if wal.exists() else 0,
    )


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            yield from map(int, (task / "children").read_text().split())
        except OSError:  # the thread has ended
            continue


def _rss_kib(pid: int) -> int:
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:  # the child has ended
        return 0
    return int(found[1]) if found else 0


def _grown(by_minute: Sequence[Sample]) -> Iterator[str]:
    """Say what is more in the last minutes than when all had settled."""
    settled, last = by_minute[SETTLED_MIN : SETTLED_MIN + 3], by_minute[-3:]
    if len(by_minute) < SETTLED_MIN + 4:
        yield f"too short to tell: give it {SETTLED_MIN + 4} minutes and more"
        return
    for field in fields(Sample):
        before, after = (
            statistics.median(getattr(sample, field.name) for sample in samples)
            for samples in (settled, last)
        )
        print(f"{field.name}: {before:.1f} -> {after:.1f}")
        if field.name == "wal_mib":
            if after * 1024**2 > WAL_BYTES:
                yield f"the write-ahead log has {after:.0f} MiB"
        elif after > before * (1 + GROWTH):
            yield f"{field.name} grew from {before:.1f} to {after:.1f}"


def _log_lines(path: Path) -> Iterator[str]:
    """Yield what nobody expects in a log: errors and tracebacks, each kind once."""
    lines = path.read_text(errors="replace").splitlines()
    kinds = Counter(line.split()[2] for line in lines if re.match(r"\d{4}-", line))
    print(f"log: {len(lines)} lines, {dict(kinds)}")
    odd = Counter(
        re.sub(r"\d+", "N", line)[:200]
        for line in lines
        if " ERROR " in line or line.startswith("Traceback")
    )
    for line, count in odd.most_common(10):
        yield f"{count} x in the log: {line}"


@contextmanager
def _daemon(home: Path, port: int) -> Iterator[tuple[int, str]]:
    """Run `aggregator run` with feeds on a loopback port; yield its pid and address."""
    config = {
        "settings": {
            "poll_interval": "5s",
            "per_host_spacing": "0s",
            "per_host_concurrency": 16,
            "concurrency": 16,
            "allow_private": [f"127.0.0.1:{port}"],
            "limits": {
                "connect": "2s",
                "silence": "2s",
                "total": "3s",
                "parse_cpu": "3s",
                "parse_wall": "6s",
                "wire_bytes": "4MiB",
            },
        },
        "feeds": [
            {"url": f"http://127.0.0.1:{port}/f{n}", "name": f"Feed {n}"}
            for n in range(FEED_COUNT)
        ],
    }
    path = home / "feeds.yaml"
    path.write_text(json.dumps(config))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "aggregator", "--verbose", "run"),
                *("--config", path, "--data", home / "data", "--port", "0"),
            ],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, (home / "log").read_text()
        yield process.pid, found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stdout.close()


def _plays(hits: Counter[str]) -> dict[str, Play]:
    """Return what 50 feeds say: most are well, the others play tricks in turn.

    After every trick a hostile feed is well once: else it would be left alone for
    longer and longer.
    """
    tricks = list(_tricks())
    plays: dict[str, Play] = {}
    for n in range(FEED_COUNT):
        play: Play = _good(n)
        if n < HOSTILE_COUNT:
            play = _in_turn([play, *tricks[n::HOSTILE_COUNT]])
        plays[f"/f{n}"] = _counted(play, f"/f{n}", hits)
    return plays


def _tricks() -> Iterator[Play]:
    """Yield the hostile cases that are one document at one address."""
    for module in (hostile_http, hostile_wire, hostile_markup, hostile_items):
        for case in module.CASES:
            ends = case.outcome in {"backoff", "gone"} or case.id in _LEFT_OUT
            if callable(case.plays) and not case.url and not ends:
                yield case.plays


def _counted(play: Play, path: str, hits: Counter[str]) -> Play:
    def counted(asked: Asked) -> bytes | Iterable[bytes | float | object]:
        hits[path] += 1
        return play(asked)

    return counted


def _in_turn(plays: Sequence[Play]) -> Play:
    """Return a play that is good, tricky, good, tricky, and so on for ever."""
    good, *tricks = plays
    lock = threading.Lock()
    turn = -1

    def play(asked: Asked) -> bytes | Iterable[bytes | float | object]:
        nonlocal turn
        with lock:
            turn += 1
            now = turn
        return tricks[now // 2 % len(tricks)](asked) if now % 2 else good(asked)

    return play


def _good(n: int) -> Play:
    """Return a feed of 20 items that says something new once a minute.

    A third has validators, a third has none, a third has new guids every time.
    """
    began = time.time()

    def title(number: int) -> str:
        words = [_WORDS[(n * 7 + number * k) % len(_WORDS)] for k in (1, 3, 5, 7)]
        return f"{' '.join(words).capitalize()} report {n}-{number}"

    def play(asked: Asked) -> bytes:
        newest = int((time.time() - began + n) / NEW_ITEM_S)
        etag = f'"{newest}"' if n % 3 == 0 else ""
        if etag and asked.headers.get("if-none-match") == etag:
            return reply(b"", "304 Not Modified", ETag=etag)
        entries = "".join(
            item(
                title(number),
                guid=f"{n}-{number}" + (f"-{time.time_ns()}" if n % 3 == 2 else ""),
                link=f"https://e{n}.example/{number}",
                date=_date(began + number * NEW_ITEM_S),
                text=f"What is known of {title(number).lower()} so far. " * 3,
            )
            for number in range(newest, newest - 20, -1)
        )
        return reply(rss(entries), ETag=etag)

    return play


def _date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC).replace(microsecond=0))


if __name__ == "__main__":
    sys.exit(main())
