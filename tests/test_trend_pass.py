"""Charts from what is stored: counted by the pass, shown by the pages."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from aggregator.config import Settings
from aggregator.models import (
    Carrier,
    ClusterUpdate,
    Count,
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
    Series,
    Topic,
    TopicScore,
)
from aggregator.passes.trends import TrendPass
from aggregator.store import Store, open_reader, open_store
from aggregator.trends.buckets import day_edges, hour_edges
from aggregator.trends.reading import (
    read_ground,
    read_judged,
    read_series,
    read_silent,
    rolling_ground,
)
from tests.browsing import assert_harmless, page, text_of
from web import create_app

NOW = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("America/Chicago")
BORDER, TRADE = Topic("Border", "border", any=("border",)), Topic("Trade", "trade")
SETTINGS = Settings(topics=(BORDER, TRADE), timezone=ZONE)
N_DAYS = 40
OUTAGE, SURGE = 9, 3
"""How many days ago feeds failed, and the border was all the news."""
RATES = {1: (6, 3), 2: (6, 1), 3: (6, 0), 4: (6, 0)}
"""Items a day of each feed, and how many of them are on the border."""


def entry(feed_id: int, key: str, at: datetime, title: str) -> Entry:
    return Entry(key, f"https://{feed_id}.example/{key}", title, "", published_at=at)


def told(feed_id: int, days: int) -> list[Entry]:
    """Make what a feed said in the day that ended so many days ago."""
    n_items, n_border = RATES[feed_id]
    if days == SURGE:
        n_border = n_items
    word = "ferry at the" if days == SURGE else "officers at the"
    return [
        entry(
            feed_id,
            f"{days}-{n}",
            NOW - days * DAY - (n + 1) * HOUR,
            f"Feed {feed_id} day {days}, {word} border"
            if n < n_border
            else f"Feed {feed_id} day {days} item {n}",
        )
        for n in range(n_items)
    ]


def fill(store: Store) -> None:
    """Store 40 days of four feeds, of which two fail on one day and lose it."""
    feeds = [FeedConfig(f"https://{n}.example/", f"Outlet {n}") for n in RATES]
    store.sync_feeds(feeds, NOW - N_DAYS * DAY)
    store.sync_topics(SETTINGS.topics, NOW)
    last: dict[int, list[Entry]] = {}
    for days in range(N_DAYS, -1, -1):
        at = NOW - days * DAY
        for feed_id in RATES:
            if days == OUTAGE and feed_id in (1, 3):
                poll = Poll(feed_id, at, at, Outcome.ERROR, at + DAY, failure_count=1)
                last[feed_id] = []
            else:
                said = told(feed_id, days)
                entries = (*said, *last.get(feed_id, ()))
                last[feed_id] = said[:1]
                poll = Poll(
                    *(feed_id, at, at, Outcome.OK, at + DAY),
                    status=200,
                    entries=entries,
                )
            store.save_poll(poll)
    while items := store.waiting_items(1000):
        store.save_grouping(grouping(items, store.last_cluster_id() + 1))


def grouping(items: Sequence[Item], first_id: int) -> Grouping:
    """Make a cluster of each day's border items, and one of each other item."""
    groups: dict[object, list[Item]] = {}
    for item in items:
        is_border = "border" in item.title
        groups.setdefault(item.title.split()[3] if is_border else item.id, []).append(
            item
        )
    on_border = (TopicScore("border", 0.9, is_match=True, matched=("border",)),)
    updates, decisions, carriers, topics = [], [], [], {}
    for cluster_id, members in enumerate(groups.values(), first_id):
        scores = on_border if "border" in members[0].title else ()
        times = [item.at for item in members]
        state = OpenCluster(cluster_id, len(members), min(times), max(times), b"", b"")
        updates.append(ClusterUpdate(state, members[0].title, (), scores))
        for item in members:
            topics[item.id] = scores
            carriers.append(
                Carrier(
                    *(item.id, item.id, 1.0, Evidence.ORIGIN, ""),
                    *(item.source, item.source),
                )
            )
            decisions.append(
                Decision(
                    *(item.id, cluster_id, DecisionKind.JOINED, 0.5, 0.3),
                    *(None, 0.0, 0.2, (), "", "", NOW),
                )
            )
    return Grouping(
        NOW,
        clusters=tuple(updates),
        moves=(Moves(tuple(decisions)),),
        carriers=tuple(carriers),
        item_topics=topics,
    )


def compute(store: Store, now: datetime = NOW, settings: Settings = SETTINGS) -> bool:
    return TrendPass(store, settings, lambda: now, threading.Event()).run()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trends") / "a.db"
    store = open_store(path)
    fill(store)
    compute(store)
    store.close()
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(path: Path) -> Iterator[FlaskClient]:
    reader = open_reader(path)
    app = create_app(SETTINGS, reader)
    app.config["NOW"] = lambda: NOW
    yield app.test_client()
    reader.close()


