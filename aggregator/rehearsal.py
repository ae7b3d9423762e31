"""What alert rules would have called about, had they held for a while; sends nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.alerts import cluster_alerts, may_tell_at
from aggregator.config import Settings
from aggregator.models import Alert, AlertKind, ClusterCard, Topic
from aggregator.store import Reader

PAGE = 200


def rehearse(
    reader: Reader, settings: Settings, now: datetime, back: timedelta
) -> list[tuple[Alert, datetime]]:
    """Return each alert of the time since `back` with when it would have been told.

    A cluster calls when its first item came, by the score that it has today, or when
    the last of the independent reports that a rule asks for came. Surges are those of
    the stored charts, at the end of their day.
    """
    found: list[tuple[Alert, datetime]] = []
    for topic in settings.topics:
        if topic.alert:
            raised = [
                alert
                for alert in (
                    *_clusters(reader, topic, now, back),
                    *_surges(reader, topic, settings),
                )
                if now - back <= alert.raised_at <= now
            ]
            found += _told(sorted(raised, key=lambda a: a.raised_at), topic, settings)
    return sorted(found, key=lambda pair: (pair[0].raised_at, pair[0].slug))


def _clusters(
    reader: Reader, topic: Topic, now: datetime, back: timedelta
) -> list[Alert]:
    cards: list[ClusterCard] = []
    before = None
    while page := reader.clusters(
        topic=topic.slug, since=now - back, before=before, limit=PAGE, titles=0
    ):
        cards += page
        before = (page[-1].cluster.last_at, page[-1].cluster.id)
    grown_at = (
        reader.grown_at([card.cluster.id for card in cards], topic.alert.reports)
        if topic.alert.reports
        else {}
    )
    alerts = []
    for card in cards:
        first_at = card.cluster.first_at
        for alert in cluster_alerts(topic, topic.alert, [card], first_at):
            is_grown = alert.kind is AlertKind.GREW
            at = grown_at.get(card.cluster.id, first_at) if is_grown else first_at
            alerts.append(
                Alert(alert.slug, alert.kind, alert.cluster_id, "", alert.text, at)
            )
    return alerts


def _surges(reader: Reader, topic: Topic, settings: Settings) -> list[Alert]:
    if not topic.alert.surge:
        return []
    series = reader.trends([topic.slug]).get(topic.slug)
    return [
        Alert(
            topic.slug,
            AlertKind.SURGE,
            0,
            point.start.astimezone(settings.timezone).date().isoformat(),
            f"{topic.name} stands out: {point.surge.count} reports, "
            f"{point.surge.expected:.0f} expected",
            point.end,
        )
        for point in (series.surges if series else ())
        if point.surge
    ]


def _told(
    alerts: list[Alert], topic: Topic, settings: Settings
) -> list[tuple[Alert, datetime]]:
    told: list[tuple[Alert, datetime]] = []
    last_at: datetime | None = None
    for alert in alerts:
        if last_at is not None and alert.raised_at <= last_at:
            at = last_at  # waits with others, and is told with them
        else:
            at = may_tell_at(
                alert.raised_at,
                last_at,
                topic.alert.cooldown,
                settings.quiet_hours,
                settings.timezone,
            )
            last_at = at
        told.append((alert, at))
    return told
