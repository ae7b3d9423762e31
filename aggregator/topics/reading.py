"""A text and a lexicon -> its words and every term at every word."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from aggregator.topics.lexicon import WORD, Lexicon, Word

# A dash between spaces sets apart: "Chaos at the border - Wall Street Journal"; the
# bracket is for sections of laws: 287(g).
_JOINT = re.compile(r"['’]?(?:\s+|[-\u2010\u2011\u2013]\s?|\()")


class Hit(NamedTuple):
    """A term found in a text."""

    term: int
    first: int
    """Index of the first word."""
    start: int
    end: int
    last: int
    """Index of the last word."""


class Reading:
    """The words of one text."""

    __slots__ = ("text", "words", "written")

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.written = list(WORD.finditer(text))
        self.words: list[Word] = lexicon.words([match[1] for match in self.written])

    def spellings(self) -> Iterator[Hit]:
        """Yield every spelling at every word; linear in the text."""
        words, written = self.words, self.written
        for first, word in enumerate(words):
            if not word.starts:
                continue
            nodes, last = word.starts, first
            while nodes:
                for spelling in {s for node in nodes for s in node.spellings}:
                    start, end = written[first].start(), written[last].end(1)
                    yield Hit(spelling, first, start, end, last)
                last += 1
                if last == len(words) or not _JOINT.fullmatch(
                    self.text, written[last - 1].end(), written[last].start()
                ):
                    break
                after = words[last]
                nodes = tuple(
                    n for node in nodes for n in node.follow(after.forms, after.folded)
                )

    def stretch(self, term: int, start: int, end: int) -> Hit:
        """Return a piece of the text as a hit."""
        starts = [match.start() for match in self.written]
        first = max(0, bisect_right(starts, start) - 1)
        return Hit(
            term, first, start, end, max(first, bisect_right(starts, end - 1) - 1)
        )
