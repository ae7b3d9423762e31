"""Messages and alerts in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.models import Alert, AlertKind, Cargo, Dispatch, Message
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    set_counter,
    text_of,
    text_or_none,
    time_of,
    time_or_none,
)

_DISPATCH = """
    id, target, cargo, brief_id, title, made_at, try_count, next_try_at, sent_at,
    failed_at, error
"""
LONG_AGO = "1970-01-01T00:00:00Z"
_ALERT = "slug, kind, cluster_id, subject, text, raised_at"


class MessageReads(ReadConnections):
    """Messages on their way, and alerts."""

    def dispatches(
        self, *, brief_id: int | None = None, limit: int = 50
    ) -> tuple[Dispatch, ...]:
        """Return the newest dispatches, or those of one brief."""
        where = "" if brief_id is None else "WHERE brief_id = :brief"
        rows = self._rows(
            f"SELECT {_DISPATCH} FROM dispatches {where} ORDER BY id DESC LIMIT :limit",
            {"brief": brief_id, "limit": limit},
        )
        return tuple(map(_dispatch, rows))

    def failed_count(self, since: datetime) -> int:
        """Return how many dispatches were given up `since`."""
        row = self._rows(
            "SELECT count(*) AS n FROM dispatches WHERE failed_at >= ?",
            (text_of(since),),
        )[0]
        return int(row["n"])

    def alerts(self, limit: int = 50) -> tuple[Alert, ...]:
        """Return the newest alerts, told or not."""
        rows = self._rows(
            f"SELECT {_ALERT} FROM alerts ORDER BY id DESC LIMIT ?", (limit,)
        )
        return tuple(map(_alert, rows))

    def raised(self, slug: str, cluster_ids: Sequence[int]) -> tuple[Alert, ...]:
        """Return the alerts of a topic on these clusters."""
        rows = self._rows(
            f"""
            SELECT {_ALERT} FROM alerts
            WHERE slug = ? AND cluster_id IN (SELECT value FROM json_each(?))
            """,
            (slug, json.dumps(list(cluster_ids))),
        )
        return tuple(map(_alert, rows))

    def untold(self, slug: str) -> tuple[Alert, ...]:
        """Return the alerts of a topic that were not told yet, oldest first."""
        rows = self._rows(
            f"SELECT {_ALERT} FROM alerts WHERE slug = ? AND told_at IS NULL ORDER BY id",
            (slug,),
        )
        return tuple(map(_alert, rows))

    def alert_rule(self, slug: str) -> str:
        """Return the rule by which a topic calls since `start_alerts`, or ''."""
        row = self._row("SELECT value FROM counters WHERE name = ?", (_rule(slug),))
        return str(row["value"]) if row else ""

    def told_at(self) -> Mapping[str, datetime]:
        """Return when each topic was last told of."""
        rows = self._rows(
            """
            SELECT slug, max(told_at) AS at FROM alerts
            WHERE told_at IS NOT NULL
            GROUP BY slug
            """
        )
        return {row["slug"]: time_of(row["at"]) for row in rows}

    def grown_at(
        self, cluster_ids: Sequence[int], report_count: int
    ) -> Mapping[int, datetime]:
        """Return when each of these clusters came to so many independent reports."""
        rows = self._rows(
            """
            SELECT cluster_id, at FROM (
                SELECT cluster_id, min(at) AS at,
                    row_number() OVER (PARTITION BY cluster_id ORDER BY min(at)) AS n
                FROM (
                    SELECT m.cluster_id, r.voice, max(i.at, i.first_seen_at) AS at
                    FROM memberships AS m
                    JOIN items AS i ON i.id = m.item_id
                    JOIN reports AS r ON r.item_id = m.item_id
                    WHERE m.to_at IS NULL
                        AND m.cluster_id IN (SELECT value FROM json_each(:ids))
                )
                GROUP BY cluster_id, voice
            )
            WHERE n = :count
            """,
            {"ids": json.dumps(list(cluster_ids)), "count": report_count},
        )
        return {row["cluster_id"]: time_of(row["at"]) for row in rows}


class MessageWrites(WriteConnection):
    """What is queued, sent and raised."""

    def queue_message(
        self,
        targets: Sequence[str],
        cargo: Cargo,
        message: Message,
        now: datetime,
        *,
        told: Sequence[Alert] = (),
    ) -> None:
        """Queue a message to each target; alerts it tells of are told with it."""
        at = text_of(now)
        with self._write() as db:
            queue(db, targets, cargo, message, now)
            db.executemany(
                """
                UPDATE alerts SET told_at = ?
                WHERE slug = ? AND kind = ? AND cluster_id = ? AND subject = ?
                """,
                [(at, a.slug, a.kind, a.cluster_id, a.subject) for a in told],
            )

    def due_targets(self, now: datetime) -> tuple[str, ...]:
        """Return to whom something is to be sent by now, who waits longest first."""
        rows = self._rows(
            """
            SELECT target FROM dispatches
            WHERE next_try_at <= ?
            GROUP BY target
            ORDER BY min(next_try_at), min(id)
            """,
            (text_of(now),),
        )
        return tuple(row["target"] for row in rows)

    def due_dispatches(
        self, now: datetime, target: str, limit: int = 20
    ) -> tuple[tuple[Dispatch, str], ...]:
        """Return what is to be sent to one target by now, the oldest first, with its text."""
        rows = self._rows(
            f"""
            SELECT {_DISPATCH}, text FROM dispatches
            WHERE next_try_at <= ? AND target = ?
            ORDER BY next_try_at, id
            LIMIT ?
            """,
            (text_of(now), target, limit),
        )
        return tuple((_dispatch(row), row["text"]) for row in rows)

    def note_sent(self, dispatch_id: int, now: datetime) -> None:
        """Note that a dispatch has arrived; its text is forgotten."""
        with self._write() as db:
            db.execute(
                """
                UPDATE dispatches
                SET sent_at = ?, next_try_at = NULL, try_count = try_count + 1,
                    text = '', error = ''
                WHERE id = ?
                """,
                (text_of(now), dispatch_id),
            )

    def note_unsent(
        self, dispatch_id: int, error: str, again_at: datetime | None, now: datetime
    ) -> None:
        """Note that a try failed; without `again_at` it is given up."""
        with self._write() as db:
            db.execute(
                """
                UPDATE dispatches
                SET error = ?, next_try_at = ?, failed_at = ?, try_count = try_count + 1
                WHERE id = ?
                """,
                (
                    error,
                    text_or_none(again_at),
                    text_of(now) if again_at is None else None,
                    dispatch_id,
                ),
            )

    def start_alerts(
        self, slug: str, rule: str, known: Sequence[Alert], now: datetime
    ) -> None:
        """Note a topic's new rule; what it would call about by now counts as told."""
        with self._write() as db:
            # told long ago: the cooldown begins with the first that is really told
            _save_alerts(db, known, LONG_AGO)
            db.execute(
                "UPDATE alerts SET told_at = ? WHERE slug = ? AND told_at IS NULL",
                (LONG_AGO, slug),
            )
            set_counter(db, _rule(slug), rule)

    def forget_alert_rules(self, slugs: Sequence[str]) -> None:
        """Forget the rules of all topics but these: one that comes back is new."""
        with self._write() as db:
            db.execute(
                """
                DELETE FROM counters
                WHERE name LIKE 'alert_rule:%'
                    AND name NOT IN (SELECT value FROM json_each(?))
                """,
                (json.dumps([_rule(slug) for slug in slugs]),),
            )

    def raise_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts; one that was raised before stays as it was."""
        with self._write() as db:
            _save_alerts(db, alerts, None)


def queue(
    db: sqlite3.Connection,
    targets: Sequence[str],
    cargo: Cargo,
    message: Message,
    now: datetime,
    *,
    brief_id: int | None = None,
) -> None:
    """Queue a message to each target, within the transaction that makes it."""
    at = text_of(now)
    db.executemany(
        """
        INSERT INTO dispatches
            (target, cargo, brief_id, title, text, made_at, next_try_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (target, cargo, brief_id, message.title, message.text, at, at)
            for target in targets
        ],
    )


