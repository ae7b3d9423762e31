"""The weeks before the demo's week: invented, steady, and out for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.brief.manifest import read_manifest
from aggregator.brief.values import Part
from aggregator.cli.demo import DAYS, READER, relive
from aggregator.config import parse_settings
from aggregator.daemon import DATABASE
from aggregator.demo import DemoServer, demo_config, load_week
from aggregator.demo.past import load_past, past_polls
from aggregator.editions import moment_brief
from aggregator.models import LifecycleState, Outcome, Poll
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


def test_the_demo_shows_an_outage_a_surge_and_briefs(tmp_path: Path) -> None:
    with DemoServer(START) as server:
        config = demo_config(server.url, START)
        settings = parse_settings(config.encode(), Path("demo.yaml"))
        relive(tmp_path, settings, server)
        store = open_store(tmp_path / DATABASE)
        pipeline = Pipeline(store, settings, now=lambda: START)
        pipeline.cycle()
        pipeline.close()
        series = store.trends(["border-policy"])["border-policy"]
        rising = [word.text for word in store.rising("border-policy")]
        briefs = [
            read_manifest(store.kept_brief(row.id).manifest)
            for row in reversed(store.briefs())
        ]
        page = moment_brief(store, settings, START, READER)
        relive(tmp_path, settings, server)  # what is there stays
        assert len(store.briefs()) == DAYS + 2
        clusters = {card.cluster.id: card.cluster for card in store.clusters(limit=200)}
        told = store.previous_clusters(list(clusters))
        store.close()
    assert {cluster.state for cluster in clusters.values()} > {
        LifecycleState.EMERGING,
        LifecycleState.DEVELOPING,
        LifecycleState.FADING,
        LifecycleState.DORMANT,
    }
    gaps = {
        previous.headline: (clusters[id].first_at - previous.last_at).days
        for id, previous in told.items()
    }
    assert [days for title, days in gaps.items() if "volcano" in title] == [23]
    assert [days for title, days in gaps.items() if "bridge" in title] == [2]
    days = [(START.date() - p.start.date()).days for p in series.points]
    outages = [d for d, p in zip(days, series.points, strict=True) if p.is_outage]
    surges = [d for d, p in zip(days, series.points, strict=True) if p.surge]
    assert outages == [11, 10]  # UTC days that the lost one stands in
    assert surges == [0]
    assert "asylum" in rising
    # each state of the brief is to be seen on one of its pages
    assert [[alarm.kind for alarm in brief.alarms] for brief in briefs] == [
        ["late"],
        *([] for _ in range(DAYS + 1)),
    ]
    shown = [section for brief in briefs for section in brief.sections]
    shown += [brief.others for brief in briefs]
    for part in Part:
        assert any(section.of(part) for section in shown), part
    for name in ("unchanged", "singles", "near"):
        assert any(getattr(section, name) for section in shown), name
    cards = [card for section in shown for card in section.leads]
    assert any(card.conflicts for card in cards)
    assert any(card.silent for card in cards)
    assert page.changes
    assert page.changes.is_visit
    verbs = {
        h.verb
        for brief in (*briefs, page)
        for line in (brief.changes or page.changes).lines
        for h in line.happenings
    }
    assert {"grew", "figure", "told"} <= verbs
