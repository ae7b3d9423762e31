"""Briefs that are kept: what is in them, that they stay as they are, who has read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import html5lib  # type: ignore[import-untyped]  # has no types
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.brief import Brief
from aggregator.brief.due import last_due
from aggregator.brief.manifest import read_manifest, render_json
from aggregator.brief.page import FORMATS, render
from aggregator.brief.values import Happening, Part, Verb
from aggregator.cli import main
from aggregator.config import Settings
from aggregator.config.briefing import BriefSettings
from aggregator.daemon import DATABASE
from aggregator.editions import (
    LONGEST,
    differences,
    moment_brief,
    new_brief,
    rebuilt,
)
from aggregator.errors import NotFound
from aggregator.models import Carrier, Entry, Evidence, KeptBrief, Outcome, Visit
from aggregator.passes.briefs import BriefPass
from aggregator.store import Store
from tests import sample
from tests.browsing import assert_harmless, desk_over, empty_store, page, text_of
from tests.sample import NOW

HOUR = timedelta(hours=1)
LAST = sample.Told(5, 0.1, "The last of the desks wakes")
SIXTH = sample.Told(5, 0.2, "A desk that was silent hears of the bridge")
DAY = 24 * HOUR
BERLIN = ZoneInfo("Europe/Berlin")
SETTINGS = Settings(
    topics=sample.TOPICS, timezone=BERLIN, public_url="https://desk.example"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with empty_store(tmp_path / DATABASE) as given:
        yield given


@pytest.fixture
def filled(store: Store) -> Store:
    sample.save_stories(store, sample.STORIES)
    return store


def keep(store: Store, now: datetime = NOW, settings: Settings = SETTINGS) -> KeptBrief:
    kept = new_brief(store, settings, now)
    return store.kept_brief(store.keep_brief(kept, "", now))


def brief_of(kept: KeptBrief) -> Brief:
    return read_manifest(kept.manifest)


# --- what is kept


def test_a_kept_brief_comes_back_as_it_was(filled: Store) -> None:
    kept = keep(filled)
    brief = moment_brief(filled, SETTINGS, NOW)
    assert brief_of(kept) == brief
    assert render_json(brief_of(kept)) == kept.manifest
    assert (kept.row.since, kept.row.until) == (NOW - DAY, NOW)
    assert kept.row.headline == sample.STORIES[0].headline
    assert kept.row.day is None
    assert differences(kept) == ()


def test_later_edits_change_no_byte_of_a_kept_brief(filled: Store) -> None:
    kept = keep(filled)
    before = [rebuilt(kept, form) for form in FORMATS]
    sample.merge(filled, 1, 2, NOW)
    told = [
        replace(one, title=one.title + " (updated)") for one in sample.STORIES[0].told
    ]
    feeds = {feed.name: feed.id for feed in filled.feeds()}
    for one, old in zip(told, sample.STORIES[0].told, strict=True):
        key = f"{one.feed}:{one.hours}:{old.title}"
        entry = Entry(key, "https://other.example/", one.title, "Other words")
        feed_id = feeds[sample.FEEDS[one.feed].name]
        filled.save_poll(sample.poll(feed_id, NOW, entries=(entry,)))
    assert filled.item(1).title.endswith("(updated)")
    filled.sync_topics([], NOW)
    again = filled.kept_brief(kept.row.id)
    assert [rebuilt(again, form) for form in FORMATS] == before
    assert differences(again) == ()
    assert brief_of(keep(filled)) != brief_of(again)


def test_a_manifest_that_was_tampered_with_is_told(filled: Store) -> None:
    kept = keep(filled)
    other = replace(kept, manifest=kept.manifest.replace("Valley", "Harbor"))
    assert differences(other) == FORMATS


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"version": 2}', '{"version": 1}', '{"version": 1, "x": 2}'],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_manifest(text)


def test_an_unknown_brief_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.kept_brief(7)


# --- how it is written


def test_the_file_needs_nothing_else_and_runs_nothing(filled: Store) -> None:
    html = rebuilt(keep(filled), "html")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(html)
    tags = {str(node.tag) for node in root.iter()}
    assert not tags & {"script", "img", "link", "iframe", "form", "button", "svg"}
    assert "url(" not in html
    links = [node.get("href") for node in root.iter("a")]
    assert "https://desk.example/clusters/1" in links
    assert "https://outlet2.example/story?h=1.1&x=1" in links
    assert all(str(link).startswith(("https://", "#")) for link in links)
    text = text_of(root)
    assert "Friday 6 Mar 2026, 14:30 Europe/Berlin" in text
    for told in sample.STORIES[0].told[-3:]:
        assert told.title in text


def test_without_an_address_of_the_site_outlets_are_still_linked(filled: Store) -> None:
    kept = keep(filled, settings=replace(SETTINGS, public_url=""))
    html = rebuilt(kept, "html")
    assert "desk.example" not in html
    assert "/clusters/" not in html
    assert 'href="https://outlet2.example/story?h=1.1&amp;x=1"' in html
    assert "/clusters/" not in rebuilt(kept, "txt")
    asked = replace(SETTINGS, site_url="https://readers.example")
    assert "https://readers.example/clusters/1" in rebuilt(
        keep(filled, settings=asked), "txt"
    )


def test_what_feeds_say_is_text_and_nothing_more(store: Store) -> None:
    evil = '<script>alert(1)</script> & "quotes" \' {{ 7*7 }} </title>'
    told = sample.Told(0, 1.0, evil, url="javascript:alert(1)")
    story = sample.Story(evil, (evil,), (told, replace(told, feed=1, title=evil + "2")))
    sample.save_stories(store, [story])
    kept = keep(store)
    html = rebuilt(kept, "html")
    assert "<script" not in html
    assert "{{ 7*7 }}" in html
    assert "javascript:" not in html
    assert "javascript:" not in rebuilt(kept, "txt")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    assert evil in text_of(parser.parse(html))


def test_the_text_fits_a_mail(filled: Store) -> None:
    text = rebuilt(keep(filled), "txt")
    lines = text.splitlines()
    assert lines[0] == "BRIEF"
    assert lines[-1] == "-- End of the brief --"
    assert "grew" not in text
    assert [line for line in lines if len(line) > 76 and "http" not in line] == []
    assert sample.STORIES[0].told[-1].title in " ".join(text.split())


def test_the_json_is_the_manifest_and_names_its_version(filled: Store) -> None:
    kept = keep(filled)
    root = json.loads(rebuilt(kept, "json"))
    assert root["version"] == 1
    assert root["until"] == "2026-03-06T13:30:00Z"
    assert root["sections"][0]["topic"] == {
        "slug": "border-policy",
        "name": "Border policy",
    }
    lead = root["sections"][0]["leads"][0]
    assert lead["cluster_id"] == 1
    assert len(lead["titles"]) == 3
    assert "more_count" not in root["sections"][0]


# --- what the next one is compared with


def test_the_next_brief_folds_what_has_no_new_report(filled: Store) -> None:
    keep(filled)
    brief = brief_of(keep(filled, NOW + HOUR))
    border = brief.sections[0]
    assert border.leads == ()
    assert [line.cluster_id for line in border.unchanged][:2] == [1, 2]
    assert brief.changes
    assert brief.changes.lines == ()


def test_the_next_brief_leads_with_what_grew_and_says_from_what(filled: Store) -> None:
    keep(filled)
    sample.join(filled, 1, [SIXTH], NOW + HOUR)
    brief = brief_of(keep(filled, NOW + 2 * HOUR))
    (lead,) = brief.sections[0].leads
    assert (lead.cluster_id, lead.part, lead.added_count) == (1, Part.DEVELOPING, 1)
    assert brief.changes
    (change,) = brief.changes.lines
    assert change.cluster_id == 1
    assert (change.happenings[0].before, change.happenings[0].after) == ("7", "8")
    assert "grew 7 > 8 independent" in " ".join(render(brief, "txt").split())


@pytest.mark.parametrize("is_copy", [True, False])
def test_a_copy_makes_no_lead_and_a_new_text_of_a_known_source_does(
    filled: Store, is_copy: bool
) -> None:
    keep(filled)
    first, *_ = filled.cluster_items(1)
    again = sample.Told(4, 0.2, "The wire on the bridge, once more")
    sample.join(filled, 1, [again], NOW + HOUR)
    *_, last = filled.cluster_items(1)
    assert last.title == again.title
    origin = first.id if is_copy else last.id
    voice = "Continental Wire"
    filled.save_carriers(
        [
            Carrier(first.id, first.id, 1.0, Evidence.ORIGIN, "", voice, voice),
            Carrier(last.id, origin, 1.0, Evidence.TEXT, "", voice, voice),
        ]
    )
    brief = brief_of(keep(filled, NOW + 2 * HOUR))
    assert brief.changes
    told = [line.cluster_id for line in brief.changes.lines]
    leads = [card.cluster_id for card in brief.sections[0].leads]
    assert told == leads == ([] if is_copy else [1])
    if not is_copy:
        text = " ".join(render(brief, "txt").split())
        assert "told on by 1 source" in text
        assert "new reports by 1 source since the last brief" in text


def test_a_headline_that_gave_way_is_told(filled: Store) -> None:
    keep(filled)
    sample.join(filled, 1, [SIXTH], NOW + HOUR, headline="The bridge, reopened")
    sample.join(filled, 1, [LAST], NOW + 1.5 * HOUR, headline="The bridge is open")
    brief = brief_of(keep(filled, NOW + 2 * HOUR))
    assert brief.changes
    (change,) = brief.changes.lines
    assert change.headline == "The bridge is open"
    assert change.happenings[-1] == Happening(
        Verb.HEADLINE, sample.STORIES[0].headline, "The bridge is open"
    )


def test_a_merge_is_a_change_and_no_growth(filled: Store) -> None:
    keep(filled)
    sample.merge(filled, 1, 2, NOW + HOUR)
    brief = brief_of(keep(filled, NOW + 2 * HOUR))
    assert brief.changes
    (change,) = brief.changes.lines
    assert [(h.verb, [o.cluster_id for o in h.others]) for h in change.happenings] == [
        ("merged", [2])
    ]
    assert brief.sections[0].unchanged[0].cluster_id == 1


def test_a_split_is_told_by_what_was_split_and_its_part_is_not_new(
    filled: Store,
) -> None:
    keep(filled)
    child = sample.split(filled, 1, NOW + HOUR)
    brief = brief_of(keep(filled, NOW + 2 * HOUR))
    assert brief.changes
    (change,) = brief.changes.lines
    assert change.cluster_id == 1
    assert [(h.verb, [o.cluster_id for o in h.others]) for h in change.happenings] == [
        ("split", [child])
    ]
    assert all(lead.part is not Part.NEW for lead in brief.sections[0].leads)


@settings(max_examples=15, deadline=None)
@given(
    before=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12),
    after=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12),
)
def test_exactly_the_clusters_that_changed_after_the_visit_are_listed(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[int, int]],
    after: list[tuple[int, int]],
) -> None:
    """Feeds 0 to 5 tell of stories 0 to 3, some before a visit and some after it."""
    told: dict[int, set[int]] = {}
    touched: set[int] = set()
    with empty_store(tmp_path_factory.mktemp("visit") / "a.db") as store:
        clusters: dict[int, int] = {}
        for n, (story, feed) in enumerate([*before, *after]):
            now = NOW + n * timedelta(minutes=2)
            if n == len(before):
                at = now - timedelta(minutes=1)
                store.note_visit("Ana", moment_brief(store, SETTINGS, at).known_at, at)
                known = {story: set(feeds) for story, feeds in told.items()}
            one = sample.Told(feed, 0.5, f"Title {n}")
            if story in clusters:
                sample.join(store, clusters[story], [one], now)
            else:
                new = sample.Story(f"Story {story}", (), (one,))
                sample.save_stories(store, [new], now + timedelta(minutes=11))
                clusters[story] = store.last_cluster_id()
            told.setdefault(story, set()).add(feed)
            if n >= len(before):
                touched.add(story)
        if not after or not before:
            return
        changed = {
            clusters[story]
            for story in touched
            if story in known and len(told[story]) > 1
        }
        changes = moment_brief(store, SETTINGS, NOW + 3 * HOUR, "Ana").changes
    assert changes
    assert {line.cluster_id for line in changes.lines} == changed
    assert changes.more_count == 0


# --- once a day


def settings_at(at: time, zone: ZoneInfo = BERLIN) -> Settings:
    return replace(SETTINGS, timezone=zone, brief=BriefSettings(at=at))


def run_from(
    store: Store, settings: Settings, start: datetime, hours: float, minutes: int = 10
) -> list[datetime]:
    """Tick through some hours; return when a brief was made."""
    moment = start
    tick = BriefPass(store, settings, lambda: moment)
    made = []
    while moment < start + timedelta(hours=hours):
        if tick.run() is not None:
            made.append(moment)
        moment += timedelta(minutes=minutes)
    return made


def test_a_brief_is_made_once_a_day_at_its_time(filled: Store) -> None:
    start = datetime(2026, 3, 7, 0, 0, tzinfo=UTC)
    made = run_from(filled, settings_at(time(7)), start, 72)
    assert [f"{at:%d %H:%M}" for at in made] == ["07 06:00", "08 06:00", "09 06:00"]
    rows = filled.briefs()
    assert [row.day for row in rows] == [date(2026, 3, day) for day in (9, 8, 7)]
    assert all(brief_of(filled.kept_brief(row.id)).due_at for row in rows)


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), time(2, 30), ["29 01:30", "30 00:30"]),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), time(2, 30), ["25 00:30", "26 01:30"]),
    ],
)
def test_when_clocks_change_there_is_one_brief_a_day(
    filled: Store, day: datetime, at: time, expected: list[str]
) -> None:
    first = run_from(filled, settings_at(at), day, 0.1)
    assert len(first) == 1  # that of the morning before, which was missed
    made = run_from(filled, settings_at(at), day, 48)
    assert [f"{at:%d %H:%M}" for at in made] == expected


def test_missed_briefs_are_made_up_for_by_one_that_says_that_it_is_late(
    filled: Store,
) -> None:
    settings = settings_at(time(7))
    run_from(filled, settings, datetime(2026, 3, 7, 6, 0, tzinfo=UTC), 1)
    back = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    assert run_from(filled, settings, back, 2) == [back]
    brief = brief_of(filled.kept_brief(2))
    assert "late" in [alarm.kind for alarm in brief.alarms]
    assert "This brief is late: it was due 07:00 (3 h ago)." in render(brief, "txt")
    assert brief.since == datetime(2026, 3, 7, 6, 0, tzinfo=UTC)
    assert "The last 3 d, to Tuesday 10 Mar 2026, 10:30" in render(brief, "txt")


def test_the_first_brief_after_months_looks_back_a_week_and_says_so(
    store: Store,
) -> None:
    settings = settings_at(time(7))
    due = last_due(NOW - 90 * DAY, time(7), BERLIN)
    for days in (91, 90, *range(9, 0, -1)):  # the service came back nine days ago
        at = NOW - days * DAY
        store.save_poll(sample.poll(1, at, outcome=Outcome.NOT_MODIFIED, status=304))
    store.keep_brief(new_brief(store, settings, due.at, due), "", due.at)
    (old,) = store.briefs()
    sample.save_stories(store, sample.STORIES)
    run_from(store, settings, NOW, 0.1)
    kept = store.kept_brief(2)
    brief = brief_of(kept)
    assert (brief.since, brief.until) == (NOW - LONGEST, NOW)
    assert brief.changes is not None
    assert (brief.changes.since, brief.changes.is_cut) == (NOW - LONGEST, True)
    assert [alarm.kind for alarm in brief.alarms if alarm.since == old.until] == [
        "paused"
    ]
    text = " ".join(rebuilt(kept, "txt").replace("!! ", "").split())
    assert "No brief was made since 6 Dec 2025, 07:00 (90 d ago)." in text
    assert "This one looks back a week at most" in text
    assert "Nothing was fetched for 80 days from" in text
    assert "Changed since" in text and "; the last brief is older" in text
    assert "since the last brief" not in text
    assert differences(kept) == ()
    run_from(store, settings, NOW + DAY, 0.1)
    following = brief_of(store.kept_brief(3))
    assert {"paused", "down"}.isdisjoint(alarm.kind for alarm in following.alarms)
    assert following.changes and not following.changes.is_cut


def test_what_changed_before_the_week_is_not_read_for_a_brief(filled: Store) -> None:
    known_at = keep(filled).row.known_at
    asked: list[datetime] = []

    class Asked:
        """Passes every question on to the store, and notes what changes are read."""

        def __getattr__(self, name: str) -> Any:
            if name == "changed_clusters":
                return lambda at: asked.append(at) or filled.changed_clusters(at)
            return getattr(filled, name)

    for days, base in ((3, known_at), (30, NOW + 23 * DAY)):
        new_brief(Asked(), SETTINGS, NOW + days * DAY)  # type: ignore[arg-type]
        assert asked.pop() == base


def test_what_was_due_before_the_service_ran_was_not_missed(filled: Store) -> None:
    assert run_from(filled, settings_at(time(7)), NOW, 1) == []
    assert run_from(filled, settings_at(time(15)), NOW, 2) == [NOW + HOUR / 2]


def test_no_brief_is_made_where_the_settings_say_so(filled: Store) -> None:
    off = replace(SETTINGS, brief=BriefSettings(enabled=False))
    assert run_from(filled, off, NOW + DAY, 30) == []


def test_a_brief_on_demand_does_not_fold_what_the_daily_one_will_lead_with(
    filled: Store,
) -> None:
    settings = settings_at(time(15))
    keep(filled, NOW, settings)
    run_from(filled, settings, NOW + HOUR / 2, 0.1)
    daily = brief_of(filled.kept_brief(2))
    assert daily.changes is None
    assert daily.sections[0].leads


# --- on the site


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[FlaskClient, Store]]:
    with empty_store(tmp_path / "site.db") as store:
        sample.save_stories(store, sample.STORIES)
    with desk_over(tmp_path / "site.db", user_header="Remote-User") as given:
        yield given


def test_a_brief_is_kept_at_the_press_of_a_button_and_stays(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    assert "None was made yet." in text_of(page(client, "/briefs/"))
    for n in (1, 2, 3):
        client.application.config["NOW"] = lambda n=n: NOW + n * HOUR / 60
        answer = client.post("/briefs/", headers={"Remote-User": "Ana"})
        assert (answer.status_code, answer.location) == (303, f"/briefs/{n}")
    root = page(client, "/briefs/2")
    assert_harmless(root)
    links = {text_of(a): a.get("href") for a in root.iter("a")}
    assert (links["Previous"], links["Next"]) == ("/briefs/1", "/briefs/3")
    assert "Ana asked for brief 3" in text_of(page(client, "/audit/"))
    assert (
        len(
            [
                a
                for a in page(client, "/briefs/").iter("li")
                if "on demand" in text_of(a)
            ]
        )
        == 3
    )
    kept = store.kept_brief(2)
    for form in FORMATS:
        answer = client.get(f"/briefs/2.{form}")
        assert answer.get_data(as_text=True) == rebuilt(kept, form)
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/briefs/2.exe").status_code == 404
    assert client.get("/briefs/9").status_code == 404
    assert client.get("/briefs/9.html").status_code == 404


def test_a_brief_right_after_another_is_refused_and_says_when_it_may_be(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    assert client.post("/briefs/").status_code == 303
    client.application.config["NOW"] = lambda: NOW + timedelta(seconds=18)
    answer = client.post("/briefs/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "42")
    said = answer.get_data(as_text=True)
    assert "Another can be kept in 42 seconds." in said
    assert 'href="/briefs/1"' in said
    assert len(store.briefs()) == 1
    client.application.config["NOW"] = lambda: NOW + timedelta(minutes=1)
    assert client.post("/briefs/").status_code == 303
    client.application.config["NOW"] = lambda: NOW - HOUR  # it was put back
    assert client.post("/briefs/").status_code == 303


def test_of_briefs_asked_for_at_once_one_is_made(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk

    def ask(_: int) -> int:
        other = client.application.test_client()
        return other.post(
            "/briefs/", headers={"Origin": "http://localhost"}
        ).status_code

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(ask, range(4)))
    assert sorted(codes) == [303, 429, 429, 429]
    assert len(store.briefs()) == 1


def test_the_page_of_the_moment_remembers_what_each_has_read(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    assert client.get("/").status_code == 200
    assert store.last_visit("somebody") is None  # to look is not to have read
    root = page(client, "/")
    mark = next(
        node.get("value")
        for node in root.iter("input")
        if node.get("name") == "known_at"
    )
    answer = client.post(
        "/visits/", data={"known_at": mark}, headers={"Remote-User": "Ana"}
    )
    assert answer.status_code == 303
    sample.join(store, 1, [SIXTH], NOW + HOUR)
    client.application.config["NOW"] = lambda: NOW + 2 * HOUR
    ana = text_of(page_as(client, "Ana"))
    assert "Changed since your last visit, 13:30" in ana
    assert "grew 7 > 8 independent" in ana
    assert "Unchanged" in ana
    assert "Changed since" not in text_of(page_as(client, "Ben"))
    # what changed since long ago is no news, and takes long to count
    client.application.config["NOW"] = lambda: NOW + LONGEST + HOUR
    assert "Changed since" not in text_of(page_as(client, "Ana"))


def page_as(client: FlaskClient, who: str) -> object:
    answer = client.get("/", headers={"Remote-User": who})
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(answer.get_data(as_text=True))


def test_a_visit_never_goes_back_nor_ahead(desk: tuple[FlaskClient, Store]) -> None:
    client, store = desk
    for known_at, status in (
        ("2026-03-06T13:00:00Z", 303),
        ("2026-03-05T13:00:00Z", 303),
        ("2026-03-06T13:30:01Z", 400),
        ("yesterday", 400),
        ("2026-13-06T13:00:00Z", 400),
        ("", 400),
    ):
        assert (
            client.post("/visits/", data={"known_at": known_at}).status_code == status
        )
    visit = store.last_visit("somebody")
    assert visit == Visit(NOW, datetime(2026, 3, 6, 13, tzinfo=UTC))


# --- the command


def test_a_brief_is_made_and_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    with empty_store(tmp_path / DATABASE) as store:
        sample.save_stories(store, sample.STORIES)
    config = tmp_path / "feeds.yaml"
    config.write_text("feeds: [https://a.example/feed]\n", encoding="utf-8")
    run = CliRunner().invoke
    made = run(
        main, ["brief", "make", "--config", str(config), "--data", str(tmp_path)]
    )
    assert made.exit_code == 0
    assert "kept as brief 1" in made.stderr
    again = run(main, ["brief", "rebuild", "1", "--data", str(tmp_path)])
    assert (again.exit_code, again.stdout) == (0, made.stdout)
    html = run(
        main, ["brief", "rebuild", "1", "--data", str(tmp_path), "--format", "html"]
    )
    assert html.stdout.startswith("<!doctype html>")
    missing = run(main, ["brief", "rebuild", "2", "--data", str(tmp_path)])
    assert (missing.exit_code, missing.stderr) == (1, "aggregator: brief 2\n")
