"""The log of polls in SQLite: the one module that reads it, and forgets what is old.

Who reads more of it than `forget_polls` leaves makes that leave more.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from aggregator.limits import NEWEST_POLLS
from aggregator.models import Forgotten, Outcome, PollRow
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_of,
)

FEEDS_AT_ONCE = 200
POLLS_AT_ONCE = 5_000
"""So many polls of so many feeds are looked at in one go, as many of each."""
_COLUMNS = """
    started_at, finished_at, outcome, status, error, warning, byte_count, entry_count,
    new_count, skipped_count
"""
# the last poll of feed f that went well, or 0
_WELL = """
    coalesce((
        SELECT id FROM polls
        WHERE feed_id = f.id AND outcome IN ('ok', 'not_modified')
        ORDER BY id DESC LIMIT 1
    ), 0)
"""
# `polls_feed` serves all of it: per feed two steps along its ids, then the oldest rows
_OLD = f"""
    WITH bounds AS MATERIALIZED (
        SELECT f.id AS feed_id, {_WELL} AS well_id, min(
            :newest,
            (SELECT id FROM polls WHERE feed_id = f.id
             ORDER BY id DESC LIMIT 1 OFFSET :keep - 1),
            coalesce((SELECT id FROM polls WHERE feed_id = f.id
                      ORDER BY id LIMIT 1 OFFSET :some), :newest)
        ) AS until_id
        FROM feeds AS f
        WHERE f.id > :after AND f.id <= :last
    )
    SELECT p.id FROM bounds AS b
    CROSS JOIN polls AS p ON p.feed_id = b.feed_id AND p.id < b.until_id
    WHERE (p.finished_at < :before OR p.finished_at > :now)
        AND p.id <> (SELECT min(id) FROM polls)
        AND p.id <> b.well_id
        AND p.id <> coalesce((SELECT min(id) FROM polls
                              WHERE feed_id = b.feed_id AND id > b.well_id), 0)
"""


class PollLogReads(ReadConnections):
    """What is asked about polls."""

    def polls(self, feed_id: int, limit: int = 20) -> tuple[PollRow, ...]:
        """Return the newest rows of a feed's poll log."""
        rows = self._rows(
            f"""
            SELECT {_COLUMNS} FROM polls
            WHERE feed_id = ?
            ORDER BY id DESC
            LIMIT ?
            """,
            (feed_id, limit),
        )
        return tuple(map(_poll_row, rows))

    def first_failure(self, feed_id: int) -> PollRow | None:
        """Return the poll since which none of a feed went well; None if the last did."""
        row = self._row(
            f"""
            SELECT {_COLUMNS} FROM polls
            WHERE feed_id = :feed
                AND id > (SELECT {_WELL} FROM feeds AS f WHERE f.id = :feed)
            ORDER BY id
            LIMIT 1
            """,
            {"feed": feed_id},
        )
        return _poll_row(row) if row else None

    def first_polled_at(self) -> datetime | None:
        """Return when the first poll ended."""
        row = self._row("SELECT finished_at FROM polls ORDER BY id LIMIT 1")
        return time_of(row["finished_at"]) if row else None

    def unpolled(self, since: datetime) -> tuple[datetime, datetime] | None:
        """Return the longest time after `since` in which nothing was fetched: 20 ms."""
        row = self._row(
            """
            SELECT before_at, at, julianday(at) - julianday(before_at) AS days
            FROM (
                SELECT started_at AS at, lag(finished_at) OVER (ORDER BY id) AS before_at
                FROM (
                    SELECT id, started_at, finished_at FROM polls
                    ORDER BY id DESC
                    LIMIT :newest
                )
            )
            WHERE at > :since AND days >= 2
            ORDER BY days DESC
            LIMIT 1
            """,
            {"since": text_of(since), "newest": NEWEST_POLLS},
        )
        return (time_of(row["before_at"]), time_of(row["at"])) if row else None


class PollLogWrites(WriteConnection):
    """What keeps the log from growing for ever."""

    def forget_polls(
        self, after: int, before: datetime, now: datetime, keep: int
    ) -> Forgotten:
        """Forget a few old polls of each of some feeds, those with ids above `after`.

        One dated in the future is as old: a clock was wrong, and nobody knows its age.
        """
        newest = self._row(
            "SELECT id FROM polls ORDER BY id DESC LIMIT 1 OFFSET ?",
            (NEWEST_POLLS - 1,),
        )
        feeds = self._rows(
            "SELECT id FROM feeds WHERE id > ? ORDER BY id LIMIT ?",
            (after, FEEDS_AT_ONCE),
        )
        if newest is None or not feeds:
            return Forgotten(0, None)
        some = POLLS_AT_ONCE // len(feeds)
        rows = self._rows(
            _OLD,
            {
                "after": after,
                "last": feeds[-1]["id"],
                "newest": newest["id"],
                "keep": keep,
                "some": some,
                "before": text_of(before),
                "now": text_of(now),
            },
        )
        if rows:
            with self._write() as db:
                db.execute(
                    "DELETE FROM polls WHERE id IN (SELECT value FROM json_each(?))",
                    (json.dumps([row["id"] for row in rows]),),
                )
        is_last = len(feeds) < FEEDS_AT_ONCE
        return Forgotten(
            len(rows),
            None if is_last else feeds[-1]["id"],
            has_more=2 * len(rows) >= some,  # three of a feed may stay
        )


def _poll_row(row: sqlite3.Row) -> PollRow:
    return PollRow(
        started_at=time_of(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
        outcome=Outcome(row["outcome"]),
        status=row["status"],
        error=row["error"],
        warning=row["warning"],
        byte_count=row["byte_count"],
        entry_count=row["entry_count"],
        new_count=row["new_count"],
        skipped_count=row["skipped_count"],
    )
