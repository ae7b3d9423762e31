"""Which usual sources are silent on a larger cluster, and when silence says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.models import Delivery, Feed, FeedState, Telling
from aggregator.trends.delivering import Presence, presences
from aggregator.trends.silence import SilentSource, silent_sources

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST_AT = NOW - 9 * HOUR
N_CLUSTERS = 10


def began(cluster_id: int) -> datetime:
    return NOW - (2 + 2 * cluster_id) * DAY


def told(
    outlet: str, clusters: range, lag: timedelta = HOUR, feed_id: int = 1
) -> list[Telling]:
    return [Telling(n, began(n), outlet, began(n) + lag, (feed_id,)) for n in clusters]


OTHERS = told("Meridian", range(N_CLUSTERS), feed_id=2)
"""Says of ten clusters that they were; it tells this one too."""


def present(
    *stretches: tuple[float, float], state: FeedState = FeedState.OK, failures: int = 0
) -> dict[int, Presence]:
    """Say when feed 1 delivered, in days before now; feed 2 always did."""
    feeds = [
        Feed(1, "https://a.example/", "A", "", "", state, failure_count=failures),
        Feed(2, "https://b.example/", "B", "", "", FeedState.OK),
    ]
    rows = [Delivery(1, NOW - a * DAY, NOW - b * DAY) for a, b in stretches]
    rows.append(Delivery(2, NOW - 40 * DAY, NOW))
    return dict(presences(rows, feeds, NOW))


HEALTHY = present((40, 0))


def silent(
    past: list[Telling],
    feeds: dict[int, Presence] = HEALTHY,
    first_at: datetime = FIRST_AT,
) -> list[SilentSource]:
    return list(
        silent_sources("s", first_at, ["Meridian"], [*OTHERS, *past], feeds, NOW)
    )


def test_a_usual_source_is_named_with_what_makes_it_usual() -> None:
    [source] = silent(told("Ledger", range(8), 3 * HOUR))
    assert (source.outlet, source.told_count, source.cluster_count) == ("Ledger", 8, 10)
    assert source.usual_lag == 3 * HOUR
    assert source.healthy_since == NOW - 40 * DAY
    assert source.feed_ids == (1,)
    assert source.rate == pytest.approx(9 / 12)


@pytest.mark.parametrize(
    ("past", "is_silent"),
    [
        (told("Ledger", range(8)), True),
        (told("Ledger", range(5)), True),  # half of them
        (told("Ledger", range(4)), False),  # less than half
        (told("Ledger", range(8), 12 * HOUR), False),  # it is usually later than this
        (told("Meridian", range(8)), False),  # it tells this one
        ([], False),
    ],
)
def test_who_is_usual(past: list[Telling], is_silent: bool) -> None:
    assert bool(silent(past)) is is_silent


@pytest.mark.parametrize(
    ("feeds", "is_silent"),
    [
        (HEALTHY, True),
        (present((40, 1)), True),  # quiet since yesterday, and well
        (present((40, 1), failures=1), False),  # failing now
        (present((40, 1), state=FeedState.GONE), False),
        (present((40, 1), (0.2, 0)), False),  # a gap when the cluster began
        (present((40, 3), (1, 0)), True),  # a gap, over before it began
        ({2: HEALTHY[2]}, False),  # its feed is not followed any more
    ],
)
def test_silence_counts_only_while_the_feed_is_healthy(
    feeds: dict[int, Presence], is_silent: bool
) -> None:
    assert bool(silent(told("Ledger", range(8)), feeds)) is is_silent


def test_clusters_of_the_time_of_an_outage_do_not_count_against_a_source() -> None:
    out = present((40, 17), (7, 0))  # clusters 3 to 7 began in between
    [source] = silent(told("Ledger", range(3)), out)
    assert (source.told_count, source.cluster_count) == (3, 5)
    assert not silent(told("Ledger", range(3)))


def test_too_few_clusters_say_nothing() -> None:
    past = told("Ledger", range(3))
    few = [row for row in OTHERS if row.cluster_id < 3]
    assert not silent_sources("s", FIRST_AT, ["Meridian"], [*few, *past], HEALTHY, NOW)


def test_a_source_of_two_feeds_is_silent_only_if_both_are_healthy() -> None:
    past = [Telling(n, began(n), "Ledger", began(n) + HOUR, (1, 2)) for n in range(8)]
    assert silent(past)
    assert not silent(past, present((40, 1), failures=2))


def test_a_source_that_is_usually_a_day_late_is_not_waited_for() -> None:
    long_ago = NOW - 3 * DAY
    assert silent(told("Ledger", range(8), 20 * HOUR), first_at=long_ago)
    assert not silent(told("Ledger", range(8), 30 * HOUR), first_at=long_ago)
