"""Clusters of a topic and its rule -> what to call about, and when it may be told; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.models import Alert, AlertKind, AlertRule, ClusterCard, Topic

FRESH = timedelta(days=1)
"""An older cluster is not new, however new its topic is."""

Quiet = tuple[time, time]
"""From when to when, by the local clock, nothing is told; may reach over midnight."""


def cluster_alerts(
    topic: Topic, rule: AlertRule, cards: Iterable[ClusterCard], now: datetime
) -> list[Alert]:
    """Return what a topic's clusters call for by now, whether or not it was told.

    A cluster that calls as new and as grown at once calls as grown alone.
    """
    found = []
    for card in cards:
        cluster = card.cluster
        score = next((s.score for s in card.topics if s.slug == topic.slug), 0.0)
        kind = None
        if rule.reports and cluster.independent_count >= rule.reports:
            kind = AlertKind.GREW
            why = f"{cluster.independent_count} independent reports"
        elif rule.score and score >= rule.score and now - cluster.first_at <= FRESH:
            kind = AlertKind.NEW
            why = f"new, {score:.2f} about {topic.name}"
        if kind:
            found.append(
                Alert(
                    topic.slug,
                    kind,
                    cluster.id,
                    "",
                    f"{cluster.headline} ({why})",
                    now,
                )
            )
    return found


def may_tell_at(
    now: datetime,
    last_told_at: datetime | None,
    cooldown: timedelta,
    quiet: Quiet | None,
    zone: ZoneInfo,
) -> datetime:
    """Return when a topic may be told about: after its cooldown and out of quiet hours."""
    at = now if last_told_at is None else max(now, last_told_at + cooldown)
    if quiet is None or not _is_quiet(at.astimezone(zone).time(), quiet):
        return at
    local = at.astimezone(zone)
    end = datetime.combine(local.date(), quiet[1], zone)
    if end <= local:
        end = datetime.combine(local.date() + timedelta(days=1), quiet[1], zone)
    return end.astimezone(now.tzinfo)


def _is_quiet(clock: time, quiet: Quiet) -> bool:
    start, end = quiet
    if start <= end:
        return start <= clock < end
    return clock >= start or clock < end


def fresh(alerts: Sequence[Alert], known: Iterable[Alert]) -> list[Alert]:
    """Return those that were not raised before.

    A cluster that was told of as grown is not told of as new any more.
    """
    seen = {(a.slug, a.kind, a.cluster_id, a.subject) for a in known}
    grown = {(slug, cluster) for slug, kind, cluster, _ in seen if kind == "grew"}
    return [
        a
        for a in alerts
        if (a.slug, a.kind, a.cluster_id, a.subject) not in seen
        and not (a.kind is AlertKind.NEW and (a.slug, a.cluster_id) in grown)
    ]
