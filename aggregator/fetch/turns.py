"""Whose turn it is: requests in an order that goes easy on every host; pure."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Requests waiting by host; times are seconds of any clock that only goes on.

    A host is asked at most `at_once` things at a time, `spacing` seconds apart.
    """

    def __init__(
        self, requests: Iterable[tuple[str, T]], at_once: int, spacing: float
    ) -> None:
        self._at_once = at_once
        self._spacing = spacing
        self._waiting: dict[str, deque[T]] = {}
        self._running: dict[str, int] = {}
        self._next_at: dict[str, float] = {}
        # (when, tie-break, host) of every host that may be asked; the tie-break goes
        # up, so that hosts take turns.
        self._ready: list[tuple[float, int, str]] = []
        self._count = 0
        for host, request in requests:
            self.add(host, request)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, host: str, request: T) -> None:
        """Have one more request wait."""
        is_first = host not in self._waiting
        self._waiting.setdefault(host, deque()).append(request)
        if is_first and self._running.get(host, 0) < self._at_once:
            self._line_up(host)

    def take(self, now: float) -> tuple[str, T] | None:
        """Return the next host and request, or None where none may go now."""
        if not self._ready or self._ready[0][0] > now:
            return None
        _, _, host = heapq.heappop(self._ready)
        requests = self._waiting[host]
        request = requests.popleft()
        if not requests:
            del self._waiting[host]
        self._running[host] = self._running.get(host, 0) + 1
        self._next_at[host] = now + self._spacing
        if self._running[host] < self._at_once:
            self._line_up(host)
        return host, request

    def finish(self, host: str) -> None:
        """Note that one request to `host` has ended."""
        was_full = self._running[host] == self._at_once
        self._running[host] -= 1
        if was_full:
            self._line_up(host)

    def delay(self, now: float) -> float | None:
        """Return how long nothing may go; None until something has ended."""
        return max(self._ready[0][0] - now, 0.0) if self._ready else None

    def _line_up(self, host: str) -> None:
        if host in self._waiting:
            when = self._next_at.get(host, 0.0)
            heapq.heappush(self._ready, (when, self._count, host))
            self._count += 1
