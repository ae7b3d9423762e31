"""Charts: how long a topic's pages take with 100,000 items of 30 days in the store."""

from __future__ import annotations

import random
import statistics
import tempfile
import threading
import time
from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from waitress.server import create_server

from aggregator.config import Settings
from aggregator.models import (
    Carrier,
    ClusterUpdate,
    Decision,
    DecisionKind,
    Entry,
    Evidence,
    FeedConfig,
    Grouping,
    Item,
    Moves,
    OpenCluster,
    Outcome,
    Poll,
    Topic,
    TopicScore,
)
from aggregator.passes.trends import TrendPass
from aggregator.pipeline import utc_now
from aggregator.store import Store, open_store
from tests.bench.ground import show
from tests.bench.web import page_times
from web import create_app

ITEMS, FEEDS, DAYS = 100_000, 250, 30
DAY = timedelta(days=1)
SIZE = 5
"""Items a cluster; the second of each is a copy of the first."""
SHARES = {"border-policy": 0.08, "trade": 0.05, "schools": 0.2, "storms": 0.01}
TOPICS = tuple(Topic(slug.replace("-", " ").capitalize(), slug) for slug in SHARES)
WORDS = (
    "harbor",
    "council",
    "bridge",
    "ferry",
    "vote",
    "strike",
    "tariff",
    "asylum",
    "storm",
    "school",
    "river",
    "port",
    "judge",
    "bill",
    "wall",
    "budget",
    "officer",
    "market",
    "crossing",
    "permit",
)
OUTAGE, SURGE = 12, 5
"""So many days ago half the feeds failed, and one topic had three times its share."""
PAGES = (
    "/topics/",
    *(f"/topics/{topic.slug}" for topic in TOPICS),
    "/topics/border-policy/trends",
    "/topics/border-policy/trends?of=clusters&by=hour",
    "/topics/compare?a=schools&b=border-policy",
    "/clusters/1",
)


def fill(store: Store, now: datetime) -> None:
    """Store a month of invented items, with an outage and a surge, in clusters."""
    dice = random.Random(5)  # noqa: S311 - dice are all it is
    feeds = [FeedConfig(f"https://{n}.example/feed", f"Feed {n}") for n in range(FEEDS)]
    store.sync_feeds(feeds, now - (DAYS + 1) * DAY)
    store.sync_topics(TOPICS, now)
    each = ITEMS // FEEDS // DAYS + 1
    last: dict[int, list[Entry]] = {}
    for days in range(DAYS, -1, -1):
        at = now - days * DAY
        polls = []
        for feed_id in range(1, FEEDS + 1):
            failed = days == OUTAGE and feed_id % 2
            entries = [
                _entry(dice, feed_id, days, n, at - dice.random() * DAY)
                for n in range(each)
            ]
            had = last.get(feed_id, [])  # a document still holds some of what it held
            last[feed_id] = entries[-2:]
            entries += had
            outcome = Outcome.ERROR if failed else Outcome.OK
            polls.append(
                Poll(
                    *(feed_id, at, at, outcome, now + DAY),
                    status=200,
                    entries=() if failed else tuple(entries),
                )
            )
        store.save_polls(polls)
    while items := store.waiting_items(5000):
        store.save_grouping(_grouping(items, store.last_cluster_id() + 1, now, dice))


def _entry(
    dice: random.Random, feed_id: int, days: int, number: int, at: datetime
) -> Entry:
    title = " ".join(dice.choices(WORDS, k=8)).capitalize()
    key = f"{days}-{number}"
    url = f"https://{feed_id}.example/{key}"
    summary = " ".join(dice.choices(WORDS, k=40))
    return Entry(key, url, title, summary, published_at=at.replace(microsecond=0))


def _grouping(
    items: Sequence[Item], first_id: int, now: datetime, dice: random.Random
) -> Grouping:
    """Put items into clusters as they come, and clusters on topics by their shares."""
    updates: list[ClusterUpdate] = []
    carriers: list[Carrier] = []
    decisions: list[Decision] = []
    topics: dict[int, tuple[TopicScore, ...]] = {}
    for n, start in enumerate(range(0, len(items), SIZE)):
        members = items[start : start + SIZE]
        cluster_id = first_id + n
        is_surge = (now - members[0].at).days == SURGE
        scores = tuple(
            TopicScore(slug, 0.8, is_match=True)
            for slug, share in SHARES.items()
            if dice.random()
            < share * (3 if is_surge and slug == "border-policy" else 1)
        )
        times = [item.at for item in members]
        empty = array("i").tobytes()
        updates.append(
            ClusterUpdate(
                OpenCluster(cluster_id, SIZE, min(times), max(times), empty, empty),
                *(members[0].title, (), scores),
            )
        )
        for rank, item in enumerate(members):
            origin = members[0].id if rank == 1 else item.id
            voice = items[start].source if rank == 1 else item.source
            carriers.append(
                Carrier(item.id, origin, 1.0, Evidence.TEXT, "", item.source, voice)
            )
            kind = DecisionKind.JOINED if rank else DecisionKind.OPENED
            decisions.append(
                Decision(
                    *(item.id, cluster_id, kind, 0.5, 0.3, None, 0.0, 0.2, ()),
                    *("", "", now),
                )
            )
            topics[item.id] = scores
    return Grouping(
        now,
        clusters=tuple(updates),
        moves=(Moves(tuple(decisions)),),
        carriers=tuple(carriers),
        item_topics=topics,
    )


def main(_options: Sequence[str]) -> None:
    """Fill a store, serve it as the daemon does, and time its pages."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "aggregator.db")
        settings = Settings(topics=TOPICS)
        fill(store, utc_now())
        began = time.perf_counter()
        TrendPass(store, settings, utc_now, threading.Event()).run()
        computing = time.perf_counter() - began
        server = create_server(
            create_app(settings, store), host="127.0.0.1", port=0, threads=4
        )
        threading.Thread(target=server.run, daemon=True).start()
        rows = []
        for page in PAGES:
            times = page_times(server.effective_port, page)
            p95 = statistics.quantiles(times, n=20)[-1]
            median = f"{statistics.median(times):.1f}"
            rows.append([page, f"{times[0]:.1f}", median, f"{p95:.1f}"])
        counts = store.status()
        server.close()
        store.close()
    head = f"{counts.item_count:,} items, {FEEDS} feeds, {DAYS} days"
    show([head, "first ms", "median ms", "p95 ms"], rows)
    print(f"computing the trends of {len(TOPICS)} topics: {computing:.2f} s")
