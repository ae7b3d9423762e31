"""Texts x topic definitions -> scores from 0 to 1 with the words that matched.

A term is a word or a phrase. It matches whole words, whatever their case and accents:
`ai` never matches `training`. A `*` at its end matches any ending (`deport*`); a plural
or a possessive of the text matches its singular (`visa`: visas, visa's), not the other
way round (`Dreamers`: no dreamer). White space in a phrase stands for white space or a
hyphen. A `=` in front asks for the case as written: `=ICE` is the agency, never ice.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from aggregator.models import Topic, TopicScore

THRESHOLD = 0.5
"""A text is shown under a topic from this score: one term in the title, or three
terms early in the summary."""

HALF_POINTS = 1.65
"""Points that make a score of a half: no less than four mentions in the summary."""
TITLE_POINTS = 1.5
ECHO_POINTS = 0.5
REPEATS = 3
"""The same term counts so often in a title or a summary: a chant is no evidence."""
WITHIN = 1 / 3
"""Part of a mention that a word counts in the summary inside a longer term's match."""
LEAD_WORDS = 80
"""News puts first what it is about: from here on a term counts by 1 / position."""

_LETTER = r"[^\W\d_]"
_SIGN = r"[^\W_]"
_WORD = re.compile(
    rf"(?:({_LETTER}(?:\.{_LETTER})+)(?!{_SIGN})\.?"  # U.S. and D.A.C.A. are one word
    rf"|({_SIGN}+(?:[\u0300-\u036f]+{_SIGN}*)*))"
    rf"(?:['’]s(?!{_SIGN}))?"
)
# A dash between spaces sets apart: "Chaos at the border - Wall Street Journal".
_JOINT = re.compile(r"['’]?(?:\s+|[-\u2010\u2011\u2013]\s?)")
# The second row is Spanish: deportaciones, traficadores, ciudades.
_ES_STEMS = ("s", "x", "z", "ch", "sh", "ion", "dor", "dad")


class _Word(NamedTuple):
    """A word of a text: folded for comparing, and where it stands."""

    folded: str
    start: int
    end: int
    next_at: int
    """Where the word ends with its possessive."""


@dataclass(frozen=True, slots=True)
class _Term:
    topic: int
    roles: frozenset[str]
    exact: tuple[str, ...]
    """The words in the case asked for; empty where any case will do."""


class _Hit(NamedTuple):
    term: int
    first: int
    """Index of the first word."""
    start: int
    end: int


@dataclass(slots=True, eq=False)
class _Node:
    """What may follow the words read so far: a trie over folded words."""

    words: dict[str, _Node] = field(default_factory=dict)
    stems: dict[str, _Node] = field(default_factory=dict)
    stem_lengths: tuple[int, ...] = ()
    terms: list[int] = field(default_factory=list)

    def after_word(self, word: str) -> _Node:
        return self.words.setdefault(word, _Node())

    def after_stem(self, stem: str) -> _Node:
        node = self.stems.setdefault(stem, _Node())
        self.stem_lengths = tuple(sorted({len(stem) for stem in self.stems}))
        return node

    def follow(self, word: str) -> list[_Node]:
        """The nodes that a folded word of a text leads to."""
        found = []
        words = self.words
        if word in words:
            found.append(words[word])
        if len(word) > 3 and word[-1] == "s":
            found += [words[one] for one in _singulars(word) if one in words]
        stems = self.stems
        for length in self.stem_lengths:
            if word[:length] in stems and length <= len(word):
                found.append(stems[word[:length]])
        return found


