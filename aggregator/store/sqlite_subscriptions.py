"""Subscriptions to hubs, and what they pushed, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from aggregator.models import Push, Subscription, SubscriptionState
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_of,
    time_or_none,
)

MOST_WAITING = 20
"""Pushes of one feed that wait at most; a hub that sends more is told to come again."""
MOST_WAITING_BYTES = 50 * 1024 * 1024
"""The same for all feeds together."""

_COLUMNS = """
    feed_id, hub, topic, callback, token, secret, state, is_pending, ask_at,
    expires_at, failure_count, missed_count, last_push_at, last_error
"""


def _subscription(row: sqlite3.Row) -> Subscription:
    return Subscription(
        feed_id=row["feed_id"],
        hub=row["hub"],
        topic=row["topic"],
        callback=row["callback"],
        token=row["token"],
        secret=row["secret"],
        state=SubscriptionState(row["state"]),
        is_pending=bool(row["is_pending"]),
        ask_at=time_or_none(row["ask_at"]),
        expires_at=time_or_none(row["expires_at"]),
        failure_count=row["failure_count"],
        missed_count=row["missed_count"],
        last_push_at=time_or_none(row["last_push_at"]),
        last_error=row["last_error"],
    )


class SubscriptionReads(ReadConnections):
    """What is asked about subscriptions."""

    def subscription(self, feed_id: int) -> Subscription | None:
        """Return what is asked of a feed's hub, None where there is none."""
        row = self._row(
            f"SELECT {_COLUMNS} FROM subscriptions WHERE feed_id = ?", (feed_id,)
        )
        return _subscription(row) if row else None

    def subscription_of(self, token: str) -> Subscription | None:
        """Return the subscription whose callback ends in `token`, if it still holds."""
        row = self._row(
            f"""
            SELECT {_COLUMNS} FROM subscriptions
            WHERE token = ? AND state <> 'ended'
                AND EXISTS (SELECT 1 FROM feeds AS f
                            WHERE f.id = feed_id
                                AND f.state NOT IN ('removed', 'disabled'))
            """,
            (token,),
        )
        return _subscription(row) if row else None

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions that hold or are wanted."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM subscriptions WHERE state <> 'ended'"
        )
        return tuple(map(_subscription, rows))

    def due_subscriptions(
        self, now: datetime, limit: int = 50
    ) -> tuple[Subscription, ...]:
        """Return those whose hub is to be asked, or asked again, by now."""
        rows = self._rows(
            f"""
            SELECT {_COLUMNS} FROM subscriptions
            WHERE ask_at <= ? AND state <> 'ended'
                AND EXISTS (SELECT 1 FROM feeds AS f
                            WHERE f.id = feed_id
                                AND f.state NOT IN ('removed', 'disabled', 'gone'))
            ORDER BY ask_at
            LIMIT ?
            """,
            (text_of(now), limit),
        )
        return tuple(map(_subscription, rows))

    def waiting_pushes(self, limit: int = 20) -> tuple[Push, ...]:
        """Return what hubs sent and nobody has read yet, oldest first."""
        rows = self._rows(
            """
            SELECT id, feed_id, received_at, content_type, body FROM pushes
            ORDER BY id
            LIMIT ?
            """,
            (limit,),
        )
        return tuple(
            Push(
                row["id"],
                row["feed_id"],
                time_of(row["received_at"]),
                row["content_type"],
                row["body"],
            )
            for row in rows
        )


