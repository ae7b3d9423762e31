"""The shared stream, repeated: more of the same news, but never the same news again."""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.archive import read_items
from aggregator.models import Item
from aggregator.words.commonwords import word_shares
from aggregator.words.tokens import fold, stem
from tests.bench.ground import shared

_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxz", "aeiouy"
_WORD = re.compile(r"[^\W\d_]+")


class RepeatedStream:
    """Items without end, by time, as many lanes of the stream side by side.

    A copy that said the same as the one before would find its twin's cluster closed,
    or join it where it is still open, and no word would ever be new. So each copy
    tells of other events in other names: every word has its letters exchanged,
    consonants for consonants and vowels for vowels, one way for each copy, but for
    those that are common in all news (`words.commonwords`) and no name, that is mostly
    written small. What words share a text, how often and how long they are stays as it
    was. The few items of earlier months come at the stream's beginning.
    """

    def __init__(self, lanes: int = 1) -> None:
        path = shared() / "bench" / "stream" / "world2026_a.jsonl.gz"
        items = sorted((i for _, i in read_items(path)), key=lambda i: (i.at, i.id))
        self.lanes = lanes
        self.begins_at = items[len(items) // 100].at
        self.span = items[-1].at - self.begins_at + timedelta(minutes=1)
        self.items: Sequence[Item] = [
            replace(item, at=max(item.at, self.begins_at)) for item in items
        ]
        self.common = _common_words(items)

    def __iter__(self) -> Iterator[Item]:
        """Yield items with ids in the order of their times."""
        lanes = [self._lane(number) for number in range(self.lanes)]
        for number, (_, _, item) in enumerate(heapq.merge(*lanes), 1):
            yield replace(item, id=number)

    def batches(self, size: int, n_items: int) -> Iterator[Sequence[Item]]:
        """Yield the first `n_items` in batches."""
        items = itertools.islice(iter(self), n_items)
        while batch := list(itertools.islice(items, size)):
            yield batch

    def _lane(self, lane: int) -> Iterator[tuple[datetime, int, Item]]:
        # lanes begin at other days of the stream, so that no hour is everybody's rush
        first = len(self.items) * lane // self.lanes
        offset = self.begins_at - self.items[first].at
        for lap in itertools.count():
            copy = lap * self.lanes + lane
            table = _exchange(copy)
            for item in self.items[first if lap == 0 else 0 :]:
                at = item.at + offset + lap * self.span
                yield at, copy, self._told(item, at, table)

    def _told(self, item: Item, at: datetime, table: dict[int, int]) -> Item:
        return replace(
            item,
            title=self._renamed(item.title, table),
            summary=self._renamed(item.summary, table),
            at=at,
            published_at=at,
            first_seen_at=at,
        )

    def _renamed(self, text: str, table: dict[int, int]) -> str:
        def word(match: re.Match[str]) -> str:
            if stem(fold(match[0])) in self.common:
                return match[0]
            return match[0].translate(table)

        return _WORD.sub(word, text) if table else text


def _common_words(items: Sequence[Item]) -> frozenset[str]:
    """Return the stems that all news has and that `items` mostly write small."""
    stems: Counter[tuple[str, bool]] = Counter()
    for item in items:
        for word in _WORD.findall(f"{item.title} {item.summary}"):
            stems[stem(fold(word)), word.islower()] += 1
    return frozenset(
        stem for stem in word_shares() if stems[stem, True] > stems[stem, False]
    )


def _exchange(copy: int) -> dict[int, int]:
    """Return the letters of a copy: the first is told as it was."""
    n, m = copy % len(_CONSONANTS), copy // len(_CONSONANTS) % len(_VOWELS)
    table: dict[int, int] = {}
    for letters, shift in ((_CONSONANTS, n), (_VOWELS, m)):
        turned = letters[shift:] + letters[:shift]
        for before, after in zip(letters, turned, strict=True):
            if before != after:
                table |= {ord(before): ord(after)}
                table |= {ord(before.upper()): ord(after.upper())}
    return table