class TopicMatcher:
    """Topics made ready: one walk over a text finds the terms of all of them."""

    def __init__(self, topics: Iterable[Topic], threshold: float = THRESHOLD) -> None:
        self.topics = tuple(topics)
        self.threshold = threshold
        self._root = _Node()
        self._terms: list[_Term] = []
        self._wanted: list[frozenset[int]] = []
        for number, topic in enumerate(self.topics):
            self._add_topic(number, topic)

    def score(self, title: str, summary: str) -> tuple[TopicScore, ...]:
        """Score a text for every topic it touches, in the topics' order.

        A text's points for a topic are

            title    1 + ln(1 + n) where n > 0 terms stand in the title
            summary  ln(1 + n), a term beyond the 80th word counting 80 / position
            echo     0.5 where the same term stands in both

        and the score is 1 - 2 ** (-points / 1.65). A phrase and a word within it both count
        where both are terms, so that the narrower one weighs more. Where a term of
        `none` is present, or one of `all` is missing, the score is held at half the
        threshold: `is_match` says no more than `score >= threshold`.
        """
        in_title = self._by_topic(title)
        in_summary = self._by_topic(summary)
        scores = (
            self._topic_score(
                number,
                title,
                in_title.get(number, []),
                summary,
                in_summary.get(number, []),
            )
            for number in sorted(in_title.keys() | in_summary.keys())
        )
        return tuple(score for score in scores if score is not None)

    def _add_topic(self, number: int, topic: Topic) -> None:
        # Two spellings that fold to the same words are one term.
        spellings: dict[tuple[_Node, tuple[str, ...]], set[str]] = {}
        for role in ("any", "all", "none"):
            for text in getattr(topic, role):
                if place := self._place(text):
                    spellings.setdefault(place, set()).add(role)
        wanted = set()
        for (node, exact), roles in spellings.items():
            if "all" in roles:
                wanted.add(len(self._terms))
            node.terms.append(len(self._terms))
            self._terms.append(_Term(number, frozenset(roles), exact))
        self._wanted.append(frozenset(wanted))

    def _place(self, text: str) -> tuple[_Node, tuple[str, ...]] | None:
        """Where a term ends in the trie, and its words where their case counts."""
        words = list(_read_words(text))
        if not words:
            return None
        node = self._root
        for word in words[:-1]:
            node = node.after_word(word.folded)
        last = words[-1].folded
        node = node.after_stem(last) if text.endswith("*") else node.after_word(last)
        in_case = text.startswith("=")
        return node, tuple(_written(text, word) for word in words if in_case)

    def _by_topic(self, text: str) -> dict[int, list[_Hit]]:
        found: dict[int, list[_Hit]] = defaultdict(list)
        for hit in self._hits(text):
            found[self._terms[hit.term].topic].append(hit)
        return found

    def _hits(self, text: str) -> Iterator[_Hit]:
        """Every term at every word, longest last; linear in the text."""
        words = list(_read_words(text))
        follow = self._root.follow
        for first, word in enumerate(words):
            nodes = follow(word.folded)
            last = first
            while nodes:
                for term in {term for node in nodes for term in node.terms}:
                    if self._is_written_so(term, text, words[first : last + 1]):
                        yield _Hit(term, first, word.start, words[last].end)
                last += 1
                if last == len(words) or not _JOINT.fullmatch(
                    text, words[last - 1].next_at, words[last].start
                ):
                    break
                next_word = words[last].folded
                nodes = [after for node in nodes for after in node.follow(next_word)]

    def _is_written_so(self, term: int, text: str, words: Sequence[_Word]) -> bool:
        exact = self._terms[term].exact
        return not exact or all(
            _written(text, word).startswith(wanted)
            for word, wanted in zip(words, exact, strict=True)
        )

    def _topic_score(
        self,
        number: int,
        title: str,
        in_title: list[_Hit],
        summary: str,
        in_summary: list[_Hit],
    ) -> TopicScore | None:
        topic = self.topics[number]
        present = {hit.term for hit in (*in_title, *in_summary)}
        roles = [self._terms[term].roles for term in present]
        if not any(("any" if topic.any else "all") in role for role in roles):
            return None
        is_held = any("none" in role for role in roles)
        is_held = is_held or not self._wanted[number] <= present
        in_title = [hit for hit in in_title if self._counts(hit)]
        in_summary = [hit for hit in in_summary if self._counts(hit)]
        parts = _parts(in_title, in_summary)
        score = 1 - 2 ** (-math.fsum(parts.values()) / HALF_POINTS)
        shares = _shares(parts, score)
        if is_held and score > self.threshold / 2:
            shares.append(("held", self.threshold / 2 - score))
            score = self.threshold / 2
        return TopicScore(
            slug=topic.slug,
            score=score,
            is_match=not is_held and score >= self.threshold,
            matched=_matched((title, in_title), (summary, in_summary)),
            parts=tuple(shares),
        )

    def _counts(self, hit: _Hit) -> bool:
        return "none" not in self._terms[hit.term].roles


