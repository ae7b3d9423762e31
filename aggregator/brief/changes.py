"""Clusters as they were and are -> what changed, in a few lines; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from aggregator.brief.cards import line_of
from aggregator.brief.figures import revised
from aggregator.brief.materials import Materials, Occasion
from aggregator.brief.values import (
    Change,
    Changes,
    Happening,
    Line,
    TopicName,
    Verb,
)
from aggregator.models import Cluster, ClusterPast

LINE_COUNT = 7
REVIVED_AT_MOST = 5
"""What coming back weighs at most: 1 for each three days of silence."""
WEIGHTS = {
    Verb.FIGURE: 3,
    Verb.SPLIT: 2,
    Verb.MERGED: 2,
    Verb.HEADLINE: 1,
}
"""What a happening counts beside what is told: each source with a new text is 1."""


def changes(materials: Materials, occasion: Occasion) -> Changes | None:
    """Return what changed since the base, the most important first; None without one.

    What is on a topic comes first, then what has the most weight (`WEIGHTS`), then what
    most report. A cluster that was not known then has not changed: it is new.
    """
    if occasion.base is None:
        return None
    names = {topic.slug: topic.name for topic in materials.topics}
    found = []
    for past in materials.pasts:
        if happenings := _happenings(past, materials):
            topics = tuple(
                TopicName(s.slug, names[s.slug])
                for s in past.topics
                if s.is_match and s.slug in names
            )
            weight = sum(WEIGHTS.get(h.verb, 0) for h in happenings)
            weight += past.standing.added_count + _return(past)
            cluster = past.cluster
            key = (not topics, -weight, -cluster.independent_count, -cluster.id)
            found.append(
                (key, Change(cluster.id, cluster.headline, happenings, topics))
            )
    lines = [change for _, change in sorted(found, key=lambda pair: pair[0])]
    return Changes(
        occasion.seen_at or occasion.base,
        occasion.is_visit,
        occasion.paused_since is not None,
        tuple(lines[:LINE_COUNT]),
        max(0, len(lines) - LINE_COUNT),
    )


def _has_grown(past: ClusterPast) -> bool:
    return past.cluster.independent_count > past.standing.known_count


def _return(past: ClusterPast) -> int:
    quiet = past.quiet or timedelta(0)
    return min(REVIVED_AT_MOST, quiet // timedelta(days=3))


def _happenings(past: ClusterPast, materials: Materials) -> tuple[Happening, ...]:
    """Return what became of one cluster, the weightiest first."""
    if not past.standing.known_count:
        return ()
    cluster = past.cluster
    found = []
    if past.quiet is not None:
        found.append(Happening(Verb.REVIVED, after=_days(past.quiet)))
    members = materials.members.get(cluster.id, ())
    found += [
        Happening(Verb.FIGURE, before, after, noun)
        for noun, before, after in revised(members, past.known_items)
    ]
    if past.children:
        found.append(Happening(Verb.SPLIT, others=_lines(past.children)))
    if past.merged:
        found.append(Happening(Verb.MERGED, others=_lines(past.merged)))
    if _has_grown(past):
        found.append(
            Happening(
                Verb.GREW,
                str(past.standing.known_count),
                str(cluster.independent_count),
            )
        )
    elif past.standing.added_count:
        found.append(Happening(Verb.TOLD, after=str(past.standing.added_count)))
    if past.headline_before and past.headline_before != cluster.headline:
        found.append(Happening(Verb.HEADLINE, past.headline_before, cluster.headline))
    return tuple(found)


def _days(span: timedelta) -> str:
    days = span // timedelta(days=1)
    return f"{days} days" if days > 1 else f"{span // timedelta(hours=1)} hours"


def _lines(clusters: Iterable[Cluster]) -> tuple[Line, ...]:
    return tuple(map(line_of, clusters))
