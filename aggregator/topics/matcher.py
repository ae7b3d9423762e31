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
"""A text is shown from here: a term in its title, or four mentions in its summary."""
HALF_POINTS = 1.6
"""Points that make a score of a half."""
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
# Group 1 is the word without its possessive; U.S. and D.A.C.A. are one word each.
_WORD = re.compile(
    rf"((?:{_LETTER}(?:\.{_LETTER})+(?!{_SIGN})\.?)"
    rf"|{_SIGN}+(?:[\u0300-\u036f]+{_SIGN}*)*)(?:['’]s(?!{_SIGN}))?"
)
# A dash between spaces sets apart: "Chaos at the border - Wall Street Journal"; the
# bracket is for sections of laws: 287(g).
_JOINT = re.compile(r"['’]?(?:\s+|[-\u2010\u2011\u2013]\s?|\()")
# The last three are Spanish: deportaciones, traficadores, ciudades.
_ES_STEMS = ("s", "x", "z", "ch", "sh", "ion", "dor", "dad")


@dataclass(frozen=True, slots=True)
class _Term:
    topic: int
    roles: frozenset[str]
    exact: tuple[str, ...]
    """The words in the case asked for, if any."""


class _Hit(NamedTuple):
    term: int
    first: int
    """Index of the first word."""
    start: int
    end: int


_Found = tuple[str, list[_Hit]]


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
        words, stems = self.words, self.stems
        found = [words[word]] if word in words else []
        if len(word) > 3 and word[-1] == "s":
            found += [words[one] for one in _singulars(word) if one in words]
        for length in self.stem_lengths:
            if length > len(word):
                break
            if word[:length] in stems:
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

            title    1.5 + ln(1 + n) for n > 0 mentions in the title
            summary  ln(1 + n) for n mentions in the summary; one inside a longer term
                     counts a third, one beyond the 80th word 80 / position
            echo     0.5 where the same term stands in both

        and the score is 1 - 2 ** (-points / 1.6); a term counts three times at most in
        each. Where a term of `none` is present, or one of `all` is missing, the score
        is held at half the threshold, so that `is_match` and `score >= threshold` are
        one. `parts` add up to the score. A topic without `any` matches on `all` alone.
        """
        in_title, in_summary = self._by_topic(title), self._by_topic(summary)
        scores = []
        for number in sorted(in_title.keys() | in_summary.keys()):
            found = (title, in_title[number]), (summary, in_summary[number])
            if score := self._topic_score(number, *found):
                scores.append(score)
        return tuple(scores)

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
        words = [match[1] for match in _WORD.finditer(text)]
        folded = [_fold(word) for word in words]
        if not folded or not all(folded):
            return None
        node = self._root
        for word in folded[:-1]:
            node = node.after_word(word)
        after = node.after_stem if text.endswith("*") else node.after_word
        node = after(folded[-1])
        in_case = text.startswith("=")
        return node, tuple(word.replace(".", "") for word in words if in_case)

    def _by_topic(self, text: str) -> defaultdict[int, list[_Hit]]:
        found: defaultdict[int, list[_Hit]] = defaultdict(list)
        for hit in self._hits(text):
            found[self._terms[hit.term].topic].append(hit)
        return found

    def _hits(self, text: str) -> Iterator[_Hit]:
        """Every term at every word; linear in the text."""
        words = list(_WORD.finditer(text))
        folded = [_fold(word[1]) for word in words]
        follow = self._root.follow
        for first, word in enumerate(folded):
            nodes = follow(word)
            last = first
            while nodes:
                for term in {term for node in nodes for term in node.terms}:
                    if self._is_written_so(term, words[first : last + 1]):
                        start, end = words[first].start(), words[last].end(1)
                        yield _Hit(term, first, start, end)
                last += 1
                if last == len(words) or not _JOINT.fullmatch(
                    text, words[last - 1].end(), words[last].start()
                ):
                    break
                nodes = [after for node in nodes for after in node.follow(folded[last])]

    def _is_written_so(self, term: int, words: Sequence[re.Match[str]]) -> bool:
        exact = self._terms[term].exact
        return not exact or all(
            word[1].replace(".", "").startswith(wanted)
            for word, wanted in zip(words, exact, strict=True)
        )

    def _topic_score(self, number: int, *found: _Found) -> TopicScore | None:
        topic = self.topics[number]
        present = {hit.term for _, hits in found for hit in hits}
        roles = {role for term in present for role in self._terms[term].roles}
        if ("any" if topic.any else "all") not in roles:
            return None
        is_held = "none" in roles or not self._wanted[number] <= present
        veto = {term for term in present if "none" in self._terms[term].roles}
        counted = [
            (text, [h for h in hits if h.term not in veto]) for text, hits in found
        ]
        points = _points(*(hits for _, hits in counted))
        if not points:  # a term of `any` that is one of `none`, too
            return None
        total = math.fsum(points.values())
        score = 1 - 2 ** (-total / HALF_POINTS)
        parts = [(name, score * share / total) for name, share in points.items()]
        if is_held and score > self.threshold / 2:
            parts.append(("held", self.threshold / 2 - score))
            score = self.threshold / 2
        return TopicScore(
            slug=topic.slug,
            score=score,
            is_match=not is_held and score >= self.threshold,
            matched=_matched(counted),
            parts=tuple(parts),
        )


def compile_topics(topics: Iterable[Topic]) -> TopicMatcher:
    """Make topics ready to score texts; a term without letters or digits is ignored."""
    return TopicMatcher(topics)


def _points(in_title: Sequence[_Hit], in_summary: Sequence[_Hit]) -> dict[str, float]:
    """A text's points for one topic, by where they come from."""
    title, summary = _weigh(in_title, 1.0), _weigh(in_summary, WITHIN)
    points = {}
    if title:
        points["title"] = TITLE_POINTS + math.log1p(math.fsum(title.values()))
    if summary:
        points["summary"] = math.log1p(math.fsum(summary.values()))
    if title.keys() & summary.keys():
        points["echo"] = ECHO_POINTS
    return points


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


def _matched(found: Iterable[_Found]) -> tuple[str, ...]:
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


def _fold(word: str) -> str:
    """Without case, accents and full stops; may come out longer, shorter or empty."""
    if not word.isascii():
        signs = unicodedata.normalize("NFKD", word.casefold())
        word = "".join(sign for sign in signs if not unicodedata.combining(sign))
    return word.lower().replace(".", "")


def _singulars(word: str) -> Iterator[str]:
    """What a word in -s may be the plural of; some of it is no word at all."""
    yield word[:-1]
    if word.endswith("ies"):
        yield word[:-3] + "y"
    elif len(word) > 4 and word.endswith("es") and word[:-2].endswith(_ES_STEMS):
        yield word[:-2]
