"""What polls brought, into SQLite: items, feeds' new state, the log, the search index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from aggregator.edits import lead_of
from aggregator.models import Entry, FeedState, Outcome, Poll
from aggregator.sameness import Stored, link_hash, same_items, title_hash
from aggregator.store.sqlite_connection import (
    WriteConnection,
    text_of,
    text_or_none,
    time_or_none,
)
from aggregator.store.sqlite_deliveries import save_deliveries

_STATES = {
    Outcome.OK: FeedState.OK,
    Outcome.NOT_MODIFIED: FeedState.OK,
    Outcome.ERROR: FeedState.ERROR,
    Outcome.BACKOFF: FeedState.BACKOFF,
    Outcome.GONE: FeedState.GONE,
}
_BAD_ENTRY = (UnicodeEncodeError, OverflowError, sqlite3.IntegrityError)
LEAD_REVISIONS = 10
"""Of one item: some feeds count comments in their texts, and every poll is an edit."""
TITLE_REVISIONS = 100
"""Of one item, those of leads included: others put the time into a title."""
_json = json.JSONEncoder(ensure_ascii=False).encode

_INSERT_ITEM = """
    INSERT INTO items
        (feed_id, key, url, title, summary, author, publisher, categories,
         published_at, first_seen_at, at, link_hash, title_hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_POLL = """
    INSERT INTO polls
        (feed_id, started_at, finished_at, outcome, status, error_kind, error,
         warning, byte_count, entry_count, new_count, skipped_count)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# A 304 says nothing about the document's form: the last verdict stands.
_UPDATE_FEED = """
    UPDATE feeds SET
        state = CASE
            WHEN state IN ('removed', 'disabled') THEN state
            WHEN NOT :unchanged THEN :state
            WHEN last_warning = '' THEN 'ok'
            ELSE 'warn'
        END,
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
        item_hours = :item_hours,
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
"""


class PollWrites(WriteConnection):
    """What polls change."""

    def save_poll(self, poll: Poll) -> int:
        """Store a poll with all it changes, in one go; return how many items are new."""
        return self.save_polls([poll])[0]

    def save_polls(self, polls: Sequence[Poll]) -> list[int]:
        """Store polls, all or none of them; return how many items each brought.

        Items are indexed once for all polls, in the same transaction: 30 us an item
        where a trigger takes 100, and never one that a search does not find.
        """
        counts: list[int] = []
        feed_rows: list[dict[str, Any]] = []
        poll_rows: list[tuple[Any, ...]] = []
        with self._write() as db:
            last_id = _last_id(db)
            revised: set[int] = set()
            for poll in polls:
                if poll.feed_id in revised:
                    last_id = _index(db, last_id)  # what is edited must be in the index
                revised.add(poll.feed_id)
                new_count, skipped_count = _save_entries(db, poll)
                counts.append(new_count)
                feed_rows.append(_feed_row(poll, new_count))
                poll_rows.append(_poll_row(poll, new_count, skipped_count))
            _index(db, last_id)
            db.executemany(_UPDATE_FEED, feed_rows)
            db.executemany(_INSERT_POLL, poll_rows)
            save_deliveries(db, polls, counts)
        return counts


def _last_id(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT coalesce(max(id), 0) FROM items").fetchone()
    return int(row[0])


def _index(db: sqlite3.Connection, after_id: int) -> int:
    """Index the items that came after this one; return the last one's id."""
    db.execute(
        """
        INSERT INTO items_fts (rowid, title, summary)
        SELECT id, title, summary FROM items WHERE id > ?
        """,
        (after_id,),
    )
    return _last_id(db)


def _feed_row(poll: Poll, new_count: int) -> dict[str, Any]:
    return {
        "state": FeedState.WARN if poll.warning else _STATES[poll.outcome],
        "unchanged": poll.outcome == Outcome.NOT_MODIFIED,
        "title": poll.title,
        "site_url": poll.site_url,
        "etag": poll.etag,
        "last_modified": poll.last_modified,
        "validators_url": poll.validators_url,
        "body_hash": poll.body_hash,
        "permanent_url": poll.permanent_url,
        "item_hours": _json(poll.item_hours),
        "new_count": new_count,
        "failure_count": poll.failure_count,
        "at": text_of(poll.finished_at),
        "delivered": poll.outcome in (Outcome.OK, Outcome.NOT_MODIFIED),
        "next_poll_at": text_or_none(poll.next_poll_at),
        "status": poll.status,
        "error": poll.error,
        "parsed": poll.outcome == Outcome.OK,
        "warning": poll.warning,
        "feed_id": poll.feed_id,
    }


def _poll_row(poll: Poll, new_count: int, skipped_count: int) -> tuple[Any, ...]:
    return (
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
    if len(known) < len(poll.entries):
        known |= _renamed(db, poll, known)
    new = [entry for entry in poll.entries if entry.key not in known]
    edited = [
        entry
        for entry in poll.entries
        if entry.key in known and known[entry.key][1:] != (entry.title, entry.summary)
    ]
    skipped_count = _insert_all(db, poll, new)
    new_count = len(new) - skipped_count
    for entry in edited:
        db.execute("SAVEPOINT entry")
        try:
            _revise(db, poll, entry, known[entry.key])
        except _BAD_ENTRY:
            db.execute("ROLLBACK TO entry")
            skipped_count += 1
        db.execute("RELEASE entry")
    return new_count, skipped_count


def _renamed(
    db: sqlite3.Connection, poll: Poll, known: Collection[str]
) -> dict[str, tuple[int, str, str]]:
    """Give items that come under a new key that key; return them by it."""
    has_items = "SELECT 1 FROM items WHERE feed_id = ? LIMIT 1"
    if not known and not db.execute(has_items, (poll.feed_id,)).fetchone():
        return {}
    new = [entry for entry in poll.entries if entry.key not in known]
    rows = db.execute(
        """
        SELECT id, key, url, title, summary, published_at FROM items
        WHERE feed_id = :feed AND link_hash IN (SELECT value FROM json_each(:links))
        UNION
        SELECT id, key, url, title, summary, published_at FROM items
        WHERE feed_id = :feed AND title_hash IN (SELECT value FROM json_each(:titles))
        """,
        {
            "feed": poll.feed_id,
            "links": json.dumps([h for e in new if (h := link_hash(e.url))]),
            "titles": json.dumps([title_hash(entry.title) for entry in new]),
        },
    ).fetchall()
    if not rows:
        return {}
    stored = [
        Stored(item_id, key, url, title, summary, time_or_none(published))
        for item_id, key, url, title, summary, published in rows
    ]
    same = same_items(poll.entries, known, stored)
    db.executemany(
        "UPDATE items SET key = ? WHERE id = ?",
        [(key, item.id) for key, item in same.items()],
    )
    return {key: (item.id, item.title, item.summary) for key, item in same.items()}


def _insert_all(db: sqlite3.Connection, poll: Poll, entries: Sequence[Entry]) -> int:
    """Store new entries, at once if that can be; return how many cannot be stored."""
    if not entries:
        return 0
    rows = _item_rows(poll, entries)
    db.execute("SAVEPOINT entries")
    try:
        db.executemany(_INSERT_ITEM, rows)
    except _BAD_ENTRY:
        db.execute("ROLLBACK TO entries")
        return _insert_each(db, rows)
    finally:
        db.execute("RELEASE entries")
    return 0


def _insert_each(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    """Store rows one by one: what cannot be stored costs itself, not the others."""
    skipped_count = 0
    for row in rows:
        db.execute("SAVEPOINT entry")
        try:
            db.execute(_INSERT_ITEM, row)
        except _BAD_ENTRY:
            db.execute("ROLLBACK TO entry")
            skipped_count += 1
        db.execute("RELEASE entry")
    return skipped_count


def _item_rows(poll: Poll, entries: Sequence[Entry]) -> list[tuple[Any, ...]]:
    seen = poll.started_at
    seen_text = text_of(seen)
    rows: list[tuple[Any, ...]] = []
    for entry in entries:
        published = text_or_none(entry.published_at)
        at = seen_text if published is None else min(published, seen_text)
        rows.append(
            (
                poll.feed_id,
                entry.key,
                entry.url,
                entry.title,
                entry.summary,
                entry.author,
                entry.publisher,
                _json(entry.categories) if entry.categories else "[]",
                published,
                seen_text,
                at,
                link_hash(entry.url),
                title_hash(entry.title),
            )
        )
    return rows


def _revise(
    db: sqlite3.Connection, poll: Poll, entry: Entry, old: tuple[int, str, str]
) -> None:
    item_id, title, summary = old
    is_new_title = title != entry.title
    if is_new_title or lead_of(summary) != lead_of(entry.summary):
        db.execute(
            """
            INSERT INTO item_revisions (item_id, replaced_at, title, summary)
            SELECT ?1, ?2, ?3, ?4
            WHERE (SELECT count(*) FROM item_revisions WHERE item_id = ?1) < ?5
            """,
            (
                *(item_id, text_of(poll.started_at), title, summary),
                TITLE_REVISIONS if is_new_title else LEAD_REVISIONS,
            ),
        )
    db.execute(
        "UPDATE items SET title = ?, summary = ?, title_hash = ? WHERE id = ?",
        (entry.title, entry.summary, title_hash(entry.title), item_id),
    )
