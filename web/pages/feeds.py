"""`/feeds/`: how each feed is doing, and the poll log of one."""

from __future__ import annotations

from flask import Blueprint, render_template

from aggregator.models import FeedState

from ..context import now, reader
from ..paging import asked_key, cut

blueprint = Blueprint("feeds", __name__, url_prefix="/feeds")

PAGE = 30
WORST_FIRST = (
    FeedState.ERROR,
    FeedState.GONE,
    FeedState.BACKOFF,
    FeedState.WARN,
    FeedState.NEW,
    FeedState.OK,
    FeedState.DISABLED,
    FeedState.REMOVED,
)


@blueprint.get("/")
def index() -> str:
    """List the feeds, the worst first."""
    feeds = sorted(
        reader().feeds(),
        key=lambda feed: (WORST_FIRST.index(feed.state), feed.name.casefold()),
    )
    counts = {
        state: sum(feed.state is state for feed in feeds) for state in WORST_FIRST
    }
    return render_template("feeds.html", feeds=feeds, counts=counts)


@blueprint.get("/<id:feed_id>")
def show(feed_id: int) -> str:
    """Show a feed, its last polls and its items."""
    # YAML comes with it: 30 ms that only this page pays
    from aggregator.moves import has_moved

    feed = reader().feed(feed_id)
    before = asked_key()
    items = reader().feed_items(feed_id, before=before, limit=PAGE + 1)
    items, older = cut(items, PAGE, lambda item: (item.at, item.id))
    return render_template(
        "feed.html",
        feed=feed,
        has_moved=has_moved(feed),
        subscription=reader().subscription(feed_id),
        now=now(),
        polls=reader().polls(feed_id),
        items=items,
        older=older,
        is_first=before is None,
    )
