"""What it costs to forget old polls: time a tick, and the file's size before and after."""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aggregator.config import Settings
from aggregator.models import FeedConfig
from aggregator.passes.poll_log import PollLogPass
from aggregator.store import Store, open_store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GAP = timedelta(minutes=30)
ERROR = "The server did not answer within 10 seconds (connect)."


def main(options: Sequence[str]) -> int:
    """Forget what is old of `--polls` polls of `--feeds` feeds, twice an hour each."""
    parser = argparse.ArgumentParser(prog="poll_log")
    parser.add_argument("--polls", type=int, default=3_000_000)
    parser.add_argument("--feeds", type=int, default=1_000)
    wanted = parser.parse_args(options)
    feeds = tuple(
        FeedConfig(f"https://f{n}.example/", f"Feed {n}") for n in range(wanted.feeds)
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "test.db"
        with closing(open_store(path)) as store:
            store.sync_feeds(feeds, NOW)
            rounds = wanted.polls // wanted.feeds
            _fill(path, wanted.feeds, NOW - rounds * GAP, rounds)
            _tell("written", path)
            before = _answers(store)
            now = NOW
            log = PollLogPass(
                store, Settings(feeds=feeds), lambda: now, threading.Event()
            )
            _forget(log, path)
            assert _answers(store) == before, "forgetting changed an answer"
            for day in range(1, 4):
                _fill(path, wanted.feeds, now, timedelta(days=1) // GAP)
                now = NOW + timedelta(days=day)
                _forget(log, path)
    return 0


def _fill(path: Path, n_feeds: int, start: datetime, rounds: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        for first in range(0, rounds, 100):
            db.executemany(
                """
                INSERT INTO polls (feed_id, started_at, finished_at, outcome, status,
                    error_kind, error, byte_count, entry_count, new_count)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                _rows(n_feeds, start, range(first, min(first + 100, rounds))),
            )
            db.commit()


def _rows(n_feeds: int, start: datetime, rounds: range) -> Iterator[tuple[Any, ...]]:
    for n in rounds:
        at = f"{(start + n * GAP).isoformat()[:19]}Z"
        for feed in range(1, n_feeds + 1):
            if feed % 20 == 0:
                yield (feed, at, at, "error", None, "timeout", ERROR, 0, 0, 0)
            elif (feed + n) % 2:
                yield (feed, at, at, "not_modified", 304, "", "", 0, 0, 0)
            else:
                yield (feed, at, at, "ok", 200, "", "", 48_211, 40, 3)


def _answers(store: Store) -> tuple[object, ...]:
    feeds = store.feeds()
    return (
        feeds,
        [(store.polls(f.id), store.first_failure(f.id)) for f in feeds],
        store.first_polled_at(),
        store.unpolled(NOW - timedelta(days=400)),
    )


def _forget(log: PollLogPass, path: Path) -> None:
    times: list[float] = []
    total = 0
    while True:
        began = time.perf_counter()
        count = log.run()
        times.append(time.perf_counter() - began)
        total += count
        if not count:
            break
    busy = times[:-1] or times
    print(
        f"forgot {total:,} in {len(busy)} ticks: {statistics.median(busy):.3f} s a tick "
        f"(most {max(busy):.3f}), {sum(busy):.1f} s in all; "
        f"the last look, in vain, {times[-1]:.3f} s"
    )
    _tell("then", path)


def _tell(what: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        count = db.execute("SELECT count(*) FROM polls").fetchone()[0]
        pages, free, size = (
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    wal = Path(f"{path}-wal")
    print(
        f"{what}: {count:,} polls, file {pages * size / 2**20:.0f} MiB of which "
        f"{free * size / 2**20:.0f} MiB free, write-ahead log "
        f"{(wal.stat().st_size if wal.exists() else 0) / 2**20:.0f} MiB"
    )
