"""Two texts -> what shows that one is a copy of the other, if it is; pure."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.copies.copytext import LEAST_TITLE, RUN_WORDS, CopyText
from aggregator.models import Evidence, Item

SAME_TEXT = 0.5
"""The share of the shorter text's runs that make it a copy of the longer one."""
SAME_AGENCY = 0.35
"""The same where both name one agency."""
SAME_TITLE = 0.2
"""The same under equal headlines."""
EQUAL = 0.9
"""A text so like another that it finds no copies which that one would miss."""
MIN_RUNS = 6
"""A text with fewer runs of words is too short to be compared by them."""
LONG_TITLE = 8
"""One of so many may lack two words of another."""
NEAR = 5
"""How many words around those that both have are looked at, too."""
FACT_LIMIT = 0.3
"""The share of names and numbers in which copies may differ."""

# A headline that adds one of these says the contrary.
_NOT = frozenset(
    ("no", "not", "never", "without", "nunca", "sin", "non", "pas", "nicht", "não")
)


@dataclass(frozen=True, slots=True)
class Match:
    """What makes one text a copy of another."""

    containment: float
    evidence: Evidence
    is_weak: bool = False
    """Whether a headline is all that there is to compare."""


def compare(
    item: Item, text: CopyText, other_item: Item, other: CopyText
) -> Match | None:
    """Say why two items carry one text, None where they do not."""
    short, long = (text, other) if len(text.runs) <= len(other.runs) else (other, text)
    share = _containment(short, long)
    if item.url and item.url == other_item.url:
        return Match(share, Evidence.ADDRESS)
    same_title = _is_title(text, other)
    if len(short.runs) < MIN_RUNS:
        return Match(share, Evidence.TITLE, is_weak=True) if same_title else None
    evidence = _evidence(text, other, share, same_title=same_title)
    if evidence and not _contradicts(short, long):  # dearest of all: asked for last
        return Match(share, evidence)
    # What one publisher says in two feeds under one headline, such as a search's.
    is_relay = item.source == other_item.source and item.feed_id != other_item.feed_id
    return Match(share, Evidence.SOURCE) if same_title and is_relay else None


def _evidence(
    text: CopyText, other: CopyText, share: float, *, same_title: bool
) -> Evidence | None:
    """Say what a share of the words is enough for, if for anything."""
    if share >= SAME_TEXT:
        return Evidence.TEXT
    if share >= SAME_TITLE and same_title:
        return Evidence.TITLE
    if share >= SAME_AGENCY and text.agency and text.agency == other.agency:
        return Evidence.AGENCY
    return None


def _containment(short: CopyText, long: CopyText) -> float:
    if not short.runs:
        return 0.0
    return len(short.runs & long.runs) / len(short.runs)


def _contradicts(short: CopyText, long: CopyText) -> bool:
    """Say whether names and numbers differ as in two fillings of one template.

    Looked at is what lies between the first and the last words that both have, and
    close to them: beyond it, one of them was only cut earlier.
    """
    shared = [place for place, run in enumerate(short.order) if run in long.runs]
    if not shared:
        return False
    first, last = shared[0] - NEAR, shared[-1] + RUN_WORDS - 1 + NEAR
    facts = [word for place, word in short.facts if first <= place <= last]
    missing = sum(word not in long.names for word in facts)
    return missing > max(1.0, FACT_LIMIT * len(facts))


def _is_title(one: CopyText, other: CopyText) -> bool:
    """Say whether two headlines are equal, or long and differ by what one adds."""
    if one.title_words == other.title_words:
        return len(one.title_words) >= LEAST_TITLE
    short, long = one.title_words, other.title_words
    if len(short) > len(long):
        short, long = long, short
    if len(short) < LONG_TITLE or len(long) - len(short) > 2 or not short <= long:
        return False
    return not any(word in _NOT or word[0].isdigit() for word in long - short)


def is_equal(one: CopyText, other: CopyText) -> bool:
    """Say whether whatever is like `other` will be found to be like `one`, too."""
    if not other.runs or not one.runs:
        return one.runs == other.runs and one.title_words == other.title_words
    shared = len(one.runs & other.runs)
    union = len(one.runs) + len(other.runs) - shared
    return shared / union >= EQUAL
