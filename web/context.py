"""What every page needs: the settings, the reader and the time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from flask import abort, current_app, g, request

from aggregator.text import clean_text

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.store.base import Desk, Inbox, Reader

WHO_CHARS = 100


def settings() -> Settings:
    """Return the settings of the application that answers."""
    return cast("tuple[Settings, Reader]", current_app.extensions["aggregator"])[0]


def reader() -> Reader:
    """Return the reader of the application that answers."""
    return cast("tuple[Settings, Reader]", current_app.extensions["aggregator"])[1]


def inbox() -> Inbox:
    """Return where what hubs say is put; only pages that need one are served then."""
    return cast("Inbox", current_app.extensions["inbox"])


def desk() -> Desk:
    """Return where what people tell the site is put; 405 where there is none."""
    found = cast("Desk | None", current_app.extensions["desk"])
    if found is None:
        abort(405)
    return found


def who() -> str:
    """Return who asks, as the proxy in front names them; "somebody" without one."""
    header = settings().user_header
    named = clean_text(request.headers.get(header, ""), WHO_CHARS) if header else ""
    return named or "somebody"


def now() -> datetime:
    """Return the time of this request: one value for the whole page."""
    return cast("datetime", g.now)
