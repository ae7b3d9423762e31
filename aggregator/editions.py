"""What a reader holds -> briefs: the page of the moment, and those that are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import aggregator
from aggregator.brief import Brief, Materials, Occasion, build
from aggregator.brief.manifest import read_manifest, render_json
from aggregator.brief.page import hashes, render
from aggregator.brief.sections import ASKED, NEAR_COUNT, OTHER_COUNT
from aggregator.brief.sentences import lead_headline
from aggregator.models import BriefRow, KeptBrief
from aggregator.trends.reading import read_silent

if TYPE_CHECKING:
    from aggregator.brief.due import Due
    from aggregator.config import Settings
    from aggregator.store.base import Reader

TITLES = 8
"""How many sources' titles of a cluster are looked at to choose three."""
MEMBERS = 30
"""How many of a cluster's newest items are read for figures."""
LONGEST = timedelta(days=7)
"""A brief looks back no further, however long none was made."""
SLOW = timedelta(days=2)
"""How long before the window something may have been published that came since the
last brief: feeds and networks fail, and what they missed is news when it comes."""
SILENT_ON = 12
"""Of how many clusters silent sources are looked for: the largest on topics."""
CHANGED = 40
"""Of how many changed clusters the items are read for figures: the largest."""


def moment_brief(
    reader: Reader, settings: Settings, now: datetime, who: str = ""
) -> Brief:
    """Make the page of this moment, against the last visit of `who`, if it was lately.

    What changed since an older one is most of what is stored, and no news.
    """
    occasion = _occasion(settings, now)
    visit = reader.last_visit(who) if who else None
    if visit and now - visit.known_at <= LONGEST:
        occasion = replace(
            occasion, base=visit.known_at, seen_at=visit.at, is_visit=True
        )
    return _brief(reader, settings, occasion)


def new_brief(
    reader: Reader, settings: Settings, now: datetime, due: Due | None = None
) -> KeptBrief:
    """Make a brief to be kept: the daily one that is `due`, or one somebody asked for.

    A daily brief is compared with the daily one before it, any other with the last of
    all; its window reaches back to that one's cut-off where that is longer. Where that
    is more than a week ago, it is compared with what was known a week ago, and says so.
    """
    last = reader.last_brief(daily=due is not None)
    occasion = _occasion(settings, now)
    if last is not None:
        farthest = now - LONGEST
        since = max(min(occasion.since, last.until), farthest)
        occasion = replace(
            occasion,
            base=max(last.known_at, farthest),
            seen_at=max(last.until, farthest),
            since=since if due is not None else occasion.since,
            paused_since=last.until if last.until < farthest else None,
        )
    if due is not None:
        occasion = replace(occasion, due_at=due.at)
    brief = _brief(reader, settings, occasion)
    row = BriefRow(
        id=0,
        since=brief.since,
        until=brief.until,
        known_at=brief.known_at,
        day=due.day if due is not None else None,
        due_at=brief.due_at,
        headline=lead_headline(brief),
    )
    return KeptBrief(row, render_json(brief), hashes(brief), aggregator.__version__)


def rebuilt(kept: KeptBrief, form: str) -> str:
    """Write a kept brief again, in one of the formats; raises `ValueError`."""
    return render(read_manifest(kept.manifest), form)


def differences(kept: KeptBrief) -> tuple[str, ...]:
    """Return the formats in which a kept brief is not what it was."""
    now = hashes(read_manifest(kept.manifest))
    return tuple(form for form in now if now[form] != kept.hashes.get(form))


def _occasion(settings: Settings, now: datetime) -> Occasion:
    return Occasion(
        now=now,
        since=now - settings.brief.window,
        zone=settings.timezone.key or "UTC",
        poll_interval=settings.poll_interval,
        silence=settings.brief.silence,
        site_url=settings.site_url or settings.public_url,
    )


def _brief(reader: Reader, settings: Settings, occasion: Occasion) -> Brief:
    return build(_materials(reader, settings, occasion), occasion)


def _materials(reader: Reader, settings: Settings, occasion: Occasion) -> Materials:
    """Read all that a brief is made of; a few queries, whatever there is."""
    since, base = occasion.since, occasion.base
    reach, limit = (since - SLOW, 2 * ASKED) if base else (since, ASKED)
    cards = {
        topic.slug: reader.busiest_clusters(
            since=reach, topic=topic.slug, limit=limit, titles=TITLES
        )
        for topic in settings.topics
    }
    others = reader.busiest_clusters(
        since=reach, topic="", limit=OTHER_COUNT + limit, titles=TITLES
    )
    listed = [card for found in (*cards.values(), others) for card in found]
    ids = sorted({card.cluster.id for card in listed})
    pasts = reader.changed_clusters(base) if base else ()
    largest = sorted(pasts, key=lambda past: -past.cluster.independent_count)[:CHANGED]
    told = {card.cluster.id for card in listed if card.cluster.independent_count > 1}
    told |= {past.cluster.id for past in largest}
    firsts = reader.first_items(ids)
    members = reader.newest_members(sorted(told), MEMBERS)
    large = sorted(
        (card for found in cards.values() for card in found),
        key=lambda card: -card.cluster.independent_count,
    )[:SILENT_ON]
    waiting = reader.waiting_items(1)
    return Materials(
        topics=settings.topics,
        feeds=reader.feeds(),
        status=reader.status(),
        totals=reader.counts_since(since),
        cards=cards,
        counts=reader.topic_counts(since),
        others=others,
        near={
            topic.slug: reader.near_misses(topic.slug, since, NEAR_COUNT)
            for topic in settings.topics
        },
        firsts=firsts,
        members=members,
        carriers=reader.carriers([i.id for found in members.values() for i in found]),
        placements=reader.placements(
            sorted(
                item.id
                for card in listed
                if card.cluster.independent_count > 1
                for item in card.items
            )
        ),
        standings=reader.standings(ids, base) if base else {},
        silent=read_silent(
            reader, [(card.cluster, card.topics) for card in large], occasion.now
        ),
        pasts=pasts,
        unpolled=reader.unpolled(occasion.paused_since)
        if occasion.paused_since
        else None,
        rescored=reader.rescored_shares(),
        waiting_since=waiting[0].first_seen_at if waiting else None,
        aside_count=reader.aside_count(since),
    )
