"""The site: `create_app` makes the Flask application out of settings and a reader."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, g
from jinja2 import ChoiceLoader, StrictUndefined

from aggregator.brief.page import loader

from . import errors, filters, guard
from .pages import (
    answers,
    audit,
    brief,
    clusters,
    corrections,
    feeds,
    health,
    items,
    messages,
    search,
    topics,
    trends,
    trial,
    websub,
)
from .paging import IdConverter

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.store.base import Desk, Inbox, Reader

__all__ = ["create_app"]


def create_app(
    settings: Settings,
    reader: Reader,
    inbox: Inbox | None = None,
    desk: Desk | None = None,
) -> Flask:
    """Make the site. Every request asks `reader`; no GET writes.

    What people tell the site goes to `desk`: without one, no page has a form that
    changes anything. What hubs say goes to `inbox`, where the settings name a public
    address. `app.config["NOW"]` is called once a request for the time it is answered
    at.
    """
    app = Flask(__name__)
    app.config["NOW"] = lambda: datetime.now(UTC)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.extensions["aggregator"] = (settings, reader)
    app.extensions["desk"] = desk
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.loader = ChoiceLoader([app.create_global_jinja_loader(), loader()])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    public_host = urlsplit(settings.public_url).hostname or ""
    guard.add_to(app, (*settings.allowed_hosts, *filter(None, [public_host])))
    errors.add_to(app)
    filters.add_to(app, settings)

    app.jinja_env.globals["has_desk"] = desk is not None

    @app.before_request
    def note_time() -> None:
        g.now = app.config["NOW"]().replace(microsecond=0)

    for page in (
        brief,
        topics,
        trends,
        trial,
        answers,
        clusters,
        corrections,
        items,
        feeds,
        search,
        audit,
        messages,
        health,
    ):
        app.register_blueprint(page.blueprint)
    if settings.public_url and inbox is not None:
        app.extensions["inbox"] = inbox
        app.register_blueprint(websub.blueprint)
    return app
