"""What every page needs: the settings, the reader and the time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from flask import current_app, g

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.store.base import Inbox, Reader


def settings() -> Settings:
    """Return the settings of the application that answers."""
    return cast("tuple[Settings, Reader]", current_app.extensions["aggregator"])[0]


def reader() -> Reader:
    """Return the reader of the application that answers."""
    return cast("tuple[Settings, Reader]", current_app.extensions["aggregator"])[1]


def inbox() -> Inbox:
    """Return where what hubs say is put; only pages that need one are served then."""
    return cast("Inbox", current_app.extensions["inbox"])


def now() -> datetime:
    """Return the time of this request: one value for the whole page."""
    return cast("datetime", g.now)
