"""What is being made again of stored items, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

DEFINITIONS = ""
"""In place of a topic's slug: all topics whose definition, or what it learned, is new."""
FAMILIES = "families:"
"""In the same place: who published each item and its text; no slug has a colon."""


@dataclass(frozen=True, slots=True)
class Rescoring:
    """How far the items from `since` on are scored again, newest first.

    `slug` is the topic whose lesson is another, `DEFINITIONS`, or `FAMILIES`, which
    are counted in the same way; `wanted` what they are scored by, equal where nothing
    has changed since. `before` is the (time, id) of the last item scored so far: the
    next come before it.
    """

    slug: str
    wanted: str
    started_at: datetime
    since: datetime
    item_count: int
    """How many there were when it began."""
    done_count: int = 0
    before: tuple[datetime, int] | None = None
