"""The site: how long pages take with 10,000 clustered items in the store."""

from __future__ import annotations

import http.client
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from waitress.server import create_server

from aggregator.archive import read_items
from aggregator.config import Settings, load_settings
from aggregator.models import Entry, FeedConfig, Item, Outcome, Poll
from aggregator.passes.groups import GroupPass
from aggregator.pipeline import utc_now
from aggregator.store import Store, open_store
from tests.bench.ground import EVER, ROOT, shared, show
from web import create_app

ITEMS = 10_000
REQUESTS = 200
PAGES = ("/", "/clusters/", "/topics/", "/feeds/", "/search?q=border", "/healthz")


def _items() -> list[Item]:
    """Return the stream's first items as if the last of them had just come."""
    path = shared() / "bench" / "stream" / "world2026_a.jsonl.gz"
    items = sorted((item for _, item in read_items(path)), key=lambda i: (i.at, i.id))
    items = items[:ITEMS]
    later = timedelta(days=(utc_now() - items[-1].at).days)
    return [replace(item, at=item.at + later) for item in items]


def _fill(store: Store, settings: Settings) -> None:
    items = _items()
    store.sync_feeds(settings.feeds, utc_now())
    store.sync_topics(settings.topics, utc_now())
    polls: list[Poll] = []
    for feed in store.feeds():
        for item in (item for item in items if item.source == feed.name):
            link = Entry(str(item.id), item.url, item.title, item.summary, "", "")
            entry = replace(link, published_at=item.at)
            at = max(item.at, polls[-1].finished_at if polls else item.at)
            polls.append(
                Poll(feed.id, at, at, Outcome.OK, None, status=200, entries=(entry,))
            )
    for start in range(0, len(polls), 500):
        store.save_polls(polls[start : start + 500])
    GroupPass(store, settings, utc_now, threading.Event()).run()


def page_times(port: int, page: str) -> list[float]:
    """Return how many milliseconds each of many requests took, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times: list[float] = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request("GET", page)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1e3)
        if answer.status != 200 or not body:
            raise SystemExit(f"{page}: {answer.status}")
    connection.close()
    return times


def main(_options: Sequence[str]) -> None:
    """Fill a store, serve it as the daemon does, and time its pages."""
    names = sorted({item.source for item in _items()})
    feeds = tuple(
        FeedConfig(f"https://{number}.example/feed", name)
        for number, name in enumerate(names)
    )
    settings = replace(load_settings(ROOT / "feeds.yaml"), feeds=feeds)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "aggregator.db")
        _fill(store, settings)
        server = create_server(
            create_app(settings, store), host="127.0.0.1", port=0, threads=4
        )
        threading.Thread(target=server.run, daemon=True).start()
        rows = []
        for page in PAGES:
            times = page_times(server.effective_port, page)
            p95 = statistics.quantiles(times, n=20)[-1]
            first = f"{times[0]:.1f}"
            rows.append([page, first, f"{statistics.median(times):.1f}", f"{p95:.1f}"])
        n_items, _, n_clusters = store.counts_since(EVER)
        server.close()
        store.close()
    show(
        [
            f"{n_items:,} items, {n_clusters:,} clusters",
            "first ms",
            "median ms",
            "p95 ms",
        ],
        rows,
    )
