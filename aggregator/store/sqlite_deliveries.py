"""What polls say about which feed delivered when, into SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from aggregator.coverage import covered_from, delivers, goes_on
from aggregator.models import Poll
from aggregator.store.sqlite_connection import text_of, time_or_none

_LENGTHEN = """
    UPDATE deliveries SET until_at = max(until_at, ?1)
    WHERE feed_id = ?2
        AND from_at = (SELECT max(from_at) FROM deliveries WHERE feed_id = ?2)
"""
_FIRST = """
    INSERT INTO deliveries (feed_id, from_at, until_at)
    SELECT ?2, ?1, ?1
    WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE feed_id = ?2)
"""
_BEGIN = """
    INSERT INTO deliveries (feed_id, from_at, until_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (feed_id, from_at) DO UPDATE SET until_at = max(until_at, ?3)
"""


def save_deliveries(
    db: sqlite3.Connection, polls: Sequence[Poll], new_counts: Sequence[int]
) -> None:
    """Lengthen each feed's last stretch, or begin one where something was missed.

    One row a feed and stretch, not one a poll: charts read a few thousand rows where
    the log of a month has 720,000.
    """
    longer: dict[int, str] = {}
    for poll, new_count in zip(polls, new_counts, strict=True):
        if not delivers(poll):
            continue
        if poll.feed_id in longer:  # a feed's polls count one after the other
            _lengthen(db, longer)
            longer.clear()
        at = text_of(poll.finished_at)
        if goes_on(poll, new_count) or not _began(db, poll, at):
            longer[poll.feed_id] = at
    _lengthen(db, longer)


def _lengthen(db: sqlite3.Connection, longer: Mapping[int, str]) -> None:
    rows = [(at, feed_id) for feed_id, at in longer.items()]
    if db.executemany(_LENGTHEN, rows).rowcount < len(rows):
        db.executemany(_FIRST, rows)


def _began(db: sqlite3.Connection, poll: Poll, at: str) -> bool:
    """Begin a stretch where a poll does not reach back to the last one."""
    (until,) = db.execute(
        "SELECT max(until_at) FROM deliveries WHERE feed_id = ?", (poll.feed_id,)
    ).fetchone()
    began = text_of(covered_from(poll, time_or_none(until)))
    if began == until:
        return False
    db.execute(_BEGIN, (poll.feed_id, began, at))
    return True
