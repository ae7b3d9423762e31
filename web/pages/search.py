"""`/search`: the items that hold some words."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request

from ..context import now, reader, settings

blueprint = Blueprint("search", __name__)

LIMIT = 50
MAX_QUERY = 500
DAYS = {"1": 1, "7": 7, "30": 30}


@blueprint.get("/search")
def show() -> str:
    """Show the search form and what was found."""
    query = " ".join(request.args.get("q", "").replace("\0", " ").split())
    is_long = len(query) > MAX_QUERY
    query = query[:MAX_QUERY]
    slugs = {topic.slug for topic in settings().topics}
    topic = request.args.get("topic", "")
    topic = topic if topic in slugs else ""
    days = DAYS.get(request.args.get("days", ""))
    hits = None
    if query and not is_long:
        since = now() - timedelta(days=days) if days else None
        hits = reader().search(query, topic=topic, since=since, limit=LIMIT)
    return render_template(
        "search.html",
        query=query,
        topic=topic,
        days=days,
        hits=hits,
        is_long=is_long,
        limit=LIMIT,
        max_query=MAX_QUERY,
    )
