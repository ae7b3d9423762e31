"""`/topics/try`: what a definition would change, before it counts; nothing is stored."""

from __future__ import annotations

import textwrap
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, render_template, request

from aggregator.errors import ConfigError

from ..context import now, reader, settings
from ..guard import is_foreign

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState

    from aggregator.models import Topic
    from aggregator.trials import Trial

blueprint = Blueprint("trial", __name__, url_prefix="/topics")

MAX_CHARS = 20_000
DAYS = {"3": 3, "7": 7, "14": 14}
PATIENCE_S = 5.0
"""Clusters are looked at, newest first, for so long."""
TEXTS = 5_000
"""So many of the stream's newest texts help to learn from examples: two seconds."""
SHOWN = 50


@blueprint.record
def keep_one_at_a_time(state: BlueprintSetupState) -> None:
    """Let one trial run: several would keep all threads from everybody else."""
    state.app.extensions["trial"] = threading.Lock()


@blueprint.get("/try")
def show() -> str | tuple[str, int]:
    """Show the form, and what the definition in it would change.

    A page of another site gets the form alone: it could have every browser that looks
    at it spend our seconds.
    """
    # YAML and the matcher come with these: only this page pays
    from aggregator.config import parse_topic, topic_yaml

    text = request.args.get("definition", "").replace("\r\n", "\n")
    asked = request.args.get("topic", "")
    running = next((t for t in settings().topics if t.slug == asked), None)
    days = DAYS.get(request.args.get("days", ""), 14)
    problems: tuple[str, ...] = ()
    trial: Trial | None = None
    refused = False
    if len(text) > MAX_CHARS:
        problems = (f"That is too long: at most {MAX_CHARS:,} characters.",)
        text = text[:MAX_CHARS]
    elif text.strip() and is_foreign(request):
        refused = True
    elif text.strip():
        try:
            topic = parse_topic(
                textwrap.dedent(text).encode("utf-8", "replace"),
                "line",
                settings().feeds,
            )
        except ConfigError as error:
            problems = tuple(str(problem) for problem in error.args[0])
        else:
            lock = current_app.extensions["trial"]
            if not lock.acquire(timeout=PATIENCE_S):
                abort(503)
            try:
                trial = _try(topic, timedelta(days=days))
            finally:
                lock.release()
    elif running:
        text = topic_yaml(running)
    page = render_template(
        "try.html",
        refused=refused,
        text=text,
        days=days,
        choices=DAYS.values(),
        problems=problems,
        trial=trial,
        share=reader().rescored_shares().get(trial.slug) if trial else None,
        is_cut=trial is not None and trial.since > now() - timedelta(days=days),
        max_chars=MAX_CHARS,
        shown=SHOWN,
        patience=int(PATIENCE_S),
    )
    return (page, 403) if refused else page


def _try(topic: Topic, span: timedelta) -> Trial:
    from aggregator.trials import try_topics

    until = time.monotonic() + PATIENCE_S
    (trial,) = try_topics(
        reader(),
        (topic,),
        since=now() - span,
        texts=TEXTS,
        is_late=lambda: time.monotonic() > until,
    )
    return trial
