"""Parses in child processes that are killed at their limits."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Self

from aggregator.errors import ParseError
from aggregator.limits import Limits, MiB
from aggregator.models import Document, Response
from aggregator.parse.children import Bounds, Children
from aggregator.parse.document import parse

log = logging.getLogger(__name__)

_Work = tuple[Response, Limits, datetime]


class ParserPool:
    """`workers` children that parse; a context manager. Any thread may submit."""

    def __init__(self, limits: Limits, workers: int = 2) -> None:
        self.workers = workers
        self._limits = limits
        self._children = Children[_Work, Document](
            _parse,
            Bounds(limits.parse_cpu, limits.parse_wall, limits.parse_memory_bytes),
            self._explain,
            workers,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self, response: Response, now: datetime | None = None
    ) -> Future[Document]:
        """Have a response parsed; the future raises nothing but `ParseError`.

        Waits while the children have more than enough to do. `now`, for judging dates,
        is this moment unless it is given.
        """
        return self._children.submit((response, self._limits, now or datetime.now(UTC)))

    def close(self) -> None:
        """End all children at once."""
        self._children.close()

    def _explain(self, kind: str) -> ParseError:
        limits = self._limits
        match kind:
            case "timeout":
                seconds = limits.parse_cpu.total_seconds()
                return ParseError(
                    kind, f"reading it took too long: over {seconds:g} s of work"
                )
            case "memory":
                mib = limits.parse_memory_bytes // MiB
                return ParseError(
                    kind, f"reading it took too much memory: over {mib} MiB"
                )
        return ParseError(kind, "the parser ended in the middle of it")


def _parse(work: _Work) -> Document:
    response, limits, now = work
    try:
        return parse(response, limits, now)
    except (ParseError, MemoryError):
        raise
    except Exception as error:  # one document never stops another
        log.exception("parse_failed url=%s", response.url)
        raise ParseError(
            "unreadable", f"cannot be read: {type(error).__name__}"
        ) from error
