"""A stop that comes in the middle of something."""

from __future__ import annotations

import threading


class StopAt(threading.Event):
    """Is set from the `n`th time on that somebody looks."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def is_set(self) -> bool:
        self.n -= 1
        return self.n <= 0