def _rule(slug: str) -> str:
    return f"alert_rule:{slug}"


def _save_alerts(
    db: sqlite3.Connection, alerts: Sequence[Alert], told_at: str | None
) -> None:
    db.executemany(
        """
        INSERT OR IGNORE INTO alerts
            (slug, kind, cluster_id, subject, text, raised_at, told_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (
                alert.slug,
                alert.kind,
                alert.cluster_id,
                alert.subject,
                alert.text,
                text_of(alert.raised_at),
                told_at,
            )
            for alert in alerts
        ],
    )


def _dispatch(row: sqlite3.Row) -> Dispatch:
    return Dispatch(
        id=row["id"],
        target=row["target"],
        cargo=Cargo(row["cargo"]),
        brief_id=row["brief_id"],
        title=row["title"],
        made_at=time_of(row["made_at"]),
        try_count=row["try_count"],
        next_try_at=time_or_none(row["next_try_at"]),
        sent_at=time_or_none(row["sent_at"]),
        failed_at=time_or_none(row["failed_at"]),
        error=row["error"],
    )


def _alert(row: sqlite3.Row) -> Alert:
    return Alert(
        slug=row["slug"],
        kind=AlertKind(row["kind"]),
        cluster_id=row["cluster_id"],
        subject=row["subject"],
        text=row["text"],
        raised_at=time_of(row["raised_at"]),
    )
