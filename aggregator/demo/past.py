"""past.yaml -> the polls of the weeks before the week, as if the demo had run then; pure.

Charts need a past to compare a day with: standing columns that run every so many days,
and one day on which half of the outlets failed and lost what they wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

import yaml

from aggregator.demo.week import DemoWeek
from aggregator.models import Entry, Outcome, Poll

PAST_FILE = "past.yaml"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK_DAYS = 7
"""The week's own days: then the outlets are asked, and all they say comes at the start."""


def load_past() -> Mapping[str, Any]:
    """Read the columns that the package carries."""
    data = resources.files("aggregator.demo").joinpath(PAST_FILE).read_text("utf-8")
    past: Mapping[str, Any] = yaml.safe_load(data)
    return past


def past_polls(
    week: DemoWeek, start: datetime, feed_ids: Mapping[str, int]
) -> list[Poll]:
    """Return a poll a day of every outlet that is well, oldest first, up to `start`.

    `feed_ids` maps outlets' keys to their feeds.
    """
    past = load_past()
    outage = past["outage"]
    polls: list[Poll] = []
    for days in range(past["days"], -1, -1):
        at = start - days * DAY - timedelta(minutes=1)
        for outlet in week.outlets:
            if outlet.fault:
                continue
            feed_id = feed_ids[outlet.key]
            if days == outage["ago"] and outlet.key in outage["outlets"]:
                failed = Poll(feed_id, at, at, Outcome.ERROR, None, 1, 503)
                polls.append(failed)
                continue
            entries = _entries(past, outlet.key, days, at)
            polls.append(
                Poll(
                    *(feed_id, at, at, Outcome.OK if entries else Outcome.NOT_MODIFIED),
                    next_poll_at=None,
                    status=200,
                    entries=entries,
                )
            )
    return polls


def _entries(
    past: Mapping[str, Any], outlet: str, days: int, at: datetime
) -> tuple[Entry, ...]:
    """Return what an outlet wrote on one day; from the week on, nothing of this kind.

    The day's document still holds the day before, unless that was lost.
    """
    if days < WEEK_DAYS:
        return ()
    columns = [
        (number, column)
        for number, column in enumerate(past["columns"])
        if column["outlet"] == outlet
    ]
    told = [
        _telling(past, story, item, at - (day - days) * DAY)
        for day in (days, days + 1)
        for story in past["stories"]
        for item in story["items"]
        if day == story["ago"] and item["outlet"] == outlet
    ]
    lost = days + 1 == past["outage"]["ago"] and outlet in past["outage"]["outlets"]
    return tuple(
        _entry(past, number, column, day, turn, at - (day - days) * DAY)
        for day in ((days,) if lost else (days, days + 1))
        for number, column in columns
        if day % column.get("every", 1) == 0
        for turn in range(column.get("times", 1))
    ) + tuple(told)


def _telling(
    past: Mapping[str, Any],
    story: Mapping[str, Any],
    item: Mapping[str, Any],
    at: datetime,
) -> Entry:
    """Return what one outlet told of an event; each an hour after the one before."""
    number = story["items"].index(item)
    key = f"past:story:{past['stories'].index(story)}:{number}"
    return Entry(
        key=key,
        url=f"http://127.0.0.1/{item['outlet']}/{key.replace(':', '-')}",
        title=item["title"],
        summary=item["summary"],
        published_at=(at - (5 - number) * HOUR).replace(microsecond=0),
    )


def _entry(
    past: Mapping[str, Any],
    number: int,
    column: Mapping[str, Any],
    days: int,
    time: int,
    at: datetime,
) -> Entry:
    turn = 5 * days + 3 * number + 11 * time
    slots = {
        "n": 12 + turn * 7 % 41,
        "place": past["places"][turn % len(past["places"])],
        "word": past["words"][turn % len(past["words"])],
    }
    key = f"past:{number}:{days}:{time}"
    return Entry(
        key=key,
        url=f"http://127.0.0.1/{column['outlet']}/past-{number}-{days}-{time}",
        title=column["title"].format(**slots),
        summary="",
        published_at=(at - (1 + number) * HOUR - time * timedelta(minutes=20)).replace(
            microsecond=0
        ),
    )
