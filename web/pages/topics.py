"""`/topics/`: the topics followed, and the clusters of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, abort, render_template

from aggregator.models import ClusterCard, LessonRow, RisingWord, Series, Topic
from aggregator.trends.charts import Chart, bar_chart

from ..context import now, reader, settings
from ..paging import asked_key, cut

blueprint = Blueprint("topics", __name__, url_prefix="/topics")

PAGE = 30
LEADING = timedelta(days=3)
N_LEADING = 5


@blueprint.get("/")
def index() -> str:
    """List the topics with how many clusters each has lately."""
    counts = {
        days: reader().topic_counts(now() - timedelta(days=days)) for days in (1, 7)
    }
    sparks = reader().trends([topic.slug for topic in settings().topics])
    return render_template(
        "topics.html", counts=counts, sparks=sparks, shares=reader().rescored_shares()
    )


@blueprint.get("/<slug>")
def show(slug: str) -> str:
    """Show what a topic is made of, what leads in it, and its clusters, newest first."""
    topic = next((topic for topic in settings().topics if topic.slug == slug), None)
    if topic is None:
        abort(404)
    before = asked_key()
    cards = reader().clusters(topic=slug, before=before, limit=PAGE + 1)
    cards, older = cut(cards, PAGE, lambda c: (c.cluster.last_at, c.cluster.id))
    is_first = before is None
    leading: tuple[ClusterCard, ...] = ()
    series: Series | None = None
    chart: Chart | None = None
    words: tuple[RisingWord, ...] = ()
    headlines: Mapping[int, str] = {}
    if is_first:
        since = now() - LEADING
        leading = reader().busiest_clusters(since=since, topic=slug, limit=N_LEADING)
        series = reader().trends([slug])[slug]
        chart = bar_chart(series, "reports") if series.points else None
        words = reader().rising(slug)
        headlines = reader().headlines([i for word in words for i in word.cluster_ids])
    return render_template(
        "topic.html",
        topic=topic,
        defined_at=reader().defined_at(slug),
        old_lesson=_old_lesson(topic),
        unknown=_unknown(topic),
        file=settings().path.name,
        share=reader().rescored_shares().get(slug),
        # what one source has does not lead
        leading=[card for card in leading if card.cluster.source_count > 1],
        leading_days=LEADING.days,
        cards=cards,
        older=older,
        is_first=is_first,
        series=series,
        chart=chart,
        words=words,
        headlines=headlines,
    )


def _old_lesson(topic: Topic) -> tuple[LessonRow, bool, int, int] | None:
    """Return the lesson in use if it was learned on another definition.

    And whether somebody put it in place of a newer one, and how many say yes and no
    today.
    """
    used = reader().lesson_in_use(topic.slug)
    if used is None or used.definition == topic.definition:
        return None
    (newest,) = reader().lessons(topic.slug, limit=1)
    answers = reader().answers(topic.slug)
    yes_count = sum(answer.is_yes for answer in answers)
    return used, newest.id != used.id, yes_count, len(answers) - yes_count


def _unknown(topic: Topic) -> Mapping[str, int]:
    """Return the examples at whose address nothing is stored, with their lines."""
    if not topic.examples:
        return {}
    from aggregator.trials import unknown_examples  # the matcher: not for every page

    return {one.url: one.line for one in unknown_examples(reader(), [topic])}
