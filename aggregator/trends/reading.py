"""A store's reader -> series, rising words, silent sources: for passes, pages, the brief and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.models import (
    Cluster,
    Count,
    FeedCount,
    RisingWord,
    Series,
    Telling,
    TopicScore,
)
from aggregator.store.base import Reader
from aggregator.trends.buckets import day_edges, hour_edges, rolling_edges
from aggregator.trends.delivering import Presence, delivered_shares, presences
from aggregator.trends.rising import rising_words
from aggregator.trends.series import judged, series
from aggregator.trends.silence import LARGE, WINDOW, SilentSource, silent_sources
from aggregator.trends.surges import BASELINE

SHOWN_DAYS = 30
SHOWN_HOURS = 72
WEEK = timedelta(days=7)
BEFORE = timedelta(days=28)
"""What the week's words are held against."""
MOST_REPORTS = 600
"""Reports of the week that are read, the newest; twice as many of the weeks before."""
MOST_CLUSTERS = 150
"""Larger clusters of a topic that say who usually tells of it, the newest."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the series of all topics share: the buckets and who delivered in them."""

    edges: tuple[datetime, ...]
    totals: tuple[Count, ...]
    present: Mapping[int, Presence]
    delivered: tuple[float | None, ...]


def read_ground(reader: Reader, edges: tuple[datetime, ...], now: datetime) -> Ground:
    """Read what came and who delivered between the edges, on whatever topic."""
    feeds = reader.feeds(removed=True)
    present = presences(reader.deliveries(edges[0]), feeds, now)
    volumes = reader.feed_volumes(edges[0], edges[-1])
    delivered = delivered_shares(edges, present, volumes, now)
    return Ground(edges, reader.totals(edges), present, delivered)


def day_ground(reader: Reader, zone: ZoneInfo, now: datetime) -> Ground:
    """Read the days that are shown and those that they are judged by."""
    return read_ground(reader, day_edges(now, zone, SHOWN_DAYS + BASELINE), now)


def hour_ground(reader: Reader, zone: ZoneInfo, now: datetime) -> Ground:
    """Read the hours that are shown."""
    return read_ground(reader, hour_edges(now, zone, SHOWN_HOURS), now)


def rolling_ground(reader: Reader, now: datetime) -> Ground:
    """Read the 24 hours that end `now`, and those that they are judged by."""
    return read_ground(reader, rolling_edges(now, BASELINE + 8), now)


def read_series(reader: Reader, ground: Ground, slug: str) -> Series:
    """Read a topic's counts on this ground; nothing is expected or judged."""
    return _read(reader, ground, slug)[0]


def read_judged(reader: Reader, ground: Ground, slug: str) -> Series:
    """Read a topic's series with what was to be expected, and its surges.

    The surge of the last 24 hours, as alerts want it, is
    `read_judged(reader, rolling_ground(reader, now), slug).points[-1].surge`.
    """
    plain, by_feed = _read(reader, ground, slug)
    ids = sorted({row.feed_id for row in by_feed})
    items = reader.feed_item_counts(ids, ground.edges)
    return judged(plain, by_feed, items, ground.present)


def _read(
    reader: Reader, ground: Ground, slug: str
) -> tuple[Series, tuple[FeedCount, ...]]:
    by_feed = reader.topic_feed_counts(slug, ground.edges)
    clusters = reader.topic_cluster_counts(slug, ground.edges)
    plain = series(
        slug, ground.edges, by_feed, clusters, ground.totals, ground.delivered
    )
    return plain, by_feed


def read_rising(reader: Reader, slug: str, now: datetime) -> tuple[RisingWord, ...]:
    """Read the topic's reports and return the words that rose in the last week."""
    began = now - WEEK
    return rising_words(
        reader.topic_reports(slug, began, now, MOST_REPORTS),
        reader.topic_reports(slug, began - BEFORE, began, 2 * MOST_REPORTS),
    )


def read_silent(
    reader: Reader,
    clusters: Sequence[tuple[Cluster, Sequence[TopicScore]]],
    now: datetime,
) -> Mapping[int, tuple[SilentSource, ...]]:
    """Return who usually tells of the topics of these clusters and is silent, by id.

    An outlet that is silent on two topics is named once, for the one it tells more of.
    """
    since = now - WINDOW
    rows: dict[str, tuple[Telling, ...]] = {}
    present: Mapping[int, Presence] | None = None
    found: dict[int, tuple[SilentSource, ...]] = {}
    for cluster, scores in clusters:
        slugs = [score.slug for score in scores if score.is_match]
        if cluster.independent_count < LARGE or not slugs:
            continue
        for slug in slugs:
            if slug not in rows:
                rows[slug] = reader.tellings(slug, since, LARGE, MOST_CLUSTERS)
        told_by = reader.told_by(cluster.id)
        if {row.outlet for slug in slugs for row in rows[slug]} <= set(told_by):
            continue
        if present is None:
            present = presences(reader.deliveries(since), reader.feeds(), now)
        found[cluster.id] = _silent_on(
            cluster, {slug: rows[slug] for slug in slugs}, told_by, present, now
        )
    return found


def _silent_on(
    cluster: Cluster,
    rows: Mapping[str, Sequence[Telling]],
    told_by: Sequence[str],
    present: Mapping[int, Presence],
    now: datetime,
) -> tuple[SilentSource, ...]:
    found: dict[str, SilentSource] = {}
    for slug, tellings in rows.items():
        past = [row for row in tellings if row.cluster_id != cluster.id]
        for source in silent_sources(
            slug, cluster.first_at, told_by, past, present, now
        ):
            known = found.get(source.outlet)
            if known is None or source.rate > known.rate:
                found[source.outlet] = source
    return tuple(sorted(found.values(), key=lambda s: (-s.rate, s.outlet)))