class SubscriptionWrites(WriteConnection):
    """What changes subscriptions."""

    def want_subscription(self, wanted: Subscription, now: datetime) -> None:
        """Ask this hub from now on, in place of what was asked for the feed before."""
        with self._write() as db:
            db.execute(
                """
                INSERT INTO subscriptions
                    (feed_id, hub, topic, callback, token, secret, ask_at)
                VALUES (:feed_id, :hub, :topic, :callback, :token, :secret, :now)
                ON CONFLICT (feed_id) DO UPDATE SET
                    hub = excluded.hub, topic = excluded.topic,
                    callback = excluded.callback, token = excluded.token,
                    secret = excluded.secret, state = 'wanted', is_pending = 0,
                    ask_at = excluded.ask_at, expires_at = NULL, failure_count = 0,
                    missed_count = 0, last_push_at = NULL, last_error = ''
                """,
                {
                    "feed_id": wanted.feed_id,
                    "hub": wanted.hub,
                    "topic": wanted.topic,
                    "callback": wanted.callback,
                    "token": wanted.token,
                    "secret": wanted.secret,
                    "now": text_of(now),
                },
            )

    def end_subscriptions(self, feed_ids: Sequence[int], poll_at: datetime) -> None:
        """Rely on these feeds' hubs no more; poll by `poll_at`."""
        with self._write() as db:
            for feed_id in feed_ids:
                db.execute(
                    """
                    UPDATE subscriptions
                    SET state = 'ended', is_pending = 0, ask_at = NULL, expires_at = NULL
                    WHERE feed_id = ?
                    """,
                    (feed_id,),
                )
                _poll_by(db, feed_id, poll_at)

    def note_asking(self, feed_id: int, again_at: datetime) -> None:
        """Note, before a hub is asked, that it may verify, and when to ask again."""
        with self._write() as db:
            db.execute(
                """
                UPDATE subscriptions
                SET is_pending = 1, ask_at = ?, failure_count = failure_count + 1
                WHERE feed_id = ?
                """,
                (text_of(again_at), feed_id),
            )

    def note_unasked(self, feed_id: int, error: str) -> None:
        """Note that a hub did not take what it was asked."""
        with self._write() as db:
            db.execute(
                "UPDATE subscriptions SET is_pending = 0, last_error = ? WHERE feed_id = ?",
                (error, feed_id),
            )

    def confirm_subscription(
        self, feed_id: int, expires_at: datetime, renew_at: datetime
    ) -> None:
        """Note that a hub verified, and until when it pushes."""
        with self._write() as db:
            db.execute(
                """
                UPDATE subscriptions
                SET state = 'active', is_pending = 0, expires_at = ?, ask_at = ?,
                    failure_count = 0, last_error = ''
                WHERE feed_id = ?
                """,
                (text_of(expires_at), text_of(renew_at), feed_id),
            )

    def deny_subscription(
        self, feed_id: int, error: str, again_at: datetime, poll_at: datetime
    ) -> None:
        """Note that a hub refused or ended a subscription; poll by `poll_at`."""
        with self._write() as db:
            db.execute(
                """
                UPDATE subscriptions
                SET state = 'wanted', is_pending = 0, expires_at = NULL, ask_at = ?,
                    last_error = ?
                WHERE feed_id = ?
                """,
                (text_of(again_at), error, feed_id),
            )
            _poll_by(db, feed_id, poll_at)

    def note_missed(self, feed_id: int, poll_at: datetime) -> None:
        """Note that a poll found what no push had brought; poll again by `poll_at`."""
        with self._write() as db:
            db.execute(
                "UPDATE subscriptions SET missed_count = missed_count + 1 WHERE feed_id = ?",
                (feed_id,),
            )
            _poll_by(db, feed_id, poll_at)

    def queue_push(
        self, feed_id: int, content_type: str, body: bytes, now: datetime
    ) -> bool:
        """Keep a push until it is read; False where too many wait already."""
        with self._write() as db:
            count, byte_count = db.execute(
                """
                SELECT coalesce(sum(feed_id = ?), 0), coalesce(sum(length(body)), 0)
                FROM pushes
                """,
                (feed_id,),
            ).fetchone()
            if count >= MOST_WAITING or byte_count + len(body) > MOST_WAITING_BYTES:
                return False
            db.execute(
                """
                INSERT INTO pushes (feed_id, received_at, content_type, body)
                VALUES (?, ?, ?, ?)
                """,
                (feed_id, text_of(now), content_type, body),
            )
        return True

    def finish_push(self, push: Push, error: str) -> None:
        """Forget a push that was read; one without `error` proves that the hub works."""
        with self._write() as db:
            db.execute("DELETE FROM pushes WHERE id = ?", (push.id,))
            good = not error
            db.execute(
                """
                UPDATE subscriptions
                SET last_error = :error,
                    last_push_at = CASE WHEN :good THEN :at ELSE last_push_at END,
                    missed_count = CASE WHEN :good THEN 0 ELSE missed_count END
                WHERE feed_id = :feed_id
                """,
                {
                    "error": error,
                    "good": good,
                    "at": text_of(push.received_at),
                    "feed_id": push.feed_id,
                },
            )


def _poll_by(db: sqlite3.Connection, feed_id: int, poll_at: datetime) -> None:
    """Bring a feed's next poll forward; never that of one that was told to wait."""
    db.execute(
        """
        UPDATE feeds SET next_poll_at = min(next_poll_at, ?)
        WHERE id = ? AND state IN ('ok', 'warn')
        """,
        (text_of(poll_at), feed_id),
    )
