"""`/`: the last day by topic."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template

from aggregator.brief import (
    LEAD_COUNT,
    OTHER_COUNT,
    REFERENCE_COUNT,
    SINGLE_COUNT,
    build,
)

from ..context import now, reader, settings

blueprint = Blueprint("brief", __name__)

WINDOW = timedelta(days=1)
# One more than a section shows, as earlier topics may have taken some.
TOPIC_LIMIT = LEAD_COUNT + SINGLE_COUNT + REFERENCE_COUNT


@blueprint.get("/")
def show() -> str:
    """Show the brief."""
    since = now() - WINDOW
    topics = settings().topics
    brief = build(
        topics=topics,
        cards={
            topic.slug: reader().busiest_clusters(
                since=since, topic=topic.slug, limit=TOPIC_LIMIT
            )
            for topic in topics
        },
        counts=reader().topic_counts(since),
        others=reader().busiest_clusters(since=since, topic="", limit=OTHER_COUNT),
        totals=reader().counts_since(since),
        status=reader().status(),
        feeds=reader().feeds(),
        now=now(),
        window=WINDOW,
        poll_interval=settings().poll_interval,
    )
    return render_template("brief.html", brief=brief, window=WINDOW)
