"""Regular expressions of operators; the only module that knows RE2.

RE2 runs in time that grows with the text alone, whatever the pattern: `(a+)+$` costs
what `a$` does. What it cannot run so (references back, look-around, huge repeats) it
refuses when it is compiled. A time limit around Python's own engine would need a
process to kill, and would still spend the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import re2

MAX_CHARS = 500
MAX_MEMORY = 1024 * 1024
"""Bytes that one compiled pattern may take; RE2 refuses what needs more."""
MAX_FOUND = 100
"""So many matches of one pattern in one text are looked at."""


class PatternError(Exception):
    """A pattern that will not do; the argument says why."""


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return options


def check_pattern(pattern: str) -> None:
    """Raise `PatternError` for a pattern that cannot run, or that says nothing."""
    if len(pattern) > MAX_CHARS:
        raise PatternError(f"must have at most {MAX_CHARS} characters")
    try:
        compiled = re2.compile(pattern, _options())
    except re2.error as error:
        said = error.args[0]
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise PatternError(
            f"{text}; patterns are RE2's, whose time grows with the text alone: "
            "no references back, no look-around, no repeats beyond 1000"
        ) from error
    if compiled.search("") is not None:
        raise PatternError("matches nothing at all, so it would match everywhere")


class Patterns:
    """Several patterns over one text: those that are not in it cost almost nothing."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._compiled = [re2.compile(pattern, _options()) for pattern in patterns]
        self._all = re2.Set.SearchSet(_options())
        for pattern in patterns:
            self._all.Add(pattern)
        self._all.Compile()

    def find(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Yield (number of the pattern, start, end) of what is found in `text`."""
        for number in self._all.Match(text) or ():
            for match in islice(self._compiled[number].finditer(text), MAX_FOUND):
                if match.end() > match.start():
                    yield number, match.start(), match.end()
