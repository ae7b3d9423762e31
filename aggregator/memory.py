"""What this process keeps of its memory, and when it looks for what to free.

Where the C library is glibc, free memory goes back to the system; elsewhere nothing is
done. glibc keeps what was freed: in an arena for each thread, and, once a large block was
freed, in place of blocks up to 32 MiB. A daemon that reads a feed of 20 MiB once, or
clusters a backlog, would look as large ever after.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # malloc.h
_ARENAS = 2
_MAPPED_BYTES = 1024 * 1024
"""From this size on a block is the system's again as soon as it is freed."""


def keep_little() -> None:
    """Have this process keep little of what it frees; before any thread is started."""
    if mallopt := _found("mallopt"):
        mallopt(_ARENA_MAX, _ARENAS)
        mallopt(_MMAP_THRESHOLD, _MAPPED_BYTES)


def give_back() -> None:
    """Give back what is free: a few milliseconds."""
    if malloc_trim := _found("malloc_trim"):
        malloc_trim(0)


@contextmanager
def many_objects() -> Iterator[None]:
    """Let no collection of cycles begin while very many objects are made that stay.

    Python looks through all of them each time that their number has grown by a
    quarter: of a start with 50,000 open clusters that took a fourth.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _found(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None)
