"""A word as it is written -> all that topics ask of it, worked out once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aggregator.words.stems import stemmer
from aggregator.words.stopwords import languages_of
from aggregator.words.tokens import stem, tokens

_LETTER = r"[^\W\d_]"
_SIGN = r"[^\W_]"
# Group 1 is the word without its possessive; U.S. and D.A.C.A. are one word each.
WORD = re.compile(
    rf"((?:{_LETTER}(?:\.{_LETTER})+(?!{_SIGN})\.?)"
    rf"|{_SIGN}+(?:[\u0300-\u036f]+{_SIGN}*)*)(?:['’]s(?!{_SIGN}))?"
)
# The last three are Spanish: deportaciones, traficadores, ciudades.
_ES_STEMS = ("s", "x", "z", "ch", "sh", "ion", "dor", "dad")
MAX_WORDS = 200_000
"""Words kept at most: some 100 MB; a month of a busy stream writes fewer."""


@dataclass(slots=True, eq=False)
class Node:
    """What may follow the words read so far: a trie over the forms of words."""

    words: dict[str, Node] = field(default_factory=dict)
    beginnings: dict[str, Node] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    spellings: list[int] = field(default_factory=list)

    def after_word(self, form: str) -> Node:
        return self.words.setdefault(form, Node())

    def after_beginning(self, text: str) -> Node:
        node = self.beginnings.setdefault(text, Node())
        self.lengths = tuple(sorted({len(text) for text in self.beginnings}))
        return node

    def follow(self, forms: Iterable[str], folded: str) -> list[Node]:
        """The nodes that a word of a text leads to, by its forms and its beginning."""
        found = [self.words[form] for form in forms if form in self.words]
        for length in self.lengths:
            if length > len(folded):
                break
            if folded[:length] in self.beginnings:
                found.append(self.beginnings[folded[:length]])
        return found


@dataclass(frozen=True, slots=True)
class Word:
    """A written word, worked out.

    `forms` is what a trie may know it by: itself, what it may be the plural of, its
    stems; `starts` where terms begin with it. `stems` is what examples know it by,
    and `grammar` the languages in which it is a function word.
    """

    folded: str
    forms: tuple[str, ...]
    starts: tuple[Node, ...]
    stems: tuple[str, ...]
    grammar: tuple[str, ...]


class Lexicon:
    """Knows the words of texts; one thread at a time."""

    def __init__(self, root: Node, languages: Iterable[str]) -> None:
        self.root = root
        self._stemmers = {language: stemmer(language) for language in sorted(languages)}
        self._known: dict[str, Word] = {}

    def words(self, written: Iterable[str]) -> list[Word]:
        """Return what is known of words, in their order."""
        known = self._known
        return [known.get(word) or self._learn(word) for word in written]

    def _learn(self, written: str) -> Word:
        if len(self._known) >= MAX_WORDS:
            self._known.clear()
        word = self._known[written] = self._work_out(written)
        return word

    def stem_form(self, written: str, language: str) -> str:
        """Return the form of a word that is its stem in `language`."""
        return f"{language}\0{fold(self._stemmers[language](written.casefold()))}"

    def _work_out(self, written: str) -> Word:
        folded = fold(written)
        forms = {folded: None}
        if len(folded) > 3 and folded[-1] == "s":
            forms |= dict.fromkeys(_singulars(folded))
        for language in self._stemmers:
            forms[self.stem_form(written, language)] = None
        # most words are one token, their own: the regular expressions cost 20 us
        is_plain = written.isascii() and written.isalpha()
        pieces = [folded] if is_plain else tokens(written)
        whole = pieces[0] if len(pieces) == 1 else ""
        return Word(
            folded,
            tuple(forms),
            tuple(self.root.follow(forms, folded)),
            tuple(map(stem, pieces)),
            languages_of().get(whole, ()),
        )


def fold(word: str) -> str:
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
