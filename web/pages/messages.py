"""`/messages/`: what topics called about, and whether what was sent has arrived."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..context import reader, settings

blueprint = Blueprint("messages", __name__, url_prefix="/messages")

N_SHOWN = 50


@blueprint.get("/")
def index() -> str:
    """Show the newest alerts and dispatches."""
    return render_template(
        "messages.html",
        alerts=reader().alerts(N_SHOWN),
        dispatches=reader().dispatches(limit=N_SHOWN),
        targets=settings().deliver,
    )
