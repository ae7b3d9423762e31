"""Where clusters' lives stand, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.lifecycle import Heard, Life, Report, life_of
from aggregator.models import LifecycleState, StateChange
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    text_or_none,
    time_of,
)
from aggregator.store.sqlite_items import SOURCE

_STRETCH = ("from_at", "last_ok_at")
LOST = timedelta(days=7)
"""A feed that delivered nothing for so long holds no time up."""


class LifecycleReads(ReadConnections):
    """What is asked about clusters' lives."""

    def state_changes(
        self,
        *,
        cluster_ids: Sequence[int] | None = None,
        since: datetime | None = None,
    ) -> tuple[StateChange, ...]:
        """Return the changes of clusters' states in the order in which they were known."""
        conditions = ["from_at >= :since"] if since else []
        if cluster_ids is not None:
            conditions.append("cluster_id IN (SELECT value FROM json_each(:ids))")
        rows = self._rows(
            f"""
            SELECT cluster_id, state, since_at, from_at, quiet_seconds
            FROM state_changes
            {"WHERE " + " AND ".join(conditions) if conditions else ""}
            ORDER BY from_at, rowid
            """,
            {
                "since": since and text_of(since),
                "ids": json.dumps(list(cluster_ids or ())),
            },
        )
        return tuple(
            StateChange(
                row["cluster_id"],
                LifecycleState(row["state"]),
                time_of(row["since_at"]),
                time_of(row["from_at"]),
                timedelta(seconds=row["quiet_seconds"])
                if row["quiet_seconds"] is not None
                else None,
            )
            for row in rows
        )


class LifecycleWrites(WriteConnection):
    """What changes clusters' states because time passes."""

    def note_heard(self, now: datetime) -> None:
        """Note up to when feeds answered, and an outage where they missed something.

        Half of the feeds speak for all: a few that answer do not, and a few that fail
        hold nothing up. Feeds that are switched off or dead for a week do not count.
        What feeds still list after a gap is heard: only the part of it of which half of
        them do not tell is an outage.
        """
        delivered = self._delivered_by_half(now)
        if delivered is None:
            return
        whole_from, heard = delivered
        with self._write() as db:
            before = _heard_until(db)
            if before is not None and heard <= before:
                return
            if before is not None and before < whole_from:
                db.execute(
                    "INSERT INTO outages (from_at, to_at) VALUES (?, ?)",
                    (before, min(whole_from, heard)),
                )
            db.execute(
                """
                INSERT INTO counters (name, value) VALUES ('heard_until', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """,
                (heard,),
            )

    def _delivered_by_half(self, now: datetime) -> tuple[str, str] | None:
        """Return from when and up to when half of the feeds told all they said."""
        rows = self._rows(
            """
            SELECT f.last_ok_at, coalesce(
                (SELECT max(d.from_at) FROM deliveries AS d WHERE d.feed_id = f.id),
                f.last_ok_at) AS from_at
            FROM feeds AS f
            WHERE f.last_ok_at >= ? AND f.state NOT IN ('gone', 'disabled', 'removed')
            """,
            (text_of(now - LOST),),
        )
        if not rows:
            return None
        half = (len(rows) - 1) // 2
        begun, until = (sorted(str(row[name]) for row in rows) for name in _STRETCH)
        return begun[half], until[half]

    def renew_states(self, now: datetime, limit: int = 500) -> int:
        """Renew the states that may have changed because time passed; return how many.

        Only these are read: each cluster's row says when its state may next change.
        """
        until = _heard_until(self._reading()) or text_of(now)
        query = "SELECT id FROM clusters WHERE state_due_at <= ? LIMIT ?"
        if not self._rows(query, (until, 1)):
            return 0
        with self._write() as db:
            due = [row[0] for row in db.execute(query, (until, limit))]
            renew_lives(db, due, now)
        return len(due)


def renew_lives(db: sqlite3.Connection, ids: Collection[int], now: datetime) -> None:
    """Walk through the lives of clusters and keep what became of them.

    Inside the transaction that changed them: no page sees a cluster of today's reports
    in yesterday's state.
    """
    told = _reports(db, ids)
    if told:
        first = min(at for reports in told.values() for at, _ in reports)
        heard = _heard(db, first, now)
        rows = db.execute(
            """
            SELECT id, state, state_since IS NULL FROM clusters
            WHERE id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(sorted(told)),),
        ).fetchall()
        known = {id: None if is_new else state for id, state, is_new in rows}
        lives = {id: life_of(reports, heard) for id, reports in told.items()}
        _save(db, lives, known, text_of(now))
    db.executemany(
        "UPDATE clusters SET state_due_at = NULL WHERE id = ?",
        [(id,) for id in ids if id not in told],
    )


def ask_renewal(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Have the states of clusters renewed at the next `renew_states`."""
    db.executemany(
        "UPDATE clusters SET state_due_at = '' WHERE id = ?", [(id,) for id in ids]
    )


def _save(
    db: sqlite3.Connection,
    lives: Mapping[int, Life],
    known: Mapping[int, str | None],
    at: str,
) -> None:
    db.executemany(
        """
        UPDATE clusters SET state_due_at = :due,
            state_since = CASE
                WHEN state = :state AND state_since IS NOT NULL THEN state_since
                ELSE :since
            END,
            state = :state
        WHERE id = :id
        """,
        [
            {
                "id": id,
                "state": life.state,
                "since": text_of(life.since),
                "due": text_or_none(life.due_at),
            }
            for id, life in lives.items()
        ],
    )
    db.executemany(
        """
        INSERT INTO state_changes (cluster_id, state, since_at, from_at, quiet_seconds)
        VALUES (?, ?, ?, ?, ?)
        """,
        [
            (
                id,
                life.state,
                text_of(life.since),
                at,
                None if life.quiet is None else round(life.quiet.total_seconds()),
            )
            for id, life in lives.items()
            # a new cluster that emerges has not changed
            if life.state != (known[id] or LifecycleState.EMERGING)
        ],
    )


def _reports(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, list[Report]]:
    """Return when each text of some clusters came first, and whose voice it is."""
    found: dict[int, list[Report]] = {}
    # beside min(), SQLite takes other columns from the row that has the minimum
    for id, at, voice in db.execute(
        f"""
        SELECT m.cluster_id, min(i.at), coalesce(r.voice, {SOURCE})
        FROM memberships AS m
        JOIN items AS i ON i.id = m.item_id
        JOIN feeds AS f ON f.id = i.feed_id
        LEFT JOIN reports AS r ON r.item_id = i.id
        WHERE m.to_at IS NULL
            AND m.cluster_id IN (SELECT value FROM json_each(?))
        GROUP BY m.cluster_id, coalesce(r.origin_id, i.id)
        """,
        (json.dumps(sorted(ids)),),
    ):
        found.setdefault(id, []).append((time_of(at), voice))
    return found


def _heard(db: sqlite3.Connection, since: datetime, now: datetime) -> Heard:
    rows = db.execute(
        "SELECT from_at, to_at FROM outages WHERE to_at > ? ORDER BY from_at",
        (text_of(since),),
    )
    outages = tuple((time_of(start), time_of(end)) for start, end in rows)
    until = _heard_until(db)
    return Heard(now if until is None else time_of(until), outages)


def _heard_until(db: sqlite3.Connection) -> str | None:
    row = db.execute("SELECT value FROM counters WHERE name = 'heard_until'").fetchone()
    return None if row is None else str(row[0])