def border(store: Store) -> Series:
    return store.trends(["border"])["border"]


# --- what is counted


def test_a_month_of_local_days_is_stored_as_it_was_computed(store: Store) -> None:
    series = border(store)
    assert len(series.points) == 30
    assert {point.start.astimezone(ZONE).hour for point in series.points} == {0}
    assert store.trends_at() == NOW
    ordinary = series.points[-6]
    assert (ordinary.count, ordinary.total) == (Count(4, 4, 1), Count(24, 24, 21))
    assert ordinary.share("items") == pytest.approx(4 / 24)
    assert ordinary.expected == pytest.approx(4, rel=0.1)
    assert ordinary.delivered == 1


def test_an_outage_is_shaded_and_reads_neither_as_a_lull_nor_as_a_surge(
    store: Store,
) -> None:
    outages = border(store).outages
    # the failed poll takes parts of two local days along
    assert [point.start.astimezone(ZONE).day for point in outages] == [24, 25]
    for point in outages:
        assert point.delivered is not None
        assert 0.45 <= point.delivered < 0.8
        assert point.surge is None
        assert point.expected is not None
        assert point.count.reports >= 0.5 * point.expected
    whole = border(store).points
    for point in whole:
        if not point.is_outage and not point.surge and point is not whole[-1]:
            assert point.count.reports == pytest.approx(point.expected, abs=1.5)


def test_a_surge_is_marked_on_the_day_it_was(store: Store) -> None:
    surges = border(store).surges
    assert [point.start.astimezone(ZONE).day for point in surges] == [3]
    assert surges[0].surge is not None
    assert surges[0].surge.ratio > 2


def test_a_topic_without_items_has_an_even_line(store: Store) -> None:
    series = store.trends(["trade"])["trade"]
    assert {point.count for point in series.points} == {Count()}
    assert series.points[-1].expected == 0
    assert not series.surges


def test_hours_add_up_to_days(store: Store) -> None:
    days = day_edges(NOW, ZONE, 3)
    hours = hour_edges(days[-1] - HOUR, ZONE, 72)
    assert (hours[0], hours[-1]) == (days[0], days[-1])
    by_day = read_series(store, read_ground(store, days, NOW), "border")
    by_hour = read_series(store, read_ground(store, hours, NOW), "border")
    for n, point in enumerate(by_day.points):
        parts = by_hour.points[24 * n : 24 * n + 24]
        for of in ("items", "reports", "clusters"):
            assert sum(getattr(p.count, of) for p in parts) == getattr(point.count, of)
            assert sum(getattr(p.total, of) for p in parts) == getattr(point.total, of)


def test_alerts_can_ask_for_the_last_24_hours(store: Store) -> None:
    then = NOW - SURGE * DAY
    series = read_judged(store, rolling_ground(store, then), "border")
    assert series.points[-1].end == then
    assert series.points[-1].surge is not None
    assert series.points[-2].surge is None


def test_words_that_rise_come_with_their_clusters(store: Store) -> None:
    words = store.rising("border")
    assert "ferry" in [word.text for word in words]
    ferry = next(word for word in words if word.text == "ferry")
    [cluster_id] = ferry.cluster_ids
    assert "ferry" in store.cluster(cluster_id).headline
    assert store.rising("trade") == ()


def test_a_copy_counts_once(tmp_path: Path) -> None:
    store = open_store(tmp_path / "copies.db")
    store.sync_feeds([FeedConfig(f"https://{n}.example/", f"{n}") for n in "ab"], NOW)
    store.sync_topics(SETTINGS.topics, NOW)
    for feed_id in (1, 2):
        said = entry(feed_id, "x", NOW - feed_id * HOUR, "Feed x day 0, at the border")
        store.save_poll(
            Poll(*(feed_id, NOW, NOW, Outcome.OK, NOW), status=200, entries=(said,))
        )
    items = store.waiting_items()
    plan = grouping(items, 1)
    store.save_grouping(plan)
    first = min(items, key=lambda item: item.at)
    store.save_carriers(
        [
            Carrier(*(i.id, first.id, 1.0, Evidence.TEXT, ""), i.source, first.source)
            for i in items
        ]
    )
    compute(store)
    today = border(store).points[-1]
    assert (today.count, today.total) == (Count(2, 1, 1), Count(2, 1, 1))
    store.close()


