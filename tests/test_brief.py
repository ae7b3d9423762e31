"""The front page as a value: what leads, what is folded away, what is cried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.brief import Brief, Materials, Occasion, build
from aggregator.brief.changes import LINE_COUNT
from aggregator.brief.plain import render_text
from aggregator.brief.sections import LEAD_COUNT, OTHER_COUNT, SHARE, SINGLE_COUNT
from aggregator.brief.sentences import Sentences
from aggregator.brief.trust import is_quiet
from aggregator.brief.values import Alarm, AlarmKind, Changes, Part, Section
from aggregator.models import (
    Carrier,
    Cluster,
    ClusterCard,
    ClusterPast,
    Decision,
    DecisionKind,
    Evidence,
    Feed,
    FeedState,
    Item,
    LifecycleState,
    SharedTerm,
    Standing,
    Status,
    Topic,
    TopicScore,
)

NOW = datetime(2026, 3, 6, 13, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
BORDER = Topic("Border policy", "border", any=("border",))
TRADE = Topic("Trade", "trade", any=("tariff",))


def card(
    cluster_id: int,
    sources: int,
    topics: dict[str, float] | None = None,
    *,
    items: int = 0,
    reports: int = 0,
    hours: float = 1.0,
    is_match: bool = True,
) -> ClusterCard:
    at = NOW - timedelta(hours=hours)
    return ClusterCard(
        Cluster(
            cluster_id,
            f"Cluster {cluster_id}",
            (),
            items or sources,
            sources,
            at,
            at,
            report_count=reports or sources,
            independent_count=reports or sources,
        ),
        (),
        tuple(
            TopicScore(slug, score, is_match, (slug,))
            for slug, score in (topics or {}).items()
        ),
    )


def feed(
    feed_id: int, state: FeedState = FeedState.OK, ok_hours: float | None = 1.0
) -> Feed:
    last_ok_at = None if ok_hours is None else NOW - timedelta(hours=ok_hours)
    return Feed(feed_id, "", f"Feed {feed_id}", "", "", state, last_ok_at=last_ok_at)


def item(
    item_id: int, source: str, title: str = "A title", *, hours: float = 1.0
) -> Item:
    at = NOW - timedelta(hours=hours)
    return Item(item_id, 1, source, source, "", title, "", "", at, at, at, 1)


def placement(item_id: int, score: float) -> Decision:
    terms = (SharedTerm("bridge", score), SharedTerm("river", 0.1))
    terms += (SharedTerm("camp", 0.1),)
    return Decision(
        item_id, 1, DecisionKind.JOINED, score, 0.34, None, 0, 0, terms, "", "", NOW
    )


def status(
    *,
    waiting: int = 0,
    polled: timedelta | None = HOUR / 2,
    new_item: timedelta | None = HOUR,
) -> Status:
    return Status(
        item_count=120,
        waiting_count=waiting,
        last_poll_at=None if polled is None else NOW - polled,
        last_grouping_at=NOW - HOUR,
        last_item_at=None if new_item is None else NOW - new_item,
    )


def brief_of(
    cards: dict[str, Sequence[ClusterCard]] | None = None,
    others: Sequence[ClusterCard] = (),
    *,
    base: datetime | None = None,
    due_at: datetime | None = None,
    feeds: Sequence[Feed] = (feed(1),),
    how: Status | None = None,
    **materials: Any,
) -> Brief:
    return build(
        Materials(
            topics=(BORDER, TRADE),
            cards=cards or {},
            others=others,
            totals=(24, 20, 10),
            status=how or status(),
            feeds=feeds,
            **materials,
        ),
        Occasion(NOW, NOW - 24 * HOUR, poll_interval=HOUR, base=base, due_at=due_at),
    )


def ids(section: Section) -> tuple[list[int], list[int]]:
    return (
        [card.cluster_id for card in section.leads],
        [card.cluster_id for card in section.singles],
    )


def test_more_sources_lead_and_single_sources_stand_below() -> None:
    cards = [card(1, 1), card(2, 3), card(3, 1), card(4, 7)]
    border, _ = brief_of({"border": cards}).sections
    assert ids(border) == ([4, 2], [3, 1])


def test_the_number_of_items_never_ranks_as_one_outlet_can_repeat_itself() -> None:
    cards = [card(1, 2, items=40, hours=5), card(2, 3, items=3, hours=9)]
    border, _ = brief_of({"border": cards}).sections
    assert ids(border)[0] == [2, 1]


def test_among_equals_what_is_more_about_the_topic_leads_then_what_is_newer() -> None:
    cards = [
        card(1, 2, {"border": 0.4}, hours=1),
        card(2, 2, {"border": 0.9}, hours=8),
        card(3, 2, {"border": 0.4}, hours=0.5),
    ]
    border, _ = brief_of({"border": cards}).sections
    assert ids(border)[0] == [2, 3, 1]


def test_a_cluster_of_two_topics_is_shown_under_the_first_and_named_under_the_other() -> (
    None
):
    both = card(1, 4, {"border": 0.3, "trade": 0.9})
    border, trade = brief_of({"border": [both], "trade": [both, card(2, 2)]}).sections
    assert ids(border)[0] == [1]
    assert ids(trade)[0] == [2]
    assert [(r.cluster_id, r.note) for r in trade.references] == [(1, BORDER.name)]


def test_a_cluster_that_found_no_room_under_its_first_topic_is_shown_under_the_next() -> (
    None
):
    many = [card(i, 9, {"border": 0.9}) for i in range(1, LEAD_COUNT + 1)]
    low = card(99, 2, {"border": 0.2, "trade": 0.9})
    border, trade = brief_of({"border": [*many, low], "trade": [low]}).sections
    assert 99 not in ids(border)[0]
    assert ids(trade)[0] == [99]


def test_what_does_not_fit_is_counted() -> None:
    cards = [card(i, 1) for i in range(1, SINGLE_COUNT + 3)]
    border, trade = brief_of({"border": cards}, counts={"border": 50}).sections
    assert len(border.singles) == SINGLE_COUNT
    assert border.more_count == 50 - SINGLE_COUNT
    assert trade.more_count == 0
    assert trade.is_empty


def test_a_cluster_shows_the_words_that_its_own_topic_matched() -> None:
    both = card(1, 2, {"border": 0.5, "trade": 0.5})
    border, _ = brief_of({"border": [both]}).sections
    assert border.leads[0].matched == ("border",)


def test_other_stories_are_ranked_like_those_of_a_topic() -> None:
    others = brief_of(others=[card(1, 1), card(2, 5), card(3, 6)]).others
    assert ids(others) == ([3, 2], [1])
    assert others.topic is None


def test_other_stories_end() -> None:
    others = brief_of(others=[card(i, 2) for i in range(1, 40)]).others
    assert len(others.leads) == OTHER_COUNT


def test_nothing_older_than_the_window_is_shown() -> None:
    brief = brief_of({"border": [card(1, 5, hours=25)]}, [card(2, 5, hours=24.5)])
    assert brief.sections[0].is_empty
    assert brief.others.is_empty


def test_the_order_of_what_was_fetched_does_not_matter() -> None:
    cards = [
        card(i, 1 + i % 3, {"border": (i % 5) / 5}, hours=i % 4) for i in range(1, 15)
    ]
    assert brief_of({"border": cards}, cards) == brief_of(
        {"border": cards[::-1]}, cards[::-1]
    )


def test_the_trust_strip_counts_feeds_that_answered_within_the_window() -> None:
    feeds = (
        feed(1),
        feed(2, FeedState.WARN),
        feed(3, FeedState.ERROR, ok_hours=2),
        feed(4, FeedState.BACKOFF, ok_hours=30),
        feed(5, FeedState.NEW, ok_hours=None),
        feed(6, FeedState.DISABLED),
        feed(7, FeedState.REMOVED),
    )
    trust = brief_of(feeds=feeds).trust
    assert (trust.feed_count, trust.delivered_count) == (5, 2)
    assert trust.failing == ("Feed 3", "Feed 4")
    assert trust.unheard == ("Feed 5",)
    assert (trust.item_count, trust.report_count, trust.cluster_count) == (24, 20, 10)


def test_a_service_that_is_well_raises_no_alarm() -> None:
    assert brief_of().alarms == ()


@pytest.mark.parametrize(
    ("feeds", "how", "kind"),
    [
        ((), status(), AlarmKind.NO_FEEDS),
        ((feed(1, FeedState.DISABLED),), status(), AlarmKind.NO_FEEDS),
        ((feed(1, FeedState.NEW),), status(polled=None), AlarmKind.NEVER_POLLED),
        ((feed(1),), status(polled=3 * HOUR), AlarmKind.NOT_POLLED),
        ((feed(1, FeedState.ERROR),), status(), AlarmKind.ALL_FAIL),
        ((feed(1),), status(new_item=30 * HOUR), AlarmKind.NO_NEWS),
        ((feed(1),), status(new_item=None), AlarmKind.NO_NEWS),
        ((feed(1),), status(waiting=7), AlarmKind.WAITING),
    ],
)
def test_a_page_that_cannot_be_relied_on_says_why(
    feeds: Sequence[Feed], how: Status, kind: AlarmKind
) -> None:
    assert [alarm.kind for alarm in brief_of(feeds=feeds, how=how).alarms] == [kind]


def test_one_failing_feed_of_two_is_no_alarm() -> None:
    assert brief_of(feeds=(feed(1), feed(2, FeedState.GONE))).alarms == ()


def test_polling_that_stands_still_and_waiting_items_are_both_cried_out() -> None:
    alarms = brief_of(how=status(polled=5 * HOUR, waiting=2)).alarms
    assert [alarm.kind for alarm in alarms] == [AlarmKind.NOT_POLLED, AlarmKind.WAITING]
    assert alarms[0].since == NOW - 5 * HOUR
    assert alarms[1].count == 2


def test_items_that_were_set_aside_are_cried_out() -> None:
    assert brief_of(aside_count=2).alarms == (Alarm(AlarmKind.ASIDE, 2),)


@pytest.mark.parametrize(("minutes", "kind"), [(14, "waiting"), (16, "stuck")])
def test_clustering_that_stands_still_is_told_from_items_that_just_came(
    minutes: int, kind: str
) -> None:
    since = NOW - timedelta(minutes=minutes)
    (alarm,) = brief_of(how=status(waiting=3), waiting_since=since).alarms
    assert alarm.kind == kind


@pytest.mark.parametrize(("minutes", "is_late"), [(0, False), (10, False), (60, True)])
def test_a_brief_that_is_late_says_so(minutes: int, is_late: bool) -> None:
    due_at = NOW - timedelta(minutes=minutes)
    kinds = [alarm.kind for alarm in brief_of(due_at=due_at).alarms]
    assert kinds == [AlarmKind.LATE] * is_late


# --- quiet feeds


def hours_ago(*gaps: int) -> list[int]:
    now = NOW.toordinal() * 24 + NOW.hour
    return [now - hours for hours in gaps]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([], False),  # never said anything: nothing is usual
        ([30, 31, 32], False),  # too few to know
        ([30, 31, 32, 33], True),  # hourly, and silent for 30 h
        ([12, 13, 14, 15], False),  # a night
        ([13, 14, 15, 16], True),
        ([90, 114, 138, 162], False),  # daily, silent over a weekend
        ([97, 121, 145, 169], True),
        ([13, 16, 19, 22], True),
        ([13, 17, 21, 25], False),
        ([40, 50, 60, 400], False),  # one holiday moves the median little
        ([41, 51, 61, 401], True),
        ([0, 1, 2, 3], False),
    ],
)
def test_a_feed_is_quiet_at_four_times_its_own_median_gap(
    hours: list[int], expected: bool
) -> None:
    assert is_quiet(hours_ago(*hours), NOW) is expected


def test_a_failing_feed_is_not_called_quiet() -> None:
    silent = tuple(hours_ago(90, 91, 92, 93, 94))
    feeds = (
        replace(feed(1, FeedState.ERROR), item_hours=silent),
        replace(feed(2), item_hours=silent),
    )
    trust = brief_of(feeds=feeds).trust
    assert (trust.failing, trust.quiet) == (("Feed 1",), ("Feed 2",))
    assert trust.delivered_count == 0


# --- what the last brief had


def test_without_a_last_brief_what_began_in_the_window_is_new() -> None:
    old = replace(card(2, 3).cluster, first_at=NOW - 30 * HOUR)
    faded = replace(old, id=3, state=LifecycleState.FADING)
    cards = [card(1, 3), ClusterCard(old, ()), ClusterCard(faded, ())]
    border, _ = brief_of({"border": cards}).sections
    parts = [(c.cluster_id, c.part) for c in border.leads]
    assert parts == [(1, Part.NEW), (2, Part.DEVELOPING), (3, Part.FADING)]
    assert [c.added_count for c in border.leads] == [None] * 3


def test_only_a_new_independent_report_makes_a_cluster_a_lead_again() -> None:
    cards = [card(1, 5), card(2, 4), card(3, 3), card(4, 1)]
    standings = {1: Standing(5, 0), 2: Standing(3, 1), 4: Standing(1, 0)}
    border, _ = brief_of(
        {"border": cards}, base=NOW - 12 * HOUR, standings=standings
    ).sections
    assert [(c.cluster_id, c.part, c.added_count) for c in border.leads] == [
        (3, Part.NEW, 3),
        (2, Part.DEVELOPING, 1),
    ]
    assert [line.cluster_id for line in border.unchanged] == [1]
    assert border.singles == ()
    assert border.more_count == 1


def told_by(*sources: str, start: int = 1) -> tuple[Item, ...]:
    return tuple(
        item(n, source, hours=99 - n) for n, source in enumerate(sources, start)
    )


def test_no_source_has_more_than_its_share_of_leads() -> None:
    cards = [card(i, 20 - i) for i in range(1, 8)]
    members = {
        1: told_by("Loud", "Calm", "Loud"),
        2: told_by("Loud", "Calm"),  # of two halves the first
        3: told_by("Calm", "Loud"),
        4: told_by("Loud", "Loud", "Calm", "Other"),
        5: told_by("Loud", "Calm"),
        6: told_by("Loud", "Calm", "Other"),  # nobody's
        7: told_by("Loud", "Loud", "Calm"),
    }
    border, _ = brief_of({"border": cards}, members=members).sections
    assert ids(border)[0] == [1, 2, 3, 4, 6]
    assert [(line.cluster_id, line.note) for line in border.held] == [
        (5, "Loud"),
        (7, "Loud"),
    ]
    assert SHARE == LEAD_COUNT // 3


def test_an_agency_owns_what_others_carry_once() -> None:
    cards = [card(i, 20 - i) for i in range(1, 6)]
    members = {
        i: told_by(f"A{i}", f"B{i}", f"C{i}", f"D{i}", start=10 * i)
        for i in range(1, 6)
    }
    carriers = {
        10 * i + n: Carrier(10 * i + n, 10 * i, 1.0, Evidence.ORIGIN, "", "", "Wire")
        for i in range(1, 6)
        for n in range(3)
    }
    found = brief_of({"border": cards}, members=members, carriers=carriers)
    assert [line.cluster_id for line in found.sections[0].held] == [4, 5]


def test_what_came_late_is_news_though_it_is_older_than_the_window() -> None:
    cards = [card(1, 3, hours=30), card(2, 3, hours=30), card(3, 3, hours=30)]
    standings = {2: Standing(2, 1), 3: Standing(3, 0)}
    border, _ = brief_of(
        {"border": cards}, base=NOW - 12 * HOUR, standings=standings
    ).sections
    assert [(c.cluster_id, c.part) for c in border.leads] == [
        (1, Part.NEW),
        (2, Part.DEVELOPING),
    ]
    assert border.unchanged == ()


def test_a_card_shows_three_titles_and_those_in_own_words_first() -> None:
    told = tuple(
        item(n, f"Paper {n}", title)
        for n, title in enumerate(("Same", "Same", "SAME", "One", "Two"), 1)
    )
    one = ClusterCard(card(1, 5).cluster, told)
    border, _ = brief_of({"border": [one]}).sections
    assert [t.title for t in border.leads[0].titles] == ["Two", "One", "Same"]


def test_a_card_says_which_words_hold_it_together() -> None:
    told = tuple(item(n, f"Paper {n}") for n in range(1, 4))
    rows = {n: placement(n, score) for n, score in ((2, 0.61), (3, 0.48))}
    one = ClusterCard(card(1, 3).cluster, told)
    border, _ = brief_of({"border": [one]}, placements=rows).sections
    lead = border.leads[0]
    assert lead.shared == ("bridge", "camp", "river")
    assert (lead.weakest, lead.needed) == (0.48, 0.34)


def test_a_card_names_the_story_before_it() -> None:
    old = replace(card(77, 3).cluster, last_at=NOW - timedelta(days=41))
    one = replace(card(1, 3), previous=old)
    brief = brief_of({"border": [one]})
    lead = brief.sections[0].leads[0]
    assert lead.previous
    assert (lead.previous.cluster_id, lead.previous.headline) == (77, "Cluster 77")
    assert "returns after 40 d: Cluster 77" in render_text(brief)


def test_near_misses_are_listed_with_their_score() -> None:
    near = {"border": [card(8, 2, {"border": 0.46}, is_match=False)]}
    border, trade = brief_of(near=near).sections
    assert [(line.cluster_id, line.score) for line in border.near] == [(8, 0.46)]
    assert trade.near == ()


# --- what changed


def past(cluster_id: int, before: int, now: int, **more: Any) -> ClusterPast:
    found = card(cluster_id, now)
    return ClusterPast(found.cluster, Standing(before, max(0, now - before)), **more)


def changes_of(*pasts: ClusterPast, **materials: Any) -> Changes:
    found = brief_of(base=NOW - 12 * HOUR, pasts=pasts, **materials).changes
    assert found
    return found


def test_what_changed_has_its_verb() -> None:
    moved = card(9, 2).cluster
    found = changes_of(
        past(1, 3, 9),
        past(2, 2, 2, quiet=timedelta(days=12)),
        past(3, 2, 2, headline_before="An older headline"),
        past(4, 2, 2, children=(moved,)),
        past(5, 2, 2, merged=(moved,)),
        past(6, 2, 2),
        replace(past(7, 3, 3), standing=Standing(3, 2)),
    )
    say = Sentences(brief_of(base=NOW))
    assert {line.cluster_id: say.change(line) for line in found.lines} == {
        1: "grew 3 > 9 independent",
        2: "revived after 12 days",
        3: "headline changed from “An older headline”",
        4: "split in two",
        5: "merged with another",
        7: "told on by 2 sources",
    }
    assert found.more_count == 0


def test_a_cluster_that_was_not_known_has_not_changed() -> None:
    assert changes_of(past(1, 0, 9)).lines == ()


def test_what_is_on_a_topic_comes_first_then_what_weighs_most() -> None:
    on_topic = (TopicScore("border", 0.6, True),)
    found = changes_of(
        past(1, 2, 9),
        past(2, 2, 3, topics=on_topic),
        past(3, 2, 5, topics=on_topic),
        past(4, 1, 2, quiet=timedelta(days=40), topics=on_topic),
    )
    assert [line.cluster_id for line in found.lines] == [4, 3, 2, 1]
    assert [t.slug for t in found.lines[0].topics] == ["border"]


def test_seven_lines_are_enough() -> None:
    found = changes_of(*(past(n, 1, 2) for n in range(1, 11)))
    assert len(found.lines) == LINE_COUNT
    assert found.more_count == 3


def test_a_figure_that_changed_is_told() -> None:
    items = (
        item(1, "Early Paper", "Nine killed in ferry fire", hours=9),
        item(2, "Late Paper", "Ferry fire toll: 12 killed", hours=2),
    )
    found = changes_of(past(1, 1, 2, known_items=frozenset({1})), members={1: items})
    say = Sentences(brief_of(base=NOW))
    assert say.change(found.lines[0]) == (
        "figure changed Nine > 12 killed; grew 1 > 2 independent"
    )


def test_sources_that_differ_are_told_on_the_card_the_latest_first() -> None:
    items = (
        item(1, "Early Paper", "Nine killed in ferry fire", hours=9),
        item(2, "Late Paper", "Ferry fire: 12 killed", hours=2),
    )
    border, _ = brief_of({"border": [card(1, 2)]}, members={1: items}).sections
    (conflict,) = border.leads[0].conflicts
    say = Sentences(brief_of())
    assert say.conflict(conflict) == (
        "killed: 12 by Late Paper (11:30); Nine by Early Paper (04:30)"
    )
    assert [(t.value, t.source) for t in conflict.told] == [
        ("12", "Late Paper"),
        ("Nine", "Early Paper"),
    ]
