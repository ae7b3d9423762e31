"""`/feeds/`: how each feed is doing, and the poll log of one."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from aggregator.models import Feed, FeedState

from ..context import desk, now, reader, who
from ..paging import asked_key, cut

blueprint = Blueprint("feeds", __name__, url_prefix="/feeds")

PAGE = 30
ASK_AGAIN = timedelta(minutes=5)
"""How long after a poll nobody may ask for another: it is a stranger's server."""
NEVER_ASKED = frozenset({FeedState.DISABLED, FeedState.REMOVED})
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
    return render_template(
        "feeds.html", feeds=feeds, counts=counts, encoder=reader().encoder_state()
    )


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
        may_ask=may_ask(feed, now()),
        subscription=reader().subscription(feed_id),
        now=now(),
        polls=reader().polls(feed_id),
        first_failure=reader().first_failure(feed_id),
        items=items,
        older=older,
        is_first=before is None,
    )


@blueprint.post("/<id:feed_id>/poll")
def poll(feed_id: int) -> Response:
    """Have a feed polled at the next tick; also one that was gone."""
    found = reader().feed(feed_id)
    if not may_ask(found, now()):
        abort(409)
    desk().ask_poll(feed_id, who(), now())
    return redirect(url_for(".show", feed_id=feed_id), code=303)


def may_ask(feed: Feed, at: datetime) -> bool:
    """Say whether a person may have a feed polled: not one that said when to come."""
    if feed.state in NEVER_ASKED or (
        feed.next_poll_at is None and feed.state != "gone"
    ):
        return False
    if feed.state is FeedState.BACKOFF and feed.next_poll_at and feed.next_poll_at > at:
        return False
    return feed.last_polled_at is None or at - feed.last_polled_at >= ASK_AGAIN
