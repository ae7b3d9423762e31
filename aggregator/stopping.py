"""When work ends: an event that is set with another one, too, and the slice of a cycle."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta


class EitherStop(threading.Event):
    """Stops one part of what a program does, or all of it."""

    def __init__(self, other: threading.Event) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        """Say whether this event or the other was set."""
        return super().is_set() or self._other.is_set()


def turns(length: timedelta, stop: threading.Event) -> Iterator[None]:
    """Yield until so long has passed or a stop is asked for; once, if none was yet.

    Work that may take minutes is done so, a little each cycle, and polls go on between.
    """
    until = time.monotonic() + length.total_seconds()
    while not stop.is_set():
        yield
        if time.monotonic() >= until:
            break
