"""What is kept of an entry: as much as the operator's limits say."""

from __future__ import annotations

from datetime import UTC, datetime

from aggregator.limits import Limits
from aggregator.models import Document
from aggregator.parse.entries import document_of
from aggregator.parse.said import Said, SaidFeed

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SITE = "https://e.example"
SMALL = Limits(
    entry_count=100,
    title_chars=100,
    author_chars=30,
    category_chars=20,
    category_count=2,
    html_chars=10_000,
    text_chars=1_000,
    guid_chars=200,
    url_chars=200,
)
LONG = Said(
    guid="g" * 300,
    link=f"{SITE}/{'x' * 300}",
    title="word " * 100,
    summary="<p>word</p> " * 5_000,
    author="name " * 100,
    publisher="name " * 100,
    categories=("c" * 50, "d", "e"),
)


def document(limits: Limits, *entries: Said) -> Document:
    link = f"{SITE}/{'y' * 300}"
    said = SaidFeed("title " * 100, link, "", entries)
    return document_of(said, SITE, NOW, limits)


def test_lower_limits_reach_everything_that_is_kept() -> None:
    small = document(SMALL, LONG)
    (entry,) = small.entries
    assert len(entry.title) <= 100
    assert len(entry.summary) <= 1_000
    assert len(entry.author) <= 30 and len(entry.publisher) <= 30
    assert [len(name) for name in entry.categories] == [20, 1]
    assert (entry.url, small.site_url) == ("", "")
    assert entry.key.startswith("g:long:")
    assert len(small.title) <= 100


def test_the_usual_limits_keep_what_lower_ones_cut() -> None:
    usual = document(Limits(), LONG)
    (entry,) = usual.entries
    assert len(entry.title) == 499
    assert len(entry.summary) == 24_999
    assert (entry.url, usual.site_url) == (LONG.link, f"{SITE}/{'y' * 300}")
    assert entry.key == f"g:{'g' * 300}"
    assert len(entry.categories) == 3


def test_markup_beyond_its_limit_is_not_read() -> None:
    limits = Limits(html_chars=10_000)
    said = Said(title="T", summary="<i></i> " * 2_000 + "beyond")
    assert document(limits, said).entries[0].summary == ""
    assert document(Limits(), said).entries[0].summary == "beyond"


def test_of_many_entries_the_newest_are_kept() -> None:
    entries = [Said(guid=str(n), title=f"T{n}") for n in range(150)]
    kept = document(SMALL, *entries)
    assert (len(kept.entries), kept.skipped_count) == (100, 50)
