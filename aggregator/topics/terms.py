"""Topic definitions -> a trie of their spellings, patterns and conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from aggregator.models import Group, Name, Near, Pattern, Term, Topic
from aggregator.patterns import Patterns
from aggregator.topics.conditions import Branch, Condition, Leaf, Parts
from aggregator.topics.lexicon import WORD, Lexicon, Node, fold
from aggregator.topics.near import together
from aggregator.topics.reading import Hit, Reading

_Place = tuple[tuple[int, ...], tuple[str, ...]]
"""Where in the trie a spelling ends, and its words where their case counts."""


@dataclass(frozen=True, slots=True)
class _Spelling:
    term: int
    exact: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Together:
    term: int
    parts: frozenset[int]
    within: int


class Terms:
    """The terms of all topics made ready: one walk over a text finds them all.

    Terms are numbered through all topics; `topic_of` and `boosts` tell whose a term
    is and what it weighs.
    """

    def __init__(self, topics: Iterable[Topic]) -> None:
        topics = tuple(topics)
        self.topic_of: list[int] = []
        self.boosts: list[float] = []
        self.lexicon = Lexicon(Node(), {one for topic in topics for one in topic.stem})
        self._spellings: list[_Spelling] = []
        self._nears: dict[int, list[_Together]] = {}
        self._parts: set[int] = set()
        self._regexes: list[str] = []
        self._regex_terms: list[int] = []
        self.conditions: list[Branch] = []
        for number, topic in enumerate(topics):
            self.conditions.append(_TopicTerms(self, number, topic).branch())

    def find(self, reading: Reading) -> dict[int, list[Hit]]:
        """Return the hits of each topic that the text touches."""
        found: dict[int, list[Hit]] = {}
        for hit in reading.spellings():
            spelling = self._spellings[hit.term]
            if spelling.exact and not _is_written_so(reading, hit, spelling.exact):
                continue
            hit = hit._replace(term=spelling.term)
            found.setdefault(self.topic_of[hit.term], []).append(hit)
        if self._regexes:
            for number, start, end in self._patterns.find(reading.text):
                term = self._regex_terms[number]
                hit = reading.stretch(term, start, end)
                found.setdefault(self.topic_of[term], []).append(hit)
        for topic in self._nears.keys() & found.keys():
            hits = found[topic]
            for near in self._nears[topic]:
                hits += list(together(hits, near.parts, near.within, near.term))
            found[topic] = [hit for hit in hits if hit.term not in self._parts]
        return found

    @cached_property
    def _patterns(self) -> Patterns:
        return Patterns(self._regexes)

    def add(self, topic: int, boost: float = 1.0) -> int:
        """Number a new term."""
        self.topic_of.append(topic)
        self.boosts.append(boost)
        return len(self.topic_of) - 1

    def add_spelling(
        self, term: int, nodes: Iterable[Node], exact: tuple[str, ...]
    ) -> None:
        """Let `term` be found where these nodes are reached."""
        for node in nodes:
            node.spellings.append(len(self._spellings))
        self._spellings.append(_Spelling(term, exact))

    def add_near(
        self, topic: int, term: int, parts: frozenset[int], within: int
    ) -> None:
        """Let `term` be found where its parts stand together; they count for nothing else."""
        self._parts |= parts
        self._nears.setdefault(topic, []).append(_Together(term, parts, within))

    def add_regex(self, term: int, regex: str) -> None:
        """Let `term` be found where a pattern matches."""
        self._regexes.append(regex)
        self._regex_terms.append(term)


class _TopicTerms:
    """Puts the terms of one topic among all; what folds to the same words is one."""

    def __init__(self, terms: Terms, number: int, topic: Topic) -> None:
        self._terms = terms
        self._number = number
        self._topic = topic
        self._known: dict[_Place, int] = {}

    def branch(self) -> Branch:
        return self._branch(self._topic)

    def _branch(self, group: Topic | Group) -> Branch:
        return Branch(
            Parts(self._conditions(group.any)),
            Parts(self._conditions(group.all)),
            Parts(self._conditions(group.none)),
        )

    def _conditions(self, terms: Iterable[Term]) -> Iterator[Condition]:
        for term in terms:
            if isinstance(term, Group):
                yield self._branch(term)
            elif leaf := self._leaf(term):
                yield leaf

    def _leaf(self, term: str | Name | Near | Pattern) -> Leaf | None:
        if isinstance(term, str):
            term = Name((term,))
        if isinstance(term, Name):
            found = self._named(term)
        else:
            number = self._terms.add(self._number, term.boost)
            found = {number}
            if isinstance(term, Pattern):
                self._terms.add_regex(number, term.regex)
            else:
                parts = frozenset(self._part(part) for part in term.terms)
                self._terms.add_near(self._number, number, parts, term.within)
        return Leaf(frozenset(found), term.min_repeat) if found else None

    def _named(self, name: Name) -> set[int]:
        """Number a term by its spellings; one that is known keeps its number."""
        found: set[int] = set()
        new: int | None = None
        for text in name.spellings:
            if not (place := self._place(text)):
                continue
            key, nodes, exact = place
            if key in self._known:
                term = self._known[key]
                self._terms.boosts[term] = max(self._terms.boosts[term], name.boost)
            else:
                if new is None:
                    new = self._terms.add(self._number, name.boost)
                term = self._known[key] = new
                self._terms.add_spelling(term, nodes, exact)
            found.add(term)
        return found

    def _part(self, text: str) -> int:
        number = self._terms.add(self._number)
        if place := self._place(text):
            self._terms.add_spelling(number, place[1], place[2])
        return number

    def _place(self, text: str) -> tuple[_Place, list[Node], tuple[str, ...]] | None:
        """Where a term ends in the trie, by its words and by their stems."""
        words = [match[1] for match in WORD.finditer(text)]
        folded = [fold(word) for word in words]
        if not folded or not all(folded):
            return None
        lexicon = self._terms.lexicon
        is_open, in_case = text.endswith("*"), text.startswith("=")
        nodes = [_walk(lexicon.root, folded, is_open)]
        if not is_open and not in_case:
            nodes += [
                _walk(lexicon.root, [lexicon.stem_form(w, language) for w in words])
                for language in self._topic.stem
            ]
        exact = tuple(word.replace(".", "") for word in words if in_case)
        return (tuple(map(id, nodes)), exact), nodes, exact


def _walk(node: Node, forms: list[str], is_open: bool = False) -> Node:
    for form in forms[:-1]:
        node = node.after_word(form)
    return node.after_beginning(forms[-1]) if is_open else node.after_word(forms[-1])


def _is_written_so(reading: Reading, hit: Hit, exact: tuple[str, ...]) -> bool:
    words = reading.written[hit.first : hit.last + 1]
    return all(
        word[1].replace(".", "").startswith(wanted)
        for word, wanted in zip(words, exact, strict=True)
    )
