"""Materials -> the brief; pure."""

from __future__ import annotations

from aggregator.brief.alarms import alarms
from aggregator.brief.changes import changes
from aggregator.brief.materials import Materials, Occasion
from aggregator.brief.sections import sections
from aggregator.brief.trust import trust
from aggregator.brief.values import Brief


def build(materials: Materials, occasion: Occasion) -> Brief:
    """Lay out what was read: the same for the live page and for one that is kept."""
    status = materials.status
    on_topics, others = sections(materials, occasion)
    return Brief(
        since=occasion.since,
        until=occasion.now,
        known_at=min(status.last_grouping_at or occasion.now, occasion.now),
        zone=occasion.zone,
        due_at=occasion.due_at,
        site_url=occasion.site_url,
        trust=trust(
            materials.feeds, status, materials.totals, occasion.since, occasion.now
        ),
        alarms=alarms(materials, occasion),
        changes=changes(materials, occasion),
        sections=on_topics,
        others=others,
    )
