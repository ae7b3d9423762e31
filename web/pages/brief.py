"""`/`: the brief of the moment; `/briefs/`: those that are kept."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from aggregator.brief import Brief
from aggregator.brief.manifest import read_manifest
from aggregator.brief.page import FORMATS
from aggregator.brief.sentences import Sentences
from aggregator.brief.values import Title
from aggregator.editions import moment_brief, new_brief, rebuilt
from aggregator.wording import count

from ..context import desk, now, reader, settings, who
from ..paging import asked_id

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState

    from aggregator.models import BriefRow

blueprint = Blueprint("brief", __name__)

PAGE = 50
DAY = timedelta(days=1)
PAUSE = timedelta(minutes=1)
"""How soon after a brief another may be kept: each takes a second, and stays for good."""
TYPES = {"html": "text/html", "txt": "text/plain", "json": "application/json"}


class PageLinks:
    """Where a brief's things are for those who read it on the site."""

    is_outward = False

    def cluster(self, cluster_id: int) -> str:
        """Return where a cluster is."""
        return url_for("clusters.show", cluster_id=cluster_id)

    def topic(self, slug: str) -> str:
        """Return where a topic is; '' for one that is no topic any more."""
        known = any(topic.slug == slug for topic in settings().topics)
        return url_for("topics.show", slug=slug) if known else ""

    def feeds(self) -> str:
        """Return where the feeds are."""
        return url_for("feeds.index")

    def clusters(self) -> str:
        """Return where all clusters are."""
        return url_for("clusters.index")

    def title(self, title: Title) -> str:
        """Return where an item is."""
        return url_for("items.show", item_id=title.item_id)


@blueprint.get("/")
def show() -> str:
    """Show the brief of the moment."""
    brief = moment_brief(reader(), settings(), now(), who())
    sparks = reader().trends([topic.slug for topic in settings().topics])
    failed_count = reader().failed_count(now() - DAY)
    return _page("brief.html", brief, sparks=sparks, failed_count=failed_count)


def _page(template: str, brief: Brief, **more: object) -> str:
    return render_template(
        template, brief=brief, say=Sentences(brief), links=PageLinks(), **more
    )


@blueprint.post("/visits/")
def mark_read() -> AnyResponse:
    """Note that somebody has read the page that knew the clusters up to `known_at`."""
    known_at = _time(request.form.get("known_at", ""))
    if known_at is None or known_at > now():
        abort(400)
    desk().note_visit(who(), known_at, now())
    return redirect(url_for("brief.show"), 303)


def _time(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


@blueprint.record
def make_one_at_a_time(state: BlueprintSetupState) -> None:
    """Let one brief be made: several would keep all threads from everybody else."""
    state.app.extensions["making"] = threading.Lock()


@blueprint.post("/briefs/")
def make() -> AnyResponse:
    """Make a brief now and keep it, unless one was kept just now."""
    at = desk()
    with current_app.extensions["making"]:
        last = reader().last_brief()
        if last and abs(now() - last.until) < PAUSE:
            return _too_soon(last)
        kept = new_brief(reader(), settings(), now())
        brief_id = at.keep_brief(kept, who(), now())
    return redirect(url_for("brief.kept", brief_id=brief_id), 303)


def _too_soon(last: BriefRow) -> AnyResponse:
    """Say when another brief may be kept, and which was kept just now."""
    seconds = int((last.until + PAUSE - now()).total_seconds())
    html = render_template(
        "error.html",
        code=429,
        heading="Not yet",
        text="A brief was kept less than a minute ago, and little is new since. "
        f"Another can be kept in {count(seconds, 'second', 'seconds')}.",
        link=(url_for("brief.kept", brief_id=last.id), "The brief that was kept"),
    )
    response = make_response(html, 429)
    response.headers["Retry-After"] = str(seconds)
    return response


@blueprint.get("/briefs/")
def index() -> str:
    """List the briefs that are kept."""
    rows = reader().briefs(before=asked_id(), limit=PAGE + 1)
    older = str(rows[PAGE - 1].id) if len(rows) > PAGE else ""
    return render_template(
        "briefs.html",
        rows=rows[:PAGE],
        older=older and url_for("brief.index", before=older),
        is_first="before" not in request.args,
    )


@blueprint.get("/briefs/<id:brief_id>")
def kept(brief_id: int) -> str:
    """Show a kept brief as it was made."""
    found = reader().kept_brief(brief_id)
    return _page(
        "kept.html",
        read_manifest(found.manifest),
        row=found.row,
        previous=reader().previous_brief(brief_id),
        following=reader().next_brief(brief_id),
        formats=FORMATS,
        dispatches=reader().dispatches(brief_id=brief_id),
    )


@blueprint.get("/briefs/<id:brief_id>.<any(html, txt, json):form>")
def file(brief_id: int, form: str) -> Response:
    """Give a kept brief as a file that needs nothing else."""
    body = rebuilt(reader().kept_brief(brief_id), form)
    # an attachment: the site's own pages are the only ones whose styles may be inline
    name = f"brief-{brief_id}.{form}"
    return Response(
        body,
        mimetype=TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
