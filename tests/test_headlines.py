"""Which title leads a cluster, how long it stays, and what is written of a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from aggregator.clustering.labels import (
    BETTER,
    IS_GONE,
    IS_ROUNDUP,
    Group,
    label_all,
)
from aggregator.clustering.vectors import StreamingTfidf
from aggregator.config import Settings
from aggregator.models import Entry, FeedConfig, Item, Outcome, Poll
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from web import create_app

NOW = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)
NO_COLUMNS, NO_WEIGHTS = np.empty(0, np.int32), np.empty(0, np.float32)


def lead(
    titles: Sequence[str], led: str = "", is_there: bool = True
) -> tuple[str, str]:
    items = [
        Item(n, 1, "", "", "", title, "", "", None, NOW, NOW + timedelta(minutes=n))
        for n, title in enumerate(titles)
    ]
    group = Group(items, NO_COLUMNS, NO_WEIGHTS, led, is_there)
    (label,) = label_all([group], StreamingTfidf())
    return label.headline, label.why


FERRY = "Ferry sinks off Harwick in storm"
ALIKE = "Ferry sinks off Harwick, all rescued"
ODD = "Aurora goes down"


@pytest.mark.parametrize(
    ("titles", "led", "is_there", "headline", "why"),
    [
        ([FERRY], "", False, FERRY, ""),
        ([ODD, FERRY, ALIKE], "", False, FERRY, ""),
        ([FERRY, ALIKE], "", False, FERRY, ""),  # as alike: the earliest
        ([FERRY, ALIKE], ALIKE, True, ALIKE, ""),  # no better: it stays
        ([ODD, FERRY, ALIKE], FERRY, True, FERRY, ""),
        ([FERRY, ALIKE], ODD, False, FERRY, IS_GONE),
        (["Live: ferry sinks off Harwick"], "", False, "Live: ferry sinks off Harwick", ""),
        (["Live: ferry sinks off Harwick", ODD], "Live: ferry sinks off Harwick", True, ODD, IS_ROUNDUP),
        ([FERRY, ALIKE, f"{FERRY} - Harwick Gazette"], FERRY, True, FERRY, ""),
        (["", "…"], "", False, "", ""),
    ],
)  # fmt: skip
def test_the_title_most_like_all_others_leads_and_stays(
    titles: list[str], led: str, is_there: bool, headline: str, why: str
) -> None:
    assert lead(titles, led, is_there) == (headline, why)


def test_a_clearly_better_title_takes_the_lead_and_says_by_how_much() -> None:
    headline, why = lead([ODD, FERRY, ALIKE], led=ODD)
    assert headline == FERRY
    assert why.startswith("more like all the other titles: ")
    new, old = (float(word) for word in why.split(": ")[1].split(" against "))
    assert new > BETTER * old


def test_a_headline_whose_item_is_older_than_those_looked_at_can_stay() -> None:
    assert lead([ALIKE, "Ferry sinks off Harwick harbour"], led=FERRY) == (FERRY, "")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "test.db")
    yield store
    store.close()


def test_a_change_is_logged_in_the_store_and_shown_on_the_page(
    store: Store, tmp_path: Path
) -> None:
    settings = Settings(feeds=(FeedConfig("https://a.example/feed", "A"),))
    clock = [NOW]
    pipeline = Pipeline(store, settings, now=lambda: clock[0])
    store.sync_feeds(settings.feeds, NOW)
    summary = "The ferry Aurora sank off Harwick in a storm; all aboard were rescued."
    told = [[ODD], [FERRY], [ALIKE, "Ferry sinks off Harwick: rescue in storm"]]
    for hour, titles in enumerate(told):
        clock[0] = NOW + timedelta(hours=hour)
        entries = tuple(
            Entry(title, "", title, summary, published_at=clock[0]) for title in titles
        )
        store.save_poll(
            Poll(1, clock[0], clock[0], Outcome.OK, None, status=200, entries=entries)
        )
        pipeline.groups.run()
    (card,) = store.clusters()
    (change,) = store.headline_changes([card.cluster.id])
    assert (change.old, change.new) == (ODD, card.cluster.headline)
    assert change.changed_at == NOW + timedelta(hours=2)
    assert change.why.startswith("more like all the other titles")
    assert store.headline_changes(since=NOW + timedelta(hours=3)) == ()
    assert store.headline_changes([99]) == ()
    assert store.headline_changes() == (change,)
    pipeline.close()
    page = create_app(settings, store).test_client().get(f"/clusters/{card.cluster.id}")
    text = page.get_data(as_text=True)
    assert "Earlier headlines" in text
    assert ODD in text
    assert change.why in text
