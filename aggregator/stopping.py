"""An event that is set with another one, too; pure."""

from __future__ import annotations

import threading


class EitherStop(threading.Event):
    """Stops one part of what a program does, or all of it."""

    def __init__(self, other: threading.Event) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        """Say whether this event or the other was set."""
        return super().is_set() or self._other.is_set()
