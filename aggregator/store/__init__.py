"""Where everything is kept."""

from __future__ import annotations

from pathlib import Path

from aggregator.store.base import Desk, Inbox, Key, Reader, Store

__all__ = ["Desk", "Inbox", "Key", "Reader", "Store", "open_reader", "open_store"]


def open_store(location: str | Path) -> Store:
    """Open the store at a path for reading and writing; create it if it is new.

    Raises `StoreError`, and `StoreVersion` for a file of a newer version.
    """
    from aggregator.store.sqlite import SqliteStore

    return SqliteStore(Path(location))


def open_reader(location: str | Path) -> Reader:
    """Open the store at a path for reading alone. Raises `StoreError`."""
    from aggregator.store.sqlite import SqliteReader

    return SqliteReader(Path(location))