def compile_topics(
    topics: Iterable[Topic], threshold: float = THRESHOLD
) -> TopicMatcher:
    """Make topics ready to score texts; a term without letters or digits is ignored."""
    return TopicMatcher(topics, threshold)


def cluster_score(scores: Sequence[float]) -> float:
    """Score a cluster from the scores of all its items, 0 where an item has none.

    The mean of the upper half (of n items the n / 2 highest, rounded up): what half of
    the reports are about, the cluster is about; one off-hand mention is thinned out.
    An empty cluster scores 0.
    """
    upper = sorted(scores, reverse=True)[: (len(scores) + 1) // 2]
    return math.fsum(upper) / len(upper) if upper else 0.0


def _parts(in_title: Sequence[_Hit], in_summary: Sequence[_Hit]) -> dict[str, float]:
    """A text's points for one topic, by where they come from."""
    title = _weigh(in_title, 1.0)
    summary = _weigh(in_summary, WITHIN)
    parts = {}
    if title:
        parts["title"] = TITLE_POINTS + math.log1p(math.fsum(title.values()))
    if summary:
        parts["summary"] = math.log1p(math.fsum(summary.values()))
    if title.keys() & summary.keys():
        parts["echo"] = ECHO_POINTS
    return parts


def _weigh(hits: Iterable[_Hit], within: float) -> dict[int, float]:
    """Weight of each term; `within` is that of a hit inside a longer term's stretch."""
    counts: Counter[int] = Counter()
    weights: dict[int, float] = defaultdict(float)
    covered = 0
    for hit in sorted(hits, key=_reading_order):
        counts[hit.term] += 1
        if counts[hit.term] <= REPEATS:
            weight = within if hit.end <= covered else 1.0
            weights[hit.term] += weight * min(1.0, LEAD_WORDS / (hit.first + 1))
        covered = max(covered, hit.end)
    return weights


def _reading_order(hit: _Hit) -> tuple[int, int]:
    return hit.start, -hit.end


def _shares(parts: dict[str, float], score: float) -> list[tuple[str, float]]:
    total = math.fsum(parts.values())
    return [(name, score * points / total) for name, points in parts.items()]


def _matched(*found: tuple[str, Sequence[_Hit]]) -> tuple[str, ...]:
    """The longest stretches of text that terms matched, each once, in reading order."""
    seen: dict[str, str] = {}
    for text, hits in found:
        covered = 0
        for hit in sorted(hits, key=_reading_order):
            if hit.end > covered:
                covered = hit.end
                stretch = text[hit.start : hit.end]
                seen.setdefault(_fold(stretch), stretch)
    return tuple(seen.values())


def _read_words(text: str) -> Iterator[_Word]:
    folded = text.lower() if text.isascii() else ""
    for match in _WORD.finditer(text):
        group = match.lastindex or 0
        start, end = match.span(group)
        word = folded[start:end] if folded else _fold(match[group])
        if group == 1:
            word = word.replace(".", "")
        if word:  # a lone accent folds to nothing
            yield _Word(word, start, end, match.end())


def _fold(word: str) -> str:
    """Without case and accents; may come out longer or shorter than it went in."""
    if not word.isascii():
        letters = unicodedata.normalize("NFKD", word.casefold())
        word = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return word.lower()


def _singulars(word: str) -> Iterator[str]:
    """What a word in -s may be the plural of; some of it is no word at all."""
    yield word[:-1]
    if word.endswith("ies"):
        yield word[:-3] + "y"
    elif word.endswith("es") and word[:-2].endswith(_ES_STEMS):
        yield word[:-2]


def _written(text: str, word: _Word) -> str:
    return text[word.start : word.end].replace(".", "")
