"""One daemon a data directory: a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import AlreadyRunning, StoreError

LOCK_NAME = "aggregator.lock"


@contextmanager
def single_instance(directory: Path) -> Iterator[None]:
    """Hold the directory's lock while the body runs.

    Raises `AlreadyRunning`, naming the process that holds it. The lock is the
    kernel's (flock), so a file left behind by kill -9 locks nothing.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"{directory}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            raise AlreadyRunning(
                f"{directory}: process {holder or 'unknown'} already works here; "
                "stop it, or give another --data"
            ) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