def test_a_database_from_before_counts_what_it_holds(
    path: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old.db"
    with sqlite3.connect(path) as source, sqlite3.connect(old) as db:
        source.backup(db)
    source.close()
    for statement in (  # as a database was before trends
        "DROP INDEX item_topics_time",
        "DROP INDEX reports_copies",
        "DROP INDEX clusters_first",
        "ALTER TABLE item_topics DROP COLUMN at",
        "ALTER TABLE item_topics DROP COLUMN feed_id",
        "ALTER TABLE reports DROP COLUMN at",
        "DELETE FROM _sqlite_migrations WHERE name = 'trend_times'",
    ):
        db.execute(statement)
    db.commit()
    db.close()
    store, now = open_store(old), open_store(path)
    edges = day_edges(NOW, ZONE, 30)
    assert store.topic_feed_counts("border", edges)
    assert store.topic_feed_counts("border", edges) == now.topic_feed_counts(
        "border", edges
    )
    assert store.totals(edges) == now.totals(edges)
    store.close()
    now.close()


# --- when


def test_trends_are_computed_every_five_minutes_and_when_settings_change(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path / "own.db")
    now = [NOW]
    trends = TrendPass(store, SETTINGS, lambda: now[0], threading.Event())
    assert trends.run()
    now[0] += timedelta(minutes=4)
    assert not trends.run()
    now[0] += timedelta(minutes=1)
    assert trends.run()
    assert compute(store, now[0], Settings(topics=(TRADE,)))
    assert border(store).points == ()
    assert len(store.trends(["trade"])["trade"].points) == 30
    store.close()


def test_a_daemon_that_is_told_to_stop_leaves_what_was_there(tmp_path: Path) -> None:
    store = open_store(tmp_path / "own.db")
    stop = threading.Event()
    stop.set()
    assert not TrendPass(store, SETTINGS, lambda: NOW, stop).run()
    assert store.trends_at() is None
    store.close()


# --- pages


def test_the_topics_page_shows_the_last_14_days_in_words_too(
    client: FlaskClient,
) -> None:
    root = page(client, "/topics/")
    sparks = [n for n in root.iter() if n.get("class") == "spark"]
    assert len(sparks) == 2
    label = sparks[0].get("aria-label", "")
    assert "Items a day over 14 days" in label
    assert "feeds failed on 2 of these days" in label


@pytest.mark.parametrize(
    "address",
    [
        "/topics/border",
        "/topics/border/trends",
        "/topics/border/trends?of=clusters&by=hour",
        "/topics/compare",
        "/topics/compare?a=trade&b=border&of=items&as=count",
    ],
)
def test_a_chart_is_shapes_with_words_around_and_numbers_behind(
    client: FlaskClient, address: str
) -> None:
    root = page(client, address)
    assert_harmless(root)
    charts = [n for n in root.iter() if n.get("role") == "img" and n.get("viewBox")]
    assert charts
    for chart in charts:
        assert chart.get("aria-labelledby")
    assert [n for n in root.iter() if n.get("class") == "numbers"]


def test_the_topic_page_says_what_stands_out(client: FlaskClient) -> None:
    text = text_of(page(client, "/topics/border"))
    assert "Surge on Tue 3 Mar" in text
    assert "Feeds failed on Tue 24 Feb" in text
    assert "ferry" in text
    root = page(client, "/topics/border")
    classes = [n.get("class") for n in root.iter()]
    assert classes.count("outage") >= 2
    assert "bar surge" in classes


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/topics/nothing/trends", 404),
        ("/topics/border/trends?of=words", 400),
        ("/topics/border/trends?by=minute", 400),
        ("/topics/compare?a=nothing", 404),
        ("/topics/compare?a=border&b=border", 200),
        ("/topics/compare?as=x", 400),
    ],
)
def test_addresses_that_ask_for_nothing_there_is(
    client: FlaskClient, address: str, status: int
) -> None:
    page(client, address, status)


def test_a_silent_source_is_named_on_the_page_of_a_larger_cluster(
    tmp_path: Path,
) -> None:
    path = tmp_path / "silent.db"
    store = open_store(path)
    names = ["Ledger", "Meridian", "Courier", "Post"]
    store.sync_feeds(
        [FeedConfig(f"https://{n}.example/", name) for n, name in enumerate(names)], NOW
    )
    store.sync_topics(SETTINGS.topics, NOW)
    for feed_id in (1, 2, 3, 4):
        entries = tuple(
            entry(
                feed_id,
                f"{days}",
                NOW - days * DAY - 10 * HOUR + feed_id * timedelta(minutes=9),
                f"Feed {feed_id} day {days}, at the border",
            )
            for days in range(8)
            if days or feed_id < 4
        )
        store.save_poll(
            Poll(
                *(feed_id, NOW, NOW, Outcome.OK, NOW + DAY), status=200, entries=entries
            )
        )
    store.save_grouping(grouping(store.waiting_items(), 1))
    newest = max((card.cluster for card in store.clusters()), key=lambda c: c.last_at)
    scores = store.cluster_topics(newest.id)
    [source] = read_silent(store, [(newest, scores)], NOW)[newest.id]
    assert (source.outlet, source.told_count, source.cluster_count) == ("Post", 7, 7)
    store.close()
    reader = open_reader(path)
    app = create_app(SETTINGS, reader)
    app.config["NOW"] = lambda: NOW
    text = text_of(page(app.test_client(), f"/clusters/{newest.id}"))
    assert "Usually on this topic, silent so far Post told 7 of the 7 larger" in text
    reader.close()
