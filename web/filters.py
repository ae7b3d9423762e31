"""Template filters: times as people read them, and feed text cut for marking.

Nothing here returns markup: a filter gives parts, and a template writes the tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from aggregator.models import Topic, TopicScore
from aggregator.trends.charts import spark
from aggregator.wording import ago, clock, date_name, day, interval, iso, lag, web_url

from .context import now

if TYPE_CHECKING:
    from aggregator.config import Settings

Part = tuple[str, bool]
"""A piece of text, and whether it is to be marked."""


def add_to(app: Flask, settings: Settings) -> None:
    """Give the templates of `app` these filters and the settings they need."""
    zone = settings.timezone
    app.jinja_env.filters.update(
        amount=amount,
        ago=lambda at: ago(at, now()),
        clock=lambda at: clock(at, now(), zone),
        date_name=lambda at: date_name(at, zone),
        day=lambda at: day(at, zone),
        excerpt_parts=excerpt_parts,
        hour_name=lambda at: f"{at.astimezone(zone):%a %H:%M}",
        interval=interval,
        iso=iso,
        lag=lag,
        number=lambda count: f"{count:,}",
        on_topics=lambda scores: on_topics(scores, settings.topics),
        score_parts=score_parts,
        percent=lambda share: f"{share * 100:.0f}%",
        spark=spark,
        web_url=web_url,
        without_password=without_password,
        word_parts=word_parts,
    )
    app.jinja_env.globals.update(timezone=zone.key or "UTC", topics=settings.topics)


def amount(expected: float) -> str:
    """Write a number of things that are expected: to a tenth only where it matters."""
    return f"{expected:.1f}" if expected < 10 else f"{expected:,.0f}"


def without_password(text: str) -> str:
    """Cut user names and passwords out of every address in a text."""
    return re.sub(r"(://)[^/?#\s]*@", r"\1", text)


def excerpt_parts(excerpt: str) -> list[Part]:
    """Cut a search excerpt at its marks, \\x02 before a hit and \\x03 after it."""
    first, *rest = excerpt.split("\x02")
    parts = [(first, False)]
    for piece in rest:
        hit, _, plain = piece.partition("\x03")
        parts += [(hit, True), (plain, False)]
    return [(text.replace("\x03", ""), mark) for text, mark in parts if text]


def word_parts(text: str, words: Iterable[str]) -> list[Part]:
    """Cut a text where any of `words` stands in it, in whatever case."""
    wanted = sorted({word for word in words if word.strip()}, key=len, reverse=True)
    if not wanted:
        return [(text, False)] if text else []
    either = "|".join(re.escape(word) for word in wanted)
    pieces = re.split(rf"(?i)(?<!\w)({either})(?!\w)", text)
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


PART_NAMES = {"echo": "in both", "held": "held back"}


def score_parts(score: TopicScore) -> list[str]:
    """Write what a topic score is made of; of a cluster, how many reports it is from."""
    parts = dict(score.parts)
    told = []
    if "reports" in parts:
        told = [f"{parts.pop('reports'):.0f} of {parts.pop('of'):.0f} reports"]
    return told + [
        f"{PART_NAMES.get(name, name)} {value:+.2f}" for name, value in parts.items()
    ]


def on_topics(
    scores: Iterable[TopicScore], topics: Iterable[Topic]
) -> list[tuple[Topic, TopicScore]]:
    """Pair the scores that match with their topics, leaving out forgotten topics."""
    by_slug = {topic.slug: topic for topic in topics}
    return [(by_slug[s.slug], s) for s in scores if s.is_match and s.slug in by_slug]
