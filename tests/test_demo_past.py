"""The weeks before the demo's week: invented, steady, and out for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.config import Settings, parse_settings
from aggregator.demo import DemoServer, demo_config, load_week
from aggregator.demo.past import load_past, past_polls
from aggregator.demo.server import feed_path
from aggregator.models import Outcome, Poll
from aggregator.pipeline import Pipeline
from aggregator.store import open_store

START = datetime(2031, 5, 17, 21, 26, 53, tzinfo=UTC)
WEEK, PAST = load_week(), load_past()
IDS = {outlet.key: n for n, outlet in enumerate(WEEK.outlets, 1)}
POLLS = past_polls(WEEK, START, IDS)


def days_ago(poll: Poll) -> int:
    return (START - poll.finished_at).days


def test_every_outlet_that_is_well_is_polled_once_a_day() -> None:
    well = {IDS[outlet.key] for outlet in WEEK.outlets if not outlet.fault}
    for days in range(PAST["days"] + 1):
        assert {p.feed_id for p in POLLS if days_ago(p) == days} == well
    times = [poll.finished_at for poll in POLLS]
    assert times == sorted(times)
    assert times[-1] < START


def test_on_the_day_of_the_outage_half_of_them_fail() -> None:
    failed = [poll for poll in POLLS if poll.outcome is Outcome.ERROR]
    assert {days_ago(poll) for poll in failed} == {PAST["outage"]["ago"]}
    assert {poll.feed_id for poll in failed} == {
        IDS[key] for key in PAST["outage"]["outlets"]
    }


def test_columns_are_of_outlets_there_are_and_end_where_the_week_begins() -> None:
    assert {column["outlet"] for column in PAST["columns"]} <= set(IDS)
    entries = [(days_ago(poll), entry) for poll in POLLS for entry in poll.entries]
    assert min(days for days, _ in entries) == 7
    for _, entry in entries:
        assert "{" not in entry.title + entry.summary
        assert entry.published_at is not None
        assert START - timedelta(days=32) < entry.published_at < START


def settings_for(server: DemoServer) -> Settings:
    return parse_settings(demo_config(server.url).encode(), Path("demo.yaml"))


def test_the_demo_shows_an_outage_and_a_surge(tmp_path: Path) -> None:
    with DemoServer(START) as server:
        settings = settings_for(server)
        store = open_store(tmp_path / "a.db")
        store.sync_feeds(settings.feeds, START - timedelta(days=31))
        urls = {feed.url: feed.id for feed in store.feeds()}
        feeds = {o.key: urls[server.url + feed_path(o)] for o in WEEK.outlets}
        store.save_polls(past_polls(WEEK, START, feeds))
        pipeline = Pipeline(store, settings, now=lambda: START)
        pipeline.cycle()
        pipeline.close()
        series = store.trends(["border-policy"])["border-policy"]
        days = [(START.date() - p.start.date()).days for p in series.points]
        outages = [d for d, p in zip(days, series.points, strict=True) if p.is_outage]
        surges = [d for d, p in zip(days, series.points, strict=True) if p.surge]
        assert outages == [11, 10]  # UTC days that the lost one stands in
        assert surges == [0]
        assert "asylum" in [word.text for word in store.rising("border-policy")]
        store.close()
