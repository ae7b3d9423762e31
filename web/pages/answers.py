"""`/topics/<slug>/answers`: what just misses a topic, yes or no, and what answers taught."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from aggregator.models import Topic

from ..context import desk, now, reader, settings, who
from ..paging import posted_id

blueprint = Blueprint("answers", __name__, url_prefix="/topics/<slug>")

NEAR = timedelta(days=14)
N_NEAR = 10
N_ANSWERS = 50
N_WORDS = 12


@blueprint.get("/answers")
def show(slug: str) -> str:
    """Show the near misses, the lessons and the answers of a topic."""
    topic = _topic(slug)
    answers = reader().answers(slug)
    shown = answers[:N_ANSWERS]
    return render_template(
        "answers.html",
        topic=topic,
        share=reader().rescored_shares().get(slug),
        near=reader().nearest_items(slug, now() - NEAR, N_NEAR),
        near_days=NEAR.days,
        lessons=[(row, _words(row.lesson.weights)) for row in reader().lessons(slug)],
        answers=shown,
        more_count=len(answers) - len(shown),
        items=reader().items([answer.item_ids[0] for answer in shown]),
    )


@blueprint.post("/answers")
def answer(slug: str) -> Response:
    """Take a yes or no about an item or a cluster."""
    _topic(slug)
    item_id, cluster_id = posted_id("item"), posted_id("cluster")
    said = request.form.get("answer", "")
    if (item_id is None) == (cluster_id is None) or said not in ("yes", "no"):
        abort(400)
    desk().answer(
        slug,
        item_id=item_id,
        cluster_id=cluster_id,
        is_yes=said == "yes",
        who=who(),
        now=now(),
    )
    back = request.form.get("back", "")
    if back == "queue":
        return redirect(url_for(".show", slug=slug), code=303)
    if back == "brief":
        return redirect(url_for("brief.show"), code=303)
    if cluster_id is not None:
        return redirect(url_for("clusters.show", cluster_id=cluster_id), code=303)
    return redirect(url_for("items.show", item_id=item_id), code=303)


@blueprint.post("/answers/<id:answer_id>/take-back")
def take_back(slug: str, answer_id: int) -> Response:
    """Take back an answer."""
    _topic(slug)
    desk().take_back_answer(answer_id, who(), now())
    return redirect(url_for(".show", slug=slug), code=303)


@blueprint.post("/lessons")
def use_lesson(slug: str) -> Response:
    """Score by another lesson, or by the definition alone."""
    _topic(slug)
    desk().use_lesson(slug, posted_id("lesson"), who(), now())
    return redirect(url_for(".show", slug=slug), code=303)


def _topic(slug: str) -> Topic:
    topic = next((topic for topic in settings().topics if topic.slug == slug), None)
    if topic is None:
        abort(404)
    return topic


def _words(weights: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Return the stems that speak most for a topic, and most against it."""
    ranked = sorted(weights, key=lambda stem: (weights[stem], stem))
    against = [stem for stem in ranked[:N_WORDS] if weights[stem] < 0.0]
    return [
        stem for stem in ranked[: -N_WORDS - 1 : -1] if weights[stem] > 0.0
    ], against
