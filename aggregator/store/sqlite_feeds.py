"""Feeds in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.errors import NotFound
from aggregator.models import (
    Feed,
    FeedConfig,
    FeedState,
)
from aggregator.store.sqlite_audit import note_audit
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_or_none,
)

LEASE = timedelta(minutes=10)
"""Longer than any poll may take (aggregator/limits.py)."""

_COLUMNS = """
    id, url, name, category, outlet, every_seconds, headers, state, title, site_url,
    etag, last_modified, validators_url, body_hash, permanent_url, permanent_since,
    permanent_count, item_hours, item_count, failure_count, last_polled_at, last_ok_at,
    next_poll_at, last_status, last_error, last_warning,
    (SELECT s.expires_at FROM subscriptions AS s
     WHERE s.feed_id = feeds.id AND s.state = 'active' AND s.last_push_at IS NOT NULL
        AND s.missed_count < 2) AS pushed_until
"""


def _feed(row: sqlite3.Row) -> Feed:
    every = row["every_seconds"]
    return Feed(
        id=row["id"],
        url=row["url"],
        name=row["name"],
        category=row["category"],
        outlet=row["outlet"],
        state=FeedState(row["state"]),
        every=None if every is None else timedelta(seconds=every),
        headers=json.loads(row["headers"]),
        title=row["title"],
        site_url=row["site_url"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        validators_url=row["validators_url"],
        body_hash=row["body_hash"],
        permanent_url=row["permanent_url"],
        permanent_since=time_or_none(row["permanent_since"]),
        permanent_count=row["permanent_count"],
        pushed_until=time_or_none(row["pushed_until"]),
        item_hours=tuple(json.loads(row["item_hours"])),
        item_count=row["item_count"],
        failure_count=row["failure_count"],
        last_polled_at=time_or_none(row["last_polled_at"]),
        last_ok_at=time_or_none(row["last_ok_at"]),
        next_poll_at=time_or_none(row["next_poll_at"]),
        last_status=row["last_status"],
        last_error=row["last_error"],
        last_warning=row["last_warning"],
    )


class FeedReads(ReadConnections):
    """What is asked about feeds."""

    def feeds(self, *, removed: bool = False) -> tuple[Feed, ...]:
        """Return the feeds by name; those gone from feeds.yaml only if asked for."""
        where = "" if removed else "WHERE state <> 'removed'"
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM feeds {where} ORDER BY name COLLATE NOCASE, id"
        )
        return tuple(map(_feed, rows))

    def feed(self, feed_id: int) -> Feed:
        """Return one feed."""
        row = self._row(f"SELECT {_COLUMNS} FROM feeds WHERE id = ?", (feed_id,))
        if row is None:
            raise NotFound(f"feed {feed_id}")
        return _feed(row)


class FeedWrites(WriteConnection):
    """What changes feeds."""

    def sync_feeds(self, feeds: Sequence[FeedConfig], now: datetime) -> None:
        """Make the stored feeds those of feeds.yaml; nothing else is deleted."""
        at = text_of(now)
        urls = json.dumps([feed.url for feed in feeds])
        with self._write() as db:
            # an operator who follows a permanent redirect takes the feed's history along
            db.execute(
                """
                UPDATE OR IGNORE feeds
                SET url = permanent_url, permanent_url = '', permanent_since = NULL,
                    permanent_count = 0
                WHERE permanent_url IN (SELECT value FROM json_each(:urls))
                    AND url NOT IN (SELECT value FROM json_each(:urls))
                    AND state <> 'removed'
                """,
                {"urls": urls},
            )
            db.execute(
                """
                UPDATE feeds
                SET state = 'removed', removed_at = ?
                WHERE state <> 'removed'
                    AND url NOT IN (SELECT value FROM json_each(?))
                """,
                (at, urls),
            )
            db.executemany(
                """
                INSERT INTO feeds
                    (url, name, category, outlet, every_seconds, headers, state, added_at)
                VALUES (:url, :name, :category, :outlet, :every, :headers, :state, :at)
                ON CONFLICT (url) DO UPDATE SET
                    name = excluded.name,
                    category = excluded.category,
                    outlet = excluded.outlet,
                    every_seconds = excluded.every_seconds,
                    headers = excluded.headers,
                    removed_at = NULL,
                    state = CASE
                        WHEN excluded.state = 'disabled' THEN 'disabled'
                        WHEN feeds.state IN ('disabled', 'removed') THEN
                            CASE WHEN last_ok_at IS NULL THEN 'new' ELSE 'ok' END
                        ELSE feeds.state
                    END
                """,
                [
                    {
                        "url": feed.url,
                        "name": feed.name,
                        "category": feed.category,
                        "outlet": feed.outlet,
                        "every": feed.every and int(feed.every.total_seconds()),
                        "headers": json.dumps(dict(feed.headers)),
                        "state": FeedState.NEW if feed.enabled else FeedState.DISABLED,
                        "at": at,
                    }
                    for feed in feeds
                ],
            )

    def claim_feeds(
        self, now: datetime, *, limit: int, due_only: bool = True
    ) -> tuple[Feed, ...]:
        """Lease feeds that are due, longest due first; leases end by themselves."""
        early = "FALSE" if due_only else "state <> 'backoff'"
        due = f"""
            SELECT {_COLUMNS} FROM feeds
            WHERE state NOT IN ('gone', 'disabled', 'removed')
                AND (next_poll_at IS NULL OR next_poll_at <= :now OR {early})
                AND (leased_until IS NULL OR leased_until <= :now)
            ORDER BY next_poll_at, id
            LIMIT :limit
        """
        values = {"now": text_of(now), "limit": limit}
        if not self._rows(due, values):  # most ticks: no need for the write lock
            return ()
        with self._write() as db:
            db.row_factory = sqlite3.Row
            rows = db.execute(due, values).fetchall()
            db.executemany(
                "UPDATE feeds SET leased_until = ? WHERE id = ?",
                [(text_of(now + LEASE), row["id"]) for row in rows],
            )
        return tuple(map(_feed, rows))

    def release_feeds(self, feed_ids: Sequence[int]) -> None:
        """Give back leases of feeds that were not polled after all."""
        if not feed_ids:
            return
        with self._write() as db:
            db.executemany(
                "UPDATE feeds SET leased_until = NULL WHERE id = ?",
                [(feed_id,) for feed_id in feed_ids],
            )

    def ask_poll(self, feed_id: int, who: str, now: datetime) -> None:
        """Poll a feed at the next tick; one that was gone is polled again."""
        with self._write() as db:
            done = db.execute(
                """
                UPDATE feeds
                SET next_poll_at = NULL,
                    state = CASE WHEN state = 'gone' THEN 'new' ELSE state END
                WHERE id = ?
                """,
                (feed_id,),
            )
            if not done.rowcount:
                raise NotFound(f"feed {feed_id}")
            note_audit(db, now, who, "asked for a poll of", ("feed", feed_id))
