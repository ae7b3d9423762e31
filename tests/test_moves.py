"""Permanent redirects: believed after days, proposed as a patch, never applied."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli import main
from aggregator.config import parse_settings
from aggregator.daemon import DATABASE
from aggregator.models import Entry, Feed, FeedConfig, FeedState, Outcome, Poll
from aggregator.moves import ANSWERS, HELD, has_moved, propose
from aggregator.store import Store, open_store
from tests.browsing import page, site_over, text_of

NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
OLD, NEW = "https://old.example/feed", "https://new.example/feed.xml"
DAY = timedelta(days=1)
FILE = Path("feeds.yaml")
MOVED = Feed(
    *(1, OLD, "Old", "", "", FeedState.OK),
    permanent_url=NEW,
    permanent_since=NOW - HELD,
    permanent_count=ANSWERS,
    last_ok_at=NOW,
)


def patched(text: str, *feeds: Feed) -> tuple[str, tuple[str, ...]]:
    proposal = propose(feeds or [MOVED], text.encode(), FILE)
    return proposal.patch, proposal.notes


# --- when a redirect is believed


@pytest.mark.parametrize(
    ("difference", "moved"),
    [
        ({}, True),
        ({"state": FeedState.WARN}, True),
        ({"permanent_since": NOW - HELD + timedelta(seconds=1)}, False),
        ({"permanent_count": ANSWERS - 1}, False),
        ({"permanent_since": None}, False),
        ({"permanent_url": ""}, False),
        ({"permanent_url": OLD}, False),
        ({"state": FeedState.ERROR}, False),
        ({"state": FeedState.GONE}, False),
        ({"last_ok_at": None}, False),
    ],
)
def test_a_redirect_is_believed_after_days_and_answers(
    difference: dict[str, object], moved: bool
) -> None:
    assert has_moved(replace(MOVED, **difference)) is moved  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / DATABASE)
    store.sync_feeds([FeedConfig(OLD, "Old")], NOW)
    yield store
    store.close()


def answer(
    store: Store, days: float, url: str = NEW, outcome: Outcome = Outcome.NOT_MODIFIED
) -> Feed:
    at = NOW + days * DAY
    (feed,) = store.feeds()
    store.save_poll(Poll(feed.id, at, at, outcome, at + DAY, permanent_url=url))
    return store.feed(feed.id)


def test_only_answers_count_and_the_first_dates_the_move(store: Store) -> None:
    assert answer(store, 0).permanent_since == NOW
    answer(store, 3)
    failed = answer(store, 5, outcome=Outcome.ERROR)
    assert (failed.permanent_count, failed.permanent_since) == (2, NOW)
    assert not has_moved(answer(store, 6.9))
    assert has_moved(answer(store, 7))


def test_an_answer_from_elsewhere_begins_anew(store: Store) -> None:
    answer(store, 0)
    assert answer(store, 3, "").permanent_since is None
    assert answer(store, 4).permanent_since == NOW + 4 * DAY
    other = answer(store, 5, "https://third.example/")
    assert (other.permanent_count, other.permanent_since) == (1, NOW + 5 * DAY)


def test_a_feed_that_follows_its_redirect_keeps_its_history(store: Store) -> None:
    (feed,) = store.feeds()
    entry = Entry("g:1", "https://x.example/1", "Title", "Summary")
    store.save_poll(
        Poll(feed.id, NOW, NOW, Outcome.OK, None, permanent_url=NEW, entries=(entry,))
    )
    store.sync_feeds([FeedConfig(NEW, "Renamed")], NOW)
    (moved,) = store.feeds(removed=True)
    assert (moved.id, moved.url, moved.item_count) == (feed.id, NEW, 1)
    assert (moved.permanent_url, moved.permanent_since) == ("", None)


def test_a_feed_does_not_take_the_place_of_one_that_is_there(store: Store) -> None:
    answer(store, 0)
    store.sync_feeds([FeedConfig(OLD, "Old"), FeedConfig(NEW, "New")], NOW)
    store.sync_feeds([FeedConfig(NEW, "New")], NOW)
    states = {feed.url: feed.state for feed in store.feeds(removed=True)}
    assert states == {OLD: FeedState.REMOVED, NEW: FeedState.NEW}


# --- what is proposed


@pytest.mark.parametrize(
    "entry",
    [
        f"- {OLD}",
        f"- url: {OLD}  # since 2019",
        f'- url: "{OLD}"',
        f"- {{url: {OLD}, name: Old}}",
        f"- name: Old\n  every: 2h\n  url: '{OLD}'",
    ],
)
@pytest.mark.parametrize("end", ["\n", ""])
def test_the_patch_changes_the_address_and_nothing_else(
    entry: str, end: str, tmp_path: Path
) -> None:
    text = f"# ours\nfeeds:\n- https://a.example/f\n{entry}{end}"
    patch, notes = patched(text)
    assert not notes
    assert patch.startswith("--- feeds.yaml\n+++ feeds.yaml\n@@ ")
    command = shutil.which("patch")
    if command is None:
        pytest.skip("there is no patch(1) here")
    (tmp_path / FILE).write_bytes(text.encode())
    subprocess.run(
        [command, "feeds.yaml"], input=patch.encode(), cwd=tmp_path, check=True
    )
    assert (tmp_path / FILE).read_bytes() == text.replace(OLD, NEW).encode()


def test_lines_that_end_as_on_windows_stay_so() -> None:
    patch, _ = patched(f"feeds:\r\n- {OLD}\r\n")
    assert f"+- {NEW}\r\n" in patch


def test_an_address_that_yaml_would_misread_is_put_in_quotes() -> None:
    odd = "https://new.example/a,b#c"
    patch, _ = patched(f"feeds: [{OLD}]\n", replace(MOVED, permanent_url=odd))
    assert f'+feeds: ["{odd}"]\n' in patch


def test_two_feeds_that_became_one_are_left_to_a_human() -> None:
    patch, notes = patched(f"feeds:\n- {OLD}\n- {NEW}\n")
    assert patch == ""
    (note,) = notes
    assert note.startswith(f"line 2: {OLD} has moved to {NEW}, which is the feed of")
    assert note.endswith("line 3: one of the two can go")


@pytest.mark.parametrize("written", ['"https:\\u002f/old.example/feed"', ">-\n   {}"])
def test_an_address_that_is_written_oddly_is_left_to_a_human(written: str) -> None:
    patch, notes = patched(f"feeds:\n- url: {written.format(OLD)}\n")
    assert patch == ""
    assert notes == (f"line 2: {OLD} has moved to {NEW}: edit it by hand",)


def test_a_login_is_neither_shown_nor_lost() -> None:
    url = "https://me:s3cret@old.example/feed"
    patch, notes = patched(f"feeds:\n- {url}\n", replace(MOVED, url=url))
    assert patch == ""
    assert "edit it by hand" in notes[0]
    assert "s3cret" not in notes[0]


def test_a_feed_that_is_no_more_in_the_file_is_passed_over() -> None:
    assert patched("feeds: [https://a.example/f]\n") == ("", ())


# --- the command and the page


def test_the_command_prints_a_patch_and_changes_nothing(
    store: Store, tmp_path: Path
) -> None:
    config = tmp_path / "feeds.yaml"
    config.write_text(f"feeds:\n- {OLD}\n")
    command = ["feeds", "moved", "--config", str(config), "--data", str(tmp_path)]
    early = CliRunner().invoke(main, command)
    assert (early.exit_code, early.stdout) == (0, "")
    assert "no feed has moved" in early.stderr
    for days in (0, 4, 8):
        answer(store, days)
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0
    assert f"-- {OLD}\n+- {NEW}\n" in done.stdout
    assert config.read_text() == f"feeds:\n- {OLD}\n"
    new = config.read_text().replace(OLD, NEW)
    assert parse_settings(new.encode(), config).feeds[0].url == NEW


def test_the_page_of_the_feed_says_so(store: Store, tmp_path: Path) -> None:
    answer(store, 0)
    with site_over(tmp_path / DATABASE) as app:
        client = app.test_client()
        said = text_of(page(client, "/feeds/1"))
        assert f"{NEW}, in 1 answer since " in said
        assert "aggregator feeds moved" not in said
        answer(store, 4)
        answer(store, 8)
        assert "aggregator feeds moved" in text_of(page(client, "/feeds/1"))
