"""The site: `create_app` makes the Flask application out of settings and a reader."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask, g
from jinja2 import StrictUndefined

from . import errors, filters, guard
from .pages import brief, clusters, feeds, health, items, search, topics
from .paging import IdConverter

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.store.base import Reader

__all__ = ["create_app"]


def create_app(settings: Settings, reader: Reader) -> Flask:
    """Make the site. Every request asks `reader`; none of them writes.

    `app.config["NOW"]` is called once a request for the time it is answered at.
    """
    app = Flask(__name__)
    app.config["NOW"] = lambda: datetime.now(UTC)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.extensions["aggregator"] = (settings, reader)
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    guard.add_to(app, settings.allowed_hosts)
    errors.add_to(app)
    filters.add_to(app, settings)

    @app.before_request
    def note_time() -> None:
        g.now = app.config["NOW"]().replace(microsecond=0)

    for page in (brief, topics, clusters, items, feeds, search, health):
        app.register_blueprint(page.blueprint)
    return app
