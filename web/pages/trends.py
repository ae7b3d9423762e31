"""`/topics/<slug>/trends` and `/topics/compare`: a topic, or two, over time."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from aggregator.models import Topic
from aggregator.trends.charts import (
    OF,
    bar_chart,
    count_value,
    line_chart,
    share_chart,
    share_value,
)
from aggregator.trends.reading import hour_ground, read_series

from ..context import now, reader, settings

blueprint = Blueprint("trends", __name__, url_prefix="/topics")


@blueprint.get("/<slug>/trends")
def show(slug: str) -> str:
    """Show a topic's items, reports or clusters a day or an hour, and their share."""
    topic = topic_of(slug)
    of, hourly = _asked("of", OF, "reports"), _asked("by", ("day", "hour")) == "hour"
    if hourly:
        ground = hour_ground(reader(), settings().timezone, now())
        series = read_series(reader(), ground, slug)
    else:
        series = reader().trends([slug])[slug]
    return render_template(
        "trends.html",
        topic=topic,
        share=reader().rescored_shares().get(slug),
        series=series,
        of=of,
        hourly=hourly,
        counts=bar_chart(series, of) if series.points else None,
        shares=share_chart([series], of) if series.points else None,
        computed_at=reader().trends_at(),
    )


@blueprint.get("/compare")
def compare() -> str:
    """Show two topics over one axis."""
    followed = settings().topics
    if len(followed) < 2:
        return render_template("compare.html", topics_asked=(), of="reports")
    first = topic_of(request.args.get("a") or followed[0].slug)
    others = [topic for topic in followed if topic != first]
    second = topic_of(request.args.get("b") or others[0].slug)
    of = _asked("of", OF, "reports")
    measure = _asked("as", ("share", "count"))
    stored = reader().trends([first.slug, second.slug])
    series = [stored[topic.slug] for topic in (first, second)]
    value = share_value(of) if measure == "share" else count_value(of)
    return render_template(
        "compare.html",
        topics_asked=(first, second),
        series=series,
        of=of,
        measure=measure,
        chart=line_chart(series, value) if all(one.points for one in series) else None,
    )


def topic_of(slug: str) -> Topic:
    """Return a topic that is followed; any other slug gives 404."""
    topic = next((topic for topic in settings().topics if topic.slug == slug), None)
    if topic is None:
        abort(404)
    return topic


def _asked(name: str, choices: tuple[str, ...], default: str = "") -> str:
    """Return which of some choices an address asks for; any other gives 400."""
    asked = request.args.get(name) or default or choices[0]
    if asked not in choices:
        abort(400)
    return asked
