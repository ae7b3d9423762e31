"""Reports and carriers from stored items to counts, ranks and pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator.config import Settings
from aggregator.demo import load_week
from aggregator.models import (
    Cluster,
    Entry,
    Evidence,
    FeedConfig,
    Item,
    Outcome,
    Poll,
    Topic,
)
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from tests.browsing import assert_harmless, page, site_over, text_of
from tests.copyfixtures import EVENTS
from tests.sample import NOW
from web.filters import lag

TEXTS = [told.text for told in EVENTS[0]]
TITLES = [told.title for told in EVENTS[0]]
TOPIC = Topic("Seals", "seals", any=("grey seal",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "test.db")
    yield store
    store.close()


@pytest.fixture
def browser(tmp_path: Path, store: Store) -> Iterator[FlaskClient]:
    with site_over(tmp_path / "test.db", topics=(TOPIC,)) as app:
        yield app.test_client()


def pipeline_over(store: Store, names: Sequence[str], **settings: object) -> Pipeline:
    feeds = tuple(FeedConfig(f"https://f{n}.example/", x) for n, x in enumerate(names))
    values = {"feeds": feeds, "topics": (TOPIC,), **settings}
    return Pipeline(store, Settings(**values), now=lambda: NOW)  # type: ignore[arg-type]


def tell(store: Store, name: str, *entries: Entry) -> None:
    feed = next(feed for feed in store.feeds() if feed.name == name)
    store.save_poll(
        Poll(feed.id, NOW, NOW, Outcome.OK, None, status=200, entries=entries)
    )


def entry(title: str, text: str, at: datetime = NOW, author: str = "") -> Entry:
    return Entry(f"{title}{at}{author}", "", title, text, author, published_at=at)


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def only_cluster(store: Store) -> Cluster:
    (card,) = store.clusters()
    return card.cluster


OUTLETS = [f"Outlet {n}" for n in range(10)]


def wire(store: Store, **settings: object) -> Pipeline:
    """Store one wire text in ten outlets, an hour apart."""
    pipeline = pipeline_over(store, OUTLETS, **settings)
    for n, name in enumerate(OUTLETS):
        text = f"PORT ANSEL (Reuters) - {TEXTS[0]}"[: 500 - 15 * n]
        tell(store, name, entry(TITLES[0], text, hours_ago(12 - n)))
    pipeline.groups.run()
    return pipeline


def test_one_wire_text_in_ten_outlets_is_one_report_with_ten_carriers(
    store: Store,
) -> None:
    wire(store).close()
    cluster = only_cluster(store)
    assert (cluster.report_count, cluster.independent_count) == (1, 1)
    assert (cluster.source_count, cluster.item_count) == (10, 10)
    items = store.cluster_items(cluster.id)
    carriers = store.carriers([item.id for item in items])
    assert [carriers[item.id].origin_id for item in items] == [items[0].id] * 10
    assert carriers[items[0].id].evidence is Evidence.ORIGIN
    assert carriers[items[9].id].agency == "Reuters"


def test_copies_that_come_later_one_by_one_join_the_report_that_is_stored(
    store: Store,
) -> None:
    for n, name in enumerate(OUTLETS):  # each by a new process
        pipeline = pipeline_over(store, OUTLETS)
        tell(store, name, entry(TITLES[0], TEXTS[0], hours_ago(12 - n)))
        pipeline.groups.run()
        pipeline.close()
    cluster = only_cluster(store)
    assert (cluster.report_count, cluster.source_count) == (1, 10)
    # the very first comes last
    pipeline = pipeline_over(store, OUTLETS)
    tell(store, OUTLETS[5], entry("Earlier", TEXTS[0], hours_ago(20)))
    pipeline.groups.run()
    pipeline.close()
    items = store.cluster_items(cluster.id)
    carriers = store.carriers([item.id for item in items])
    assert items[0].title == "Earlier"
    assert {carrier.origin_id for carrier in carriers.values()} == {items[0].id}


def test_a_cluster_of_more_copies_than_are_looked_at_stays_one_report(
    store: Store,
) -> None:
    pipeline = pipeline_over(store, OUTLETS)
    for batch in range(4):
        for n, name in enumerate(OUTLETS):
            many = [
                entry(
                    TITLES[0], TEXTS[0], hours_ago(12 - batch - m / 60), author=f"{n}"
                )
                for m in range(15)
            ]
            tell(store, name, *many)
        pipeline.groups.run()
    pipeline.close()
    cluster = only_cluster(store)
    assert (cluster.item_count, cluster.report_count) == (600, 1)


def test_two_editions_of_one_publisher_are_one_source(store: Store) -> None:
    pipeline = pipeline_over(store, ["BBC World", "BBC Mundo"])
    tell(store, "BBC World", entry(TITLES[0], TEXTS[0], hours_ago(2)))
    tell(store, "BBC Mundo", entry(TITLES[1], TEXTS[1], hours_ago(1)))
    tell(store, "BBC Mundo", entry(TITLES[0], TEXTS[3], hours_ago(1)))
    pipeline.groups.run()
    pipeline.close()
    card = max(store.clusters(), key=lambda card: card.cluster.item_count)
    assert card.cluster.item_count >= 2
    assert card.cluster.source_count == card.cluster.independent_count == 1
    assert card.cluster.report_count == card.cluster.item_count
    assert len(card.items) == 1


def test_a_new_table_of_families_counts_stored_clusters_again(store: Store) -> None:
    wire(store).close()
    assert only_cluster(store).source_count == 10
    families = {"Group": tuple(OUTLETS[:4])}
    pipeline = pipeline_over(store, OUTLETS, families=families)
    pipeline.families.run()
    assert only_cluster(store).source_count == 7
    pipeline.use(Settings(feeds=pipeline.settings.feeds))
    pipeline.families.run()
    pipeline.close()
    assert only_cluster(store).source_count == 10


def test_the_demo_weeks_wire_copy_is_one_report_of_five_outlets(store: Store) -> None:
    week = load_week()
    pipeline = pipeline_over(store, [outlet.name for outlet in week.outlets])
    for outlet in week.outlets:
        entries = [
            entry(
                item.title,
                item.summary,
                item.published_at(NOW) or NOW,
                author=item.author,
            )
            for item in week.items_of(outlet)
        ]
        tell(store, outlet.name, *entries)
    pipeline.groups.run()
    pipeline.close()
    cards = {card.cluster.headline: card.cluster for card in store.clusters(limit=500)}
    towers = next(c for headline, c in cards.items() if "border towers" in headline)
    assert (towers.report_count, towers.independent_count) == (1, 1)
    assert towers.source_count == 5
    assert sum(c.report_count < c.item_count for c in cards.values()) < len(cards) / 4


@pytest.mark.parametrize("batch", [7, 40])
def test_whatever_joins_splits_and_merges_a_report_stays_within_its_cluster(
    store: Store, batch: int
) -> None:
    week = load_week()
    names = {outlet.key: outlet.name for outlet in week.outlets}
    pipeline = pipeline_over(store, list(names.values()))
    told = sorted(week.items, key=lambda item: item.published_at(NOW) or NOW)
    for start in range(0, len(told), batch):
        for item in told[start : start + batch]:
            at = item.published_at(NOW) or NOW
            tell(store, names[item.outlet], entry(item.title, item.summary, at))
        pipeline.groups.run()
    pipeline.close()
    for card in store.clusters(limit=500):
        items = store.cluster_items(card.cluster.id)
        carriers = store.carriers([item.id for item in items])
        assert set(carriers) == {item.id for item in items}
        found = {carrier.origin_id for carrier in carriers.values()}
        assert found <= set(carriers)
        assert card.cluster.report_count == len(found)
        for origin in found:
            mine = [i for i in items if carriers[i.id].origin_id == origin]
            assert mine[0].id == origin  # the items come oldest first
            assert len({carriers[item.id].voice for item in mine}) == 1


# --- pages


def test_a_clusters_page_folds_copies_under_their_report_with_lags(
    store: Store, browser: FlaskClient
) -> None:
    wire(store).close()
    path = f"/clusters/{only_cluster(store).id}"
    root = page(browser, path)
    assert_harmless(root)
    text = text_of(root)
    assert "single source 1 report, 10 outlets" in text
    assert "Outlet 0 first to report text of Reuters" in text
    assert "10 outlets carry this text; the last came 9 h later" in text
    assert "+1 h Outlet 1" in text
    assert "100% of the text is the same" in text
    folds = root.findall(".//details[@class='copies']")
    assert len(folds) == 1
    assert len(folds[0].findall("./ol/li")) == 9


def test_independent_reports_lead_and_one_agencys_text_does_not(
    store: Store, browser: FlaskClient
) -> None:
    pipeline = wire(store)
    for n, told in enumerate(EVENTS[1]):
        text = f"{told.text} A ferry waits on the Calder River."
        tell(store, OUTLETS[n], entry(EVENTS[1][0].title, text, hours_ago(5 - n)))
    pipeline.groups.run()
    pipeline.close()
    cards = store.busiest_clusters(since=hours_ago(24))
    assert [card.cluster.independent_count for card in cards] == [3, 1]
    assert [card.cluster.source_count for card in cards] == [3, 10]
    text = text_of(page(browser, "/"))
    assert "3 reports, 3 outlets" in text
    assert text.index("3 reports, 3 outlets") < text.index("1 report, 10 outlets")
    several = text_of(page(browser, "/clusters/?sources=2"))
    assert "3 reports, 3 outlets" in several
    assert "1 report, 10 outlets" not in several


def test_an_item_that_nothing_is_known_of_is_a_report_of_its_own(
    store: Store, browser: FlaskClient
) -> None:
    wire(store).close()
    cluster = only_cluster(store)
    items: tuple[Item, ...] = store.cluster_items(cluster.id)
    assert store.carriers([]) == {}
    assert store.carriers([999]) == {}
    assert set(store.carriers([item.id for item in items])) == {i.id for i in items}
    assert "1 report, 10 outlets, 10 items" in text_of(
        page(browser, f"/items/{items[0].id}")
    )


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (80, "1 h 20 min"),
        (1440, "1 d"),
        (3 * 1440 + 125, "3 d 2 h"),
    ],
)
def test_a_lag_is_written_in_its_two_largest_units(minutes: int, text: str) -> None:
    assert lag(timedelta(minutes=minutes, seconds=30)) == text
