"""Template filters: times as people read them, and feed text cut for marking.

Nothing here returns markup: a filter gives parts, and a template writes the tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Flask

from aggregator.models import Topic, TopicScore

from .charts import spark
from .context import now

if TYPE_CHECKING:
    from aggregator.config import Settings

Part = tuple[str, bool]
"""A piece of text, and whether it is to be marked."""


def add_to(app: Flask, settings: Settings) -> None:
    """Give the templates of `app` these filters and the settings they need."""
    zone = settings.timezone
    app.jinja_env.filters.update(
        ago=lambda at: ago(at, now()),
        clock=lambda at: clock(at, now(), zone),
        date_name=lambda at: date_name(at, zone),
        day=lambda at: f"{at.astimezone(zone):%A} {_day(at.astimezone(zone))}",
        excerpt_parts=excerpt_parts,
        hour_name=lambda at: f"{at.astimezone(zone):%a %H:%M}",
        interval=interval,
        iso=iso,
        lag=lag,
        number=lambda count: f"{count:,}",
        on_topics=lambda scores: on_topics(scores, settings.topics),
        percent=lambda share: f"{share * 100:.0f}%",
        spark=spark,
        web_url=web_url,
        without_password=without_password,
        word_parts=word_parts,
    )
    app.jinja_env.globals.update(timezone=zone.key or "UTC", topics=settings.topics)


def iso(at: datetime) -> str:
    """Write a time for `<time datetime>`."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _day(local: datetime) -> str:
    return f"{local.day} {local:%b %Y}"


def date_name(at: datetime, zone: ZoneInfo) -> str:
    """Write a local day as charts name it."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}"


def clock(at: datetime, today: datetime, zone: ZoneInfo) -> str:
    """Write a time as briefly as the day it is read on allows."""
    local, here = at.astimezone(zone), today.astimezone(zone)
    if local.date() == here.date():
        return f"{local:%H:%M}"
    if abs(local.date() - here.date()) < timedelta(days=6):
        return f"{local:%a %H:%M}"
    if local.year == here.year:
        return f"{local.day} {local:%b, %H:%M}"
    return f"{_day(local)}, {local:%H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """Write how far a time is from now, in its largest unit."""
    seconds = (now - at).total_seconds()
    text = interval(timedelta(seconds=abs(seconds)))
    if abs(seconds) < 60:
        return "just now" if seconds >= 0 else "in a moment"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def interval(span: timedelta) -> str:
    """Write a duration in its largest unit, rounded down."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and unit != "d"):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def lag(span: timedelta) -> str:
    """Write how much later something was, in its two largest units."""
    minutes = int(span.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def web_url(url: str) -> str:
    """Return a URL that may be linked, or '' for any scheme but http and https.

    White space, control characters and backslashes are refused: browsers read
    addresses that hold them in ways of their own.
    """
    return url if re.fullmatch(r"(?i)https?://[^\s\x00-\x20\x7f\\]+", url) else ""


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


def on_topics(
    scores: Iterable[TopicScore], topics: Iterable[Topic]
) -> list[tuple[Topic, TopicScore]]:
    """Pair the scores that match with their topics, leaving out forgotten topics."""
    by_slug = {topic.slug: topic for topic in topics}
    return [(by_slug[s.slug], s) for s in scores if s.is_match and s.slug in by_slug]
