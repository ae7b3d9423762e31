"""`/audit/`: who did what."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from ..context import reader
from ..paging import MAX_ID

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

PAGE = 50


@blueprint.get("/")
def index() -> str:
    """List what was done, newest first."""
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and int(before) <= MAX_ID):
        abort(400)
    rows = reader().audit(before=int(before) if before else None, limit=PAGE + 1)
    return render_template(
        "audit.html",
        rows=rows[:PAGE],
        older=str(rows[PAGE - 1].id) if len(rows) > PAGE else "",
        is_first=not before,
    )
