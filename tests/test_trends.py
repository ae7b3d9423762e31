"""Days and hours, who delivered, what surges: the arithmetic behind charts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.models import Count, Delivery, Feed, FeedCount, FeedState, Series
from aggregator.trends.buckets import day_edges, hour_edges, rolling_edges
from aggregator.trends.delivering import delivered_shares, is_well, presences
from aggregator.trends.series import judged, series
from aggregator.trends.surges import surge

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
DAYS = tuple(datetime(2026, 1, 1, tzinfo=UTC) + n * DAY for n in range(41))
"""The edges of 40 days; the last is yesterday, as it were."""


def feed(feed_id: int, state: FeedState = FeedState.OK, **fields: object) -> Feed:
    return Feed(
        feed_id, f"https://{feed_id}.example/", f"{feed_id}", "", "", state, **fields
    )  # type: ignore[arg-type]  # fields of its own


# --- buckets


@pytest.mark.parametrize(
    ("zone", "now", "hours"),
    [
        ("UTC", datetime(2026, 3, 8, 12, tzinfo=UTC), 24),
        ("America/Chicago", datetime(2026, 3, 8, 18, tzinfo=UTC), 23),  # clocks forward
        ("America/Chicago", datetime(2026, 11, 1, 18, tzinfo=UTC), 25),  # and back
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, tzinfo=UTC), 23.5),
        ("America/Santiago", datetime(2026, 9, 6, 15, tzinfo=UTC), 23),  # no midnight
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(
    zone: str, now: datetime, hours: float
) -> None:
    *_, start, end = day_edges(now, ZoneInfo(zone), 3)
    assert (end - start) / HOUR == hours
    assert start <= now < end
    local = start.astimezone(ZoneInfo(zone))
    assert local.date() == now.astimezone(ZoneInfo(zone)).date()
    assert (start - timedelta(seconds=1)).astimezone(
        ZoneInfo(zone)
    ).date() < local.date()


def test_days_and_hours_follow_the_local_clock() -> None:
    zone = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead
    edges = day_edges(NOW, zone, 2)
    assert [f"{e.astimezone(zone):%d %H:%M}" for e in edges] == [
        "05 00:00",
        "06 00:00",
        "07 00:00",
    ]
    assert all(e.utcoffset() == timedelta() for e in edges)
    hours = hour_edges(NOW + 20 * timedelta(minutes=1), zone, 3)
    assert [f"{e.astimezone(zone):%H:%M}" for e in hours] == [
        "16:00",
        "17:00",
        "18:00",
        "19:00",
    ]


def test_rolling_days_end_now() -> None:
    edges = rolling_edges(NOW, 2)
    assert edges == (NOW - 2 * DAY, NOW - DAY, NOW)


# --- delivering


def shares(
    stretches: Sequence[tuple[int, float, float]],
    feeds: Sequence[Feed],
    volumes: dict[int, int] | None = None,
    days: int = 4,
) -> list[float | None]:
    """Return what was delivered of the days before `NOW`; stretches are in days."""
    edges = rolling_edges(NOW, days)
    rows = [Delivery(f, NOW + a * DAY, NOW + b * DAY) for f, a, b in stretches]
    present = presences(rows, feeds, NOW)
    found = delivered_shares(edges, present, volumes or {}, NOW)
    return [None if share is None else round(share, 3) for share in found]


FAILING = feed(1, FeedState.ERROR, failure_count=3)


@pytest.mark.parametrize(
    ("stretches", "feeds", "volumes", "expected"),
    [
        ([], [feed(1)], {}, [None] * 4),
        # before its first delivery a feed is not missed
        ([(1, -2, -0.01)], [feed(1)], {1: 9}, [None, None, 1, 1]),
        # a feed that is well delivers up to now, however long ago its last poll was
        ([(1, -9, -0.5)], [feed(1)], {1: 9}, [1, 1, 1, 1]),
        # one that fails does not
        ([(1, -9, -0.5)], [FAILING], {1: 9}, [1, 1, 1, 0.5]),
        ([(1, -9, -2.25)], [FAILING], {1: 9}, [1, 0.75, 0, 0]),
        # neither does one that nobody polls any more
        (
            [(1, -9, -1.0)],
            [feed(1, next_poll_at=NOW - DAY)],
            {1: 9},
            [1, 1, 1, 0],
        ),
        # a hole between two stretches
        ([(1, -9, -3), (1, -2, 0)], [feed(1)], {1: 9}, [1, 0, 1, 1]),
        # feeds weigh what they bring in the time they deliver
        (
            [(1, -9, -2), (2, -9, 0)],
            [FAILING, feed(2)],
            {1: 10, 2: 60},
            [1, 1, 0.75, 0.75],
        ),
        # what was switched off is expected no more
        (
            [(1, -9, -2), (2, -9, 0)],
            [feed(1, FeedState.DISABLED), feed(2)],
            {1: 10, 2: 60},
            [1, 1, 1, 1],
        ),
    ],
)
def test_what_was_delivered(
    stretches: list[tuple[int, float, float]],
    feeds: list[Feed],
    volumes: dict[int, int],
    expected: list[float | None],
) -> None:
    assert shares(stretches, feeds, volumes) == expected


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.floats(-6, 0), st.floats(0, 3)), max_size=6
    )
)
def test_shares_lie_between_nothing_and_all(
    rows: list[tuple[int, float, float]],
) -> None:
    by_feed: dict[int, float] = {}
    stretches = []
    for feed_id, start, length in sorted(rows):
        start = max(start, by_feed.get(feed_id, start))
        end = min(start + length, 0.0)
        by_feed[feed_id] = end
        stretches.append((feed_id, start, end))
    feeds = [FAILING, feed(2), feed(3, FeedState.GONE)]
    for share in shares(stretches, feeds, {1: 5, 2: 500}):
        assert share is None or 0 <= share <= 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"state": FeedState.WARN}, True),
        ({"state": FeedState.BACKOFF}, False),
        ({"state": FeedState.GONE}, False),
        ({"failure_count": 1}, False),
        ({"next_poll_at": NOW - HOUR}, True),
        ({"next_poll_at": NOW - 3 * HOUR}, False),
    ],
)
def test_a_feed_is_well_that_answers_when_it_is_asked(
    fields: dict[str, object], expected: bool
) -> None:
    assert is_well(feed(1, **fields), NOW) is expected  # type: ignore[arg-type]  # fields of its own


# --- surges


def judge(
    counts: Sequence[int],
    expected: float | None = None,
    *,
    delivered: float | None = 1.0,
    usual: float = 4.0,
) -> bool:
    """Judge the last count by those before it, of which each was expected to be `usual`."""
    before: list[float | None] = [usual] * (len(counts) - 1)
    return (
        surge(
            counts,
            [*before, expected],
            [*[1.0] * len(before), delivered],
        )
        is not None
    )


EVEN = [4, 5, 3, 4, 6, 2, 4] * 4
BURSTS = [1, 12, 0, 2, 9, 1, 15] * 4


@pytest.mark.parametrize(
    ("past", "count", "expected", "is_surge"),
    [
        (EVEN, 20, 4.0, True),
        (EVEN, 8, 4.0, False),  # a good day, no surge
        (EVEN, 16, 12.0, False),  # much, but as much was to be expected
        (EVEN, 4, 0.1, False),  # fewer than five are no surge, whatever was usual
        (EVEN, 6, 0.1, True),
        (EVEN, 0, 4.0, False),
        (EVEN, 400, 300.0, False),  # beyond chance, but not half as much again
        (BURSTS, 20, 4.0, False),  # a topic of bursts: this is how it is
        (BURSTS, 60, 4.0, True),
        (EVEN[:6], 24, 4.0, True),  # little past: taken to stray as topics do
        (EVEN[:6], 13, 4.0, False),
        ([], 20, None, False),  # nothing is known
    ],
)
def test_a_surge_is_marked_against_the_topics_own_past(
    past: list[int], count: int, expected: float | None, is_surge: bool
) -> None:
    assert judge([*past, count], expected) is is_surge


@pytest.mark.parametrize("delivered", [None, 0.0, 0.79])
def test_an_outage_is_not_judged(delivered: float | None) -> None:
    assert judge([*EVEN, 20], 4.0)
    assert not judge([*EVEN, 20], 4.0, delivered=delivered)


def test_a_surge_says_how_much_it_is() -> None:
    found = surge([*EVEN, 20], [4.0] * 29, [1.0] * 29)
    assert found
    assert (found.count, found.expected, found.ratio) == (20, 4.0, 5.0)
    assert found.score > 3.5


def test_chance_alone_seldom_surges() -> None:
    dice = random.Random(7)  # noqa: S311 - dice are all it is
    counts = [sum(dice.random() < 0.02 for _ in range(1000)) for _ in range(1500)]
    found = sum(
        surge(counts[: n + 1], [20.0] * (n + 1), [1.0] * (n + 1)) is not None
        for n in range(30, len(counts))
    )
    assert found <= 2


# --- series


def told(
    rates: dict[int, int],
    topic: dict[int, int],
    *,
    but: dict[tuple[int, int], tuple[int, int]] | None = None,
) -> tuple[list[FeedCount], dict[int, list[int]]]:
    """Make 40 equal days of feeds: items, and reports on the topic; `but` some days."""
    rows, items = [], {}
    for feed_id, n_items in rates.items():
        days = [(n_items, topic[feed_id]) for _ in range(40)]
        for (who, day), said in (but or {}).items():
            if who == feed_id:
                days[day] = said
        items[feed_id] = [n for n, _ in days]
        rows += [FeedCount(feed_id, day, t, t) for day, (_, t) in enumerate(days) if t]
    return rows, items


def judged_series(
    rows: list[FeedCount],
    items: dict[int, list[int]],
    outages: dict[int, list[int]] | None = None,
    begun: dict[int, int] | None = None,
) -> Series:
    """Judge the days of feeds; `outages` names the days on which a feed failed."""
    deliveries = []
    for feed_id in items:
        start = (begun or {}).get(feed_id, -20)
        for day in (outages or {}).get(feed_id, []):
            deliveries.append(Delivery(feed_id, DAYS[0] + start * DAY, DAYS[day]))
            start = day + 1
        deliveries.append(Delivery(feed_id, DAYS[0] + start * DAY, DAYS[-1]))
    present = presences(deliveries, [feed(f) for f in items], DAYS[-1])
    volumes = {feed_id: sum(days) for feed_id, days in items.items()}
    shares = delivered_shares(DAYS, present, volumes, DAYS[-1])
    totals = [
        Count(n, n, 0)
        for n in (sum(days) for days in zip(*items.values(), strict=True))
    ]
    plain = series("s", DAYS, rows, [0] * 40, totals, shares)
    return judged(plain, rows, items, present)


RATES = {1: 20, 2: 30, 3: 50}
TOPIC = {1: 10, 2: 2, 3: 0}
FAIL = 35


def test_a_quiet_month_is_as_expected() -> None:
    rows, items = told(RATES, TOPIC)
    found = judged_series(rows, items)
    assert not found.surges
    assert not found.outages
    assert [p.expected for p in found.points[:7]] == [None] * 7
    for point in found.points[7:]:
        assert point.expected == pytest.approx(12, rel=0.02)
        assert point.share("items") == pytest.approx(0.12)


@pytest.mark.parametrize(
    ("who", "left", "total"), [(1, 2, 80), (2, 10, 70), (3, 12, 50)]
)
def test_an_outage_reads_neither_as_a_fall_nor_as_a_surge(
    who: int, left: int, total: int
) -> None:
    """Whether the feed that fails is all about the topic or not at all."""
    rows, items = told(RATES, TOPIC, but={(who, FAIL): (0, 0)})
    found = judged_series(rows, items, {who: [FAIL]})
    down = found.points[FAIL]
    assert (down.count.reports, down.total.items) == (left, total)
    assert down.delivered == pytest.approx(total / 100, abs=0.01)
    assert down.is_outage is (total < 80)
    assert down.expected == pytest.approx(left, rel=0.1)  # as few as there are
    assert not found.surges
    for after in found.points[FAIL + 1 :]:  # and it does not lower what is usual
        assert after.expected == pytest.approx(12, rel=0.02)


def test_the_same_fall_without_an_outage_is_one() -> None:
    rows, items = told(RATES, TOPIC, but={(1, FAIL): (20, 0)})
    quiet = judged_series(rows, items).points[FAIL]
    assert not quiet.is_outage
    assert quiet.count.reports == 2
    assert quiet.expected == pytest.approx(12, rel=0.02)


def test_more_reports_of_the_same_feeds_are_a_surge() -> None:
    rows, items = told(RATES, TOPIC, but={(3, FAIL): (50, 30)})
    found = judged_series(rows, items)
    assert [point.start for point in found.surges] == [DAYS[FAIL]]
    assert found.points[FAIL].surge is not None
    assert found.points[FAIL].surge.count == 42


def test_a_feed_that_is_new_is_no_surge() -> None:
    but = {(3, day): (0, 0) for day in range(FAIL)}
    rows, items = told(RATES, {**TOPIC, 3: 40}, but=but)
    found = judged_series(rows, items, begun={3: FAIL})
    assert found.points[FAIL].count.reports == 52
    assert not found.surges


def test_a_quiet_sunday_expects_less() -> None:
    but = {(f, day): (RATES[f] // 2, TOPIC[f] // 2) for f in RATES for day in (30, 37)}
    rows, items = told(RATES, TOPIC, but=but)
    sunday = judged_series(rows, items).points[37]
    assert sunday.expected == pytest.approx(sunday.count.reports, rel=0.05)
