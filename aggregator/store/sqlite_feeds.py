"""Feeds and polls in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.errors import NotFound
from aggregator.models import (
    Entry,
    Feed,
    FeedConfig,
    FeedState,
    Outcome,
    Poll,
    PollRow,
)
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    text_or_none,
    time_of,
    time_or_none,
)

LEASE = timedelta(minutes=10)
"""Longer than any poll may take (aggregator/limits.py)."""

_COLUMNS = """
    id, url, name, category, outlet, every_seconds, headers, state, title, site_url,
    etag, last_modified, validators_url, body_hash, permanent_url, permanent_since,
    permanent_count, item_times, item_count, failure_count, last_polled_at, last_ok_at,
    next_poll_at, last_status, last_error, last_warning
"""
_STATES = {
    Outcome.OK: FeedState.OK,
    Outcome.NOT_MODIFIED: FeedState.OK,
    Outcome.ERROR: FeedState.ERROR,
    Outcome.BACKOFF: FeedState.BACKOFF,
    Outcome.GONE: FeedState.GONE,
}


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
        item_times=tuple(map(time_of, json.loads(row["item_times"]))),
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

    def polls(self, feed_id: int, limit: int = 20) -> tuple[PollRow, ...]:
        """Return the newest rows of a feed's poll log."""
        rows = self._rows(
            """
            SELECT started_at, finished_at, outcome, status, error, warning,
                byte_count, entry_count, new_count, skipped_count
            FROM polls
            WHERE feed_id = ?
            ORDER BY id DESC
            LIMIT ?
            """,
            (feed_id, limit),
        )
        return tuple(
            PollRow(
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
            for row in rows
        )


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

    def set_feed_state(self, feed_id: int, state: FeedState) -> None:
        """Set a feed's state, such as to poll one again that said 410."""
        with self._write() as db:
            db.execute(
                "UPDATE feeds SET state = ?, next_poll_at = NULL WHERE id = ?",
                (state, feed_id),
            )

    def save_poll(self, poll: Poll) -> int:
        """Store a poll with all it changes, in one go; return how many items are new."""
        with self._write() as db:
            new_count, skipped_count = _save_entries(db, poll)
            _save_feed(db, poll, new_count)
            db.execute(
                """
                INSERT INTO polls
                    (feed_id, started_at, finished_at, outcome, status, error_kind, error,
                     warning, byte_count, entry_count, new_count, skipped_count)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    poll.feed_id,
                    text_of(poll.started_at),
                    text_of(poll.finished_at),
                    poll.outcome,
                    poll.status,
                    poll.error_kind,
                    poll.error,
                    poll.warning,
                    poll.byte_count,
                    len(poll.entries),
                    new_count,
                    poll.skipped_count + skipped_count,
                ),
            )
        return new_count


def _save_feed(db: sqlite3.Connection, poll: Poll, new_count: int) -> None:
    delivered = poll.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)
    # a 304 says nothing about the document's form: the last verdict stands
    state = "CASE last_warning WHEN '' THEN 'ok' ELSE 'warn' END"
    if poll.outcome != Outcome.NOT_MODIFIED:
        state = ":state"
    db.execute(
        f"""
        UPDATE feeds SET
            state = CASE WHEN state IN ('removed', 'disabled') THEN state ELSE {state} END,
            title = CASE WHEN :title <> '' THEN :title ELSE title END,
            site_url = CASE WHEN :site_url <> '' THEN :site_url ELSE site_url END,
            etag = :etag,
            last_modified = :last_modified,
            validators_url = :validators_url,
            body_hash = :body_hash,
            permanent_since = CASE
                WHEN NOT :delivered THEN permanent_since
                WHEN :permanent_url = '' THEN NULL
                WHEN :permanent_url = permanent_url THEN coalesce(permanent_since, :at)
                ELSE :at
            END,
            permanent_count = CASE
                WHEN NOT :delivered THEN permanent_count
                WHEN :permanent_url = '' THEN 0
                WHEN :permanent_url = permanent_url THEN permanent_count + 1
                ELSE 1
            END,
            permanent_url = :permanent_url,
            item_times = :item_times,
            item_count = item_count + :new_count,
            failure_count = :failure_count,
            last_polled_at = :at,
            last_ok_at = CASE WHEN :delivered THEN :at ELSE last_ok_at END,
            next_poll_at = :next_poll_at,
            leased_until = NULL,
            last_status = :status,
            last_error = :error,
            last_warning = CASE WHEN :parsed THEN :warning ELSE last_warning END
        WHERE id = :feed_id
        """,
        {
            "state": FeedState.WARN if poll.warning else _STATES[poll.outcome],
            "title": poll.title,
            "site_url": poll.site_url,
            "etag": poll.etag,
            "last_modified": poll.last_modified,
            "validators_url": poll.validators_url,
            "body_hash": poll.body_hash,
            "permanent_url": poll.permanent_url,
            "item_times": json.dumps([text_of(at) for at in poll.item_times]),
            "new_count": new_count,
            "failure_count": poll.failure_count,
            "at": text_of(poll.finished_at),
            "delivered": delivered,
            "next_poll_at": text_or_none(poll.next_poll_at),
            "status": poll.status,
            "error": poll.error,
            "parsed": poll.outcome == Outcome.OK,
            "warning": poll.warning,
            "feed_id": poll.feed_id,
        },
    )


def _save_entries(db: sqlite3.Connection, poll: Poll) -> tuple[int, int]:
    """Store what is new and what was edited; return (new, skipped) counts.

    Reading first and writing only differences: 2,000 unchanged entries cost one
    query, where an upsert of them all rewrites the search index.
    """
    if not poll.entries:
        return 0, 0
    known = {
        key: (item_id, title, summary)
        for item_id, key, title, summary in db.execute(
            """
            SELECT id, key, title, summary FROM items
            WHERE feed_id = ? AND key IN (SELECT value FROM json_each(?))
            """,
            (poll.feed_id, json.dumps([entry.key for entry in poll.entries])),
        )
    }
    new_count = skipped_count = 0
    for entry in poll.entries:
        db.execute("SAVEPOINT entry")
        try:
            if entry.key not in known:
                _insert(db, poll, entry)
                new_count += 1
            elif known[entry.key][1:] != (entry.title, entry.summary):
                _revise(db, poll, entry, known[entry.key])
        except (UnicodeEncodeError, OverflowError, sqlite3.IntegrityError):
            # one entry that cannot be stored costs itself, not the others
            db.execute("ROLLBACK TO entry")
            skipped_count += 1
        db.execute("RELEASE entry")
    return new_count, skipped_count


def _insert(db: sqlite3.Connection, poll: Poll, entry: Entry) -> None:
    seen = poll.started_at
    at = min(entry.published_at or seen, seen)
    db.execute(
        """
        INSERT INTO items
            (feed_id, key, url, title, summary, author, publisher, categories,
             published_at, first_seen_at, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            poll.feed_id,
            entry.key,
            entry.url,
            entry.title,
            entry.summary,
            entry.author,
            entry.publisher,
            json.dumps(entry.categories, ensure_ascii=False),
            text_or_none(entry.published_at),
            text_of(seen),
            text_of(at),
        ),
    )


def _revise(
    db: sqlite3.Connection, poll: Poll, entry: Entry, old: tuple[int, str, str]
) -> None:
    item_id, title, summary = old
    if title != entry.title:
        db.execute(
            """
            INSERT INTO item_revisions (item_id, replaced_at, title, summary)
            VALUES (?, ?, ?, ?)
            """,
            (item_id, text_of(poll.started_at), title, summary),
        )
    db.execute(
        "UPDATE items SET title = ?, summary = ? WHERE id = ?",
        (entry.title, entry.summary, item_id),
    )
