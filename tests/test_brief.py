"""The front page as a value: what leads, what is folded away, what is cried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.brief import (
    LEAD_COUNT,
    OTHER_COUNT,
    SINGLE_COUNT,
    AlarmKind,
    Brief,
    Section,
    build,
)
from aggregator.models import (
    Cluster,
    ClusterCard,
    Feed,
    FeedState,
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


def status(
    *,
    waiting: int = 0,
    polled: timedelta | None = HOUR / 2,
    new_item: timedelta | None = HOUR,
) -> Status:
    return Status(
        item_count=120,
        cluster_count=80,
        waiting_count=waiting,
        feed_states={},
        last_poll_at=None if polled is None else NOW - polled,
        last_grouping_at=NOW - HOUR,
        last_item_at=None if new_item is None else NOW - new_item,
    )


def brief_of(
    cards: dict[str, Sequence[ClusterCard]] | None = None,
    others: Sequence[ClusterCard] = (),
    *,
    counts: dict[str, int] | None = None,
    feeds: Sequence[Feed] = (feed(1),),
    how: Status | None = None,
) -> Brief:
    return build(
        topics=(BORDER, TRADE),
        cards=cards or {},
        counts=counts or {},
        others=others,
        totals=(24, 10),
        status=how or status(),
        feeds=feeds,
        now=NOW,
        window=24 * HOUR,
        poll_interval=HOUR,
    )


def ids(section: Section) -> tuple[list[int], list[int]]:
    return (
        [entry.card.cluster.id for entry in section.leads],
        [entry.card.cluster.id for entry in section.singles],
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
    assert [(r.cluster.id, r.topic) for r in trade.references] == [(1, BORDER)]


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
    assert (trust.feed_count, trust.delivered_count, trust.failing_count) == (5, 3, 2)
    assert (trust.since, trust.until) == (NOW - 24 * HOUR, NOW)


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
