"""Briefs and alerts -> messages; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from aggregator.brief import Brief
from aggregator.brief.manifest import read_manifest
from aggregator.brief.page import render_html
from aggregator.brief.sentences import Sentences
from aggregator.models import Alert, KeptBrief, Message

LEADS = 3
"""So many leads of a topic stand in the short form, for chats and pushes."""
ALERTS = 10
"""So many alerts stand in one message."""
TITLE_CHARS = 150


def brief_message(kept: KeptBrief) -> Message:
    """Write a kept brief as a mail (`html`), and in short for everything else."""
    brief = read_manifest(kept.manifest)
    return Message(
        title=Sentences(brief).subject()[:TITLE_CHARS],
        text="\n".join(_short(brief, kept.row.id)),
        html=render_html(brief),
    )


def _short(brief: Brief, brief_id: int) -> Iterator[str]:
    say = Sentences(brief)
    yield say.window()
    yield say.feeds()
    for alarm in brief.alarms:
        yield f"!! {' '.join(say.alarm(alarm))}"
    for section in (*brief.sections, brief.others):
        if section.leads:
            yield ""
            yield say.name(section)
        for card in section.leads[:LEADS]:
            headline = unaddressed(card.headline)
            yield f"- {headline} ({card.independent_count} independent)"
    if brief.site_url:
        yield ""
        yield f"{brief.site_url}/briefs/{brief_id}"


def unaddressed(text: str) -> str:
    """Return what a feed said so that it calls nobody: `@everyone`, `<!channel>`.

    A space of no width stands behind each sign that chats look for.
    """
    return re.sub(r"([@<])(?=[\w!@#&])", "\\1\u200b", text)


def alert_message(topic: str, alerts: Sequence[Alert], site_url: str) -> Message:
    """Write what a topic calls about, the newest first."""
    lines = []
    for alert in list(reversed(alerts))[:ALERTS]:
        lines.append(f"- {unaddressed(alert.text)}")
        if site_url and alert.cluster_id:
            lines.append(f"  {site_url}/clusters/{alert.cluster_id}")
        elif site_url:
            lines.append(f"  {site_url}/topics/{alert.slug}")
    if len(alerts) > ALERTS:
        lines.append(f"and {len(alerts) - ALERTS} more")
    first = unaddressed(alerts[-1].text)
    title = (
        f"{topic}: {first}" if len(alerts) == 1 else f"{topic}: {len(alerts)} alerts"
    )
    return Message(title[:TITLE_CHARS], "\n".join(lines))
