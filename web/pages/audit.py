"""`/audit/`: who did what."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..context import reader
from ..paging import asked_id

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

PAGE = 50


@blueprint.get("/")
def index() -> str:
    """List what was done, newest first."""
    before = asked_id()
    rows = reader().audit(before=before, limit=PAGE + 1)
    return render_template(
        "audit.html",
        rows=rows[:PAGE],
        older=str(rows[PAGE - 1].id) if len(rows) > PAGE else "",
        is_first=before is None,
    )
