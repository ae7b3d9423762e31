"""The table of limits: whole, shown, and moved by feeds.yaml within its bounds."""

from __future__ import annotations

import threading
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli import main
from aggregator.config import Settings, parse_settings, values
from aggregator.errors import ConfigError
from aggregator.limits import BOUNDS, Limits, MiB, limits_table
from aggregator.models import Feed, FeedState
from aggregator.passes.polls import PollPass
from aggregator.polling import Intervals
from aggregator.store import open_store

FILE = Path("feeds.yaml")
USUAL = Limits()


def settings(limits: str) -> Settings:
    text = f"settings:\n  limits: {limits}\nfeeds: [https://a.b/c]\n"
    return parse_settings(text.encode(), FILE)


def problems(limits: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings(limits)
    return [str(problem) for problem in caught.value.args[0]]


def test_every_limit_has_bounds_and_says_what_it_bounds() -> None:
    assert list(BOUNDS) == [one.name for one in fields(Limits)]
    assert all(bound.about for bound in BOUNDS.values())


@pytest.mark.parametrize("name", BOUNDS)
def test_the_default_lies_within_the_bounds_and_both_ends_can_be_set(name: str) -> None:
    low, high, _ = BOUNDS[name]
    read = values.limit(name)
    assert read(low) <= getattr(USUAL, name) <= read(high)
    for end in (low, high):
        assert getattr(settings(f"{{{name}: {end}}}").limits, name) == read(end)


def test_a_file_moves_the_limits_that_it_names_and_no_others() -> None:
    limits = settings("{total: 30s, decoded_bytes: 5MiB, entry_count: 500}").limits
    assert limits.total == timedelta(seconds=30)
    assert (limits.decoded_bytes, limits.entry_count) == (5 * MiB, 500)
    assert limits.connect == USUAL.connect


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ("{total: 0s}", "settings.limits.total: '0s': must be from 2s to 180s"),
        (
            "{total: 30}",
            "settings.limits.total: '30': write a duration from 2s to 180s",
        ),
        (
            "{wire_bytes: 1KiB}",
            "limits.wire_bytes: '1KiB': must be from 64KiB to 100MiB",
        ),
        ("{wire_bytes: 5}", "limits.wire_bytes: '5': write a size from 64KiB"),
        ("{wire_bytes: 9999999999MiB}", "write a size from 64KiB"),
        ("{redirects: 21}", "'21': must be a whole number from 0 to 20"),
        ("{redirects: -1}", "'-1': must be a whole number from 0 to 20"),
        ("{redirects: .inf}", "'.inf': must be a whole number"),
        ("{redirects: [1]}", "settings.limits.redirects: must be a single value"),
        ("{totals: 30s}", "settings.limits.totals: unknown key; did you mean 'total'?"),
        ("30s", "settings.limits: must be 'key: value' lines"),
    ],
)
def test_a_limit_that_makes_no_sense_is_named_with_its_line(
    limits: str, problem: str
) -> None:
    (found,) = problems(limits)
    assert found.startswith("feeds.yaml:2: ")
    assert problem in found


def test_the_table_shows_every_limit_and_what_a_file_changed() -> None:
    lines = list(limits_table(settings("{total: 30s, wire_bytes: 1500KiB}").limits))
    assert len(lines) == 1 + len(BOUNDS)
    (total,) = (line for line in lines if line.startswith("total "))
    assert total.split()[:5] == ["total", "30s", "time", "2s", "180s"]
    assert total.endswith("one fetch, from the look-up to the last byte (default 45s)")
    assert any(line.startswith("wire_bytes          1500KiB  size") for line in lines)


def test_the_command_shows_the_limits_of_the_file_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bare = CliRunner().invoke(main, ["limits"])
    assert bare.exit_code == 0
    assert bare.output.splitlines() == list(limits_table(USUAL))
    FILE.write_text("settings: {limits: {total: 20s}}\nfeeds: [https://a.b/c]\n")
    assert "(default 45s)" in CliRunner().invoke(main, ["limits"]).output
    FILE.write_text("settings: {limits: {total: 1s}}\nfeeds: [https://a.b/c]\n")
    broken = CliRunner().invoke(main, ["limits", "--config", "feeds.yaml"])
    assert broken.exit_code == 2
    assert "must be from 2s to 180s" in broken.output


def test_what_a_file_says_reaches_what_decides_the_next_poll(tmp_path: Path) -> None:
    changed = settings(
        "{poll_floor: 7m, quiet: 3h, backoff: 2d, fresh: 3d, retry_after: 4d,"
        " validator_chars: 300}"
    )
    store = open_store(tmp_path / "test.db")
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    passing = PollPass(store, changed, lambda: now, threading.Event())
    feed = Feed(1, "https://e.example/f", "E", "", "", FeedState.OK)
    assert passing.intervals_of(feed) == Intervals(
        usual=timedelta(hours=1),
        floor=timedelta(minutes=7),
        quiet=timedelta(hours=3),
        backoff_cap=timedelta(days=2),
        fresh_cap=timedelta(days=3),
        retry_after_cap=timedelta(days=4),
        validator_chars=300,
    )
    store.close()


def test_what_decides_the_next_poll_has_the_same_defaults() -> None:
    intervals = Intervals()
    assert (
        intervals.floor,
        intervals.quiet,
        intervals.backoff_cap,
        intervals.fresh_cap,
        intervals.retry_after_cap,
        intervals.validator_chars,
    ) == (
        USUAL.poll_floor,
        USUAL.quiet,
        USUAL.backoff,
        USUAL.fresh,
        USUAL.retry_after,
        USUAL.validator_chars,
    )
