"""Texts -> their words, folded and cut to what their forms share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Letters, digits and the marks that scripts write between letters: `\w` alone would
# cut Hindi, Arabic with vowels or Thai inside a word.
_WORD = re.compile(
    r"(?:[^\W_]+|[\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
    r"\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u109f\u1780-\u17ff\u200c\u200d]+)+"
    r"(?:[.,]\d+)*"
)
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)*")  # the same, three times as fast
_POINTED = re.compile(r"[.,][0-9]")  # without these, words are what other signs part
_PARTED = str.maketrans(
    {sign: " " for sign in map(chr, range(128)) if not sign.isalnum()}
)
# Scripts written without spaces: their words are taken as overlapping pairs of signs.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_TYPOGRAPHY = (
    ("’", "'"),
    ("‘", "'"),
    ("“", '"'),
    ("”", '"'),
    ("–", "-"),
    ("—", "-"),
    ("…", "..."),
    ("\u00a0", " "),
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_POSSESSIVE = re.compile(r"'s\b")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_INITIAL = re.compile(r"\.[^\W\d_]\.")  # soon found out, and most texts have none
_STEM = 6
# " - Reuters", " | CNN Politics", " – The Hindu": the outlet's signature at the end.
_SIGNATURE = re.compile(r"\s+(?:[-–—|•·]|::)\s+(?P<name>[^-–—|•·]{2,40})$")


def fold(text: str) -> str:
    """Return `text` in lower case, with plain quotes and dashes and without accents.

    What is left of Unicode is in one form (NFKC).
    """
    if text.isascii():
        return text.lower()
    for fancy, plain in _TYPOGRAPHY:  # often all that is not ASCII in an English text
        text = text.replace(fancy, plain)
    if text.isascii():
        return text.lower()
    # Only Latin, Greek and Cyrillic accents go; marks that spell vowels stay, and
    # NFKC puts Hangul syllables and Japanese voicing together again.
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", bare).casefold()


def tokens(text: str) -> list[str]:
    """Return the words of `text` in order, in any script, folded.

    "U.S." becomes one word, a possessive 's goes, "1,000" and "6.1" stay whole, and a
    run of a script without spaces becomes pairs of neighbouring signs.
    """
    folded = fold(text)
    if "'" in folded:
        folded = _POSSESSIVE.sub("", folded)
    if "." in folded and _INITIAL.search(folded):
        folded = _INITIALS.sub(lambda match: match[0].replace(".", ""), folded)
    if folded.isascii():
        if not _POINTED.search(folded):
            return folded.translate(_PARTED).split()  # as a pattern does, twice as fast
        words: list[str] = _ASCII_WORD.findall(folded)
    else:
        words = _WORD.findall(folded)
    if "," in folded:
        words = [word.replace(",", "") for word in words]
    if not _UNSPACED.search(folded):
        return words
    return [piece for word in words for piece in _pieces(word)]


def _pieces(word: str) -> Iterable[str]:
    end = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > end:
            yield word[end : run.start()]
        signs = run[0]
        yield from (signs[i : i + 2] for i in range(max(1, len(signs) - 1)))
        end = run.end()
    if end < len(word):
        yield word[end:]


def strip_signature(title: str) -> str:
    """Return `title` without the outlet's name that many feeds append to it."""
    while match := _SIGNATURE.search(title):
        rest = title[: match.start()]
        if len(rest.split()) < max(3, len(match["name"].split())):
            break
        title = rest
    return title


def stem(word: str) -> str:
    """Return the head of `word` that its forms share; only letters are cut.

    Six letters serve every language that inflects at the end of the word: "Israel"
    and "Israeli", "sanction" and "sanctions", "elecciones" and "electoral".
    """
    return word[:_STEM] if word.isalpha() else word
