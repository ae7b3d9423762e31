"""Connections: one that writes, behind a lock; read-only ones, one a thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aggregator.errors import StoreError, StoreVersion

BUSY_MS = 10_000
WAL_BYTES = 16 * 1024 * 1024
"""What the write-ahead log shrinks to: else it stays as large as it ever was."""
MAGIC = b"SQLite format 3\x00"


def text_of(at: datetime) -> str:
    """Return a time as the database keeps it."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return f"{at.isoformat()[:19]}Z"  # strftime takes ten times as long


def text_or_none(at: datetime | None) -> str | None:
    """Return a time as the database keeps it, or None."""
    return None if at is None else text_of(at)


def time_of(text: str) -> datetime:
    """Return a time of the database."""
    return datetime.fromisoformat(text)


def time_or_none(text: str | None) -> datetime | None:
    """Return a time of the database, or None."""
    return None if text is None else datetime.fromisoformat(text)


def set_counter(db: sqlite3.Connection, name: str, value: str) -> None:
    """Keep one value under a name."""
    db.execute(
        """
        INSERT INTO counters (name, value) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """,
        (name, value),
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(MAGIC))


class ReadConnections:
    """Read-only connections to one file, one a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    def _reading(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = sqlite3.connect(
                    f"{self.path.absolute().as_uri()}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,  # close() comes from another thread
                )
                connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
                connection.execute("PRAGMA query_only = 1")
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: {error}") from error
            connection.row_factory = sqlite3.Row
            self._local.connection = connection
            with self._guard:
                self._all.append(connection)
        return connection

    def _rows(
        self, sql: str, values: Sequence[Any] | dict[str, Any] = ()
    ) -> list[sqlite3.Row]:
        try:
            return self._reading().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

    def _row(
        self, sql: str, values: Sequence[Any] | dict[str, Any] = ()
    ) -> sqlite3.Row | None:
        rows = self._rows(sql, values)
        return rows[0] if rows else None

    def _each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[sqlite3.Row]:
        """Yield rows one by one: for tables that would not fit into memory."""
        try:
            # `yield from` would close the cursor of a connection that may be closed
            for row in self._reading().execute(sql, values):  # noqa: UP028
                yield row
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

    @contextmanager
    def as_of_now(self) -> Iterator[None]:
        """Let all that this thread reads in the body be of one moment."""
        connection = self._reading()
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")

    def close(self) -> None:
        """Give up every connection."""
        with self._guard:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()


class WriteConnection(ReadConnections):
    """The one connection that writes; transactions take the write lock at once.

    A deferred transaction that reads first and writes later fails at once with
    "database is locked", whatever the timeout: hence BEGIN IMMEDIATE.
    """

    def __init__(self, path: Path) -> None:
        from aggregator.store import schema

        super().__init__(path)
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # SQLite takes a file of a few bytes for an empty database
            if path.exists() and _head(path) not in (b"", MAGIC):
                raise StoreError(f"{path}: is no SQLite database; move it away")
            self._writer = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: {error}") from error
        try:
            self._prepare(schema)
        except sqlite3.Error as error:
            self._writer.close()
            raise StoreError(
                f"{path}: {error}; restore a backup of this file or move it away"
            ) from error
        except StoreError:
            self._writer.close()
            raise

    def _prepare(self, schema: Any) -> None:
        run = self._writer.execute
        run(f"PRAGMA busy_timeout = {BUSY_MS}")  # first: the next ones may have to wait
        owner = run("PRAGMA application_id").fetchone()[0]
        if owner != schema.APPLICATION_ID:
            if run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise StoreError(f"{self.path}: is a database of another application")
            run(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        if newer := schema.unknown_migrations(self._writer):
            raise StoreVersion(
                f"{self.path}: was written by a newer version (it knows '{newer[0]}'); "
                "upgrade, or restore the backup made before"
            )
        run("PRAGMA journal_mode = WAL")
        run(
            "PRAGMA synchronous = NORMAL"
        )  # WAL: a power cut loses the last poll, never the file
        run(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        run("PRAGMA foreign_keys = ON")
        schema.migrate(self._writer)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Run the body in one transaction: all of it is stored, or nothing."""
        with self._lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                except BaseException:
                    if self._writer.in_transaction:  # a full disk rolls back by itself
                        self._writer.execute("ROLLBACK")
                    raise
                self._writer.execute("COMMIT")
            except sqlite3.IntegrityError:
                raise  # one row is at fault, not the database: a mistake of ours
            except sqlite3.Error as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise StoreError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Give up every connection."""
        super().close()
        with self._lock:
            self._writer.close()
