"""The brief over 50,000 items of one day: reading, building and writing it."""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.archive import read_items
from aggregator.config import Settings, load_settings
from aggregator.editions import moment_brief, new_brief
from aggregator.models import Entry, FeedConfig, Item, Outcome, Poll
from aggregator.passes.groups import GroupPass
from aggregator.store import Store, open_store
from tests.bench.ground import EVER, ROOT, shared, show

ITEMS = 50_000
TIMES = 5
END = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def main(_options: Sequence[str]) -> None:
    """Fill a store with one day, visit it at noon, and make briefs of it."""
    items = _items()
    names = sorted({item.source for item in items})
    feeds = tuple(
        FeedConfig(f"https://{number}.example/feed", name)
        for number, name in enumerate(names)
    )
    settings = replace(load_settings(ROOT / "feeds.yaml"), feeds=feeds)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "aggregator.db")
        _fill(store, settings, items)
        store.note_visit("reader", END - DAY / 2, END)
        n_items, _, n_clusters = store.counts_since(EVER)
        whole = [_milliseconds(lambda: new_brief(store, settings, END))]
        store.keep_brief(new_brief(store, settings, END - DAY / 2), "", END)
        whole += [
            _milliseconds(lambda: new_brief(store, settings, END)) for _ in range(TIMES)
        ]
        page = [
            _milliseconds(lambda: moment_brief(store, settings, END, "reader"))
            for _ in range(TIMES)
        ]
        store.close()
    show(
        [
            f"{n_items:,} items, {n_clusters:,} clusters",
            "first ms",
            "slowest ms",
            "of CPU",
        ],
        [
            _row("a brief to keep, in three formats", whole),
            _row("the page of the moment, for a visitor", page),
        ],
    )


def _items() -> list[Item]:
    """Return the stream, again as told by other outlets, all within one day."""
    path = shared() / "bench" / "stream" / "world2026_a.jsonl.gz"
    stream = sorted((item for _, item in read_items(path)), key=lambda i: (i.at, i.id))
    rounds = math.ceil(ITEMS / len(stream))
    step = DAY / ITEMS
    items = [
        replace(item, source=f"{item.source} {round}" if round else item.source)
        for item in stream
        for round in range(rounds)
    ]
    return [
        replace(item, at=END - DAY + n * step) for n, item in enumerate(items[:ITEMS])
    ]


def _fill(store: Store, settings: Settings, items: Sequence[Item]) -> None:
    """Let each feed say its items, hour by hour, and cluster them."""
    now = END - DAY
    store.sync_feeds(settings.feeds, now)
    store.sync_topics(settings.topics, now)
    feeds = {feed.name: feed.id for feed in store.feeds()}
    groups = GroupPass(store, settings, lambda: now, threading.Event())
    waiting = list(reversed(items))
    while now < END:
        now += HOUR
        said: dict[int, list[Entry]] = {}
        while waiting and waiting[-1].at <= now:
            item = waiting.pop()
            entry = Entry(
                f"{len(waiting)}",
                item.url,
                item.title,
                item.summary,
                published_at=item.at.replace(microsecond=0),
            )
            said.setdefault(feeds[item.source], []).append(entry)
        polls = [
            Poll(
                feed_id, now, now, Outcome.OK, None, status=200, entries=tuple(entries)
            )
            for feed_id, entries in said.items()
        ]
        store.save_polls(polls)
        groups.run()


def _milliseconds(make: Callable[[], object]) -> tuple[float, float]:
    """Return how long something takes, and how much of that is CPU of ours."""
    began, used = time.perf_counter(), time.process_time()
    make()
    return (time.perf_counter() - began) * 1e3, (time.process_time() - used) * 1e3


def _row(name: str, times: Sequence[tuple[float, float]]) -> list[str]:
    slowest, used = max(times)
    return [name, f"{times[0][0]:.0f}", f"{slowest:.0f}", f"{used:.0f}"]
