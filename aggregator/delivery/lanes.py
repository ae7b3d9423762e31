"""Which targets are being served, and whose turn is next: none waits for another."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

LANES = 4
"""So many targets are served at once, each by a program of 36 MB."""


class Lanes:
    """Gives each target to one thread at a time; any thread may ask."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._busy: set[str] = set()
        self._turns: dict[str, int] = {}  # when each was served last, counted
        self._turn = 0

    @contextmanager
    def take(self, waiting: Collection[str]) -> Iterator[str | None]:
        """Hold one of these targets that nobody serves; None where there is none.

        The one whose turn was longest ago, or never; of equals, the first.
        """
        with self._guard:
            free = [target for target in waiting if target not in self._busy]
            target = min(free, key=lambda t: self._turns.get(t, 0), default=None)
            if target is not None:
                self._turn += 1
                self._turns[target] = self._turn
                self._busy.add(target)
        try:
            yield target
        finally:
            with self._guard:
                self._busy.discard(target or "")
