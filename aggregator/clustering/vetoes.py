"""What keeps two texts apart that are near enough: a lone word, or their titles."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.clustering.state import Weights
from aggregator.words.titles import NOTHING, Title

_ALIKE = 0.5  # from here on two texts of a word or two are the same text
_HEAD = 3  # "Pak" and "Pakistan", "Mideast" and "Middle East"
OTHER_NUMBER = "another in the series, {} {} and not {}"
OTHER_NAMES = "the same headline about others, {} and not {}"

ROUNDUP = 2.0
"""How many times the usual score a page that tells many events needs to join one."""


def is_lone_word(score: float, parts: Weights, carriers: float) -> bool:
    """Say whether fewer words than `carriers`, in effect, carry a score.

    `parts` are what each shared word gave to it, on any scale.
    """
    return score < _ALIKE and _carriers(parts) < carriers


def _carriers(parts: Weights) -> float:
    """Return how many shared words carry a score, in effect: 1 where one is all."""
    total = float(parts.sum())
    return total * total / float(parts @ parts) if total > 0.0 else 0.0


def refusal(title: Title, members: Sequence[Title]) -> str:
    """Return in plain words what keeps a text out of a cluster, or "".

    The number of a thing counts where at least half of the cluster's titles state one
    for it and none states this one. Names count where titles of the cluster are the
    same but for names, and in each of those both sides have a name that the other lacks.
    """
    if title is NOTHING:
        return ""
    return _other_number(title, members) or _other_names(title, members)


def at_odds(one: Sequence[Title], other: Sequence[Title]) -> bool:
    """Say whether most titles of the smaller group would be refused by the other."""
    few, many = sorted((one, other), key=len)
    return 2 * sum(bool(refusal(title, many)) for title in few) > len(few)


def _other_number(title: Title, members: Sequence[Title]) -> str:
    if not title.numbers:
        return ""
    stated = [member.numbers for member in members if member.numbers]
    if 2 * len(stated) < len(members):
        return ""
    if any(title.numbers & numbers for numbers in stated):
        return ""
    for thing, number in sorted(title.numbers):
        others = [n for numbers in stated for t, n in numbers if t == thing]
        if others and 2 * len(others) >= len(members):
            return OTHER_NUMBER.format(
                thing, number, max(set(others), key=others.count)
            )
    return ""


def _other_names(title: Title, members: Sequence[Title]) -> str:
    if not title.frame:
        return ""
    same = [m.names for m in members if m.frame == title.frame]
    if not same or not all(_are_others(title.names, names) for names in same):
        return ""
    other = same[-1]
    return OTHER_NAMES.format(
        ", ".join(sorted(title.names - other)), ", ".join(sorted(other - title.names))
    )


def _are_others(one: frozenset[str], other: frozenset[str]) -> bool:
    """Say whether both sides have names of their own that cannot mean the same.

    "US" and "United States", "Thailand" and "Thai" may: an acronym, and names that
    begin alike, tell nothing.
    """
    here, there = one - other, other - one
    if not here or not there or any(name.isupper() for name in here | there):
        return False
    heads = {name[:_HEAD] for name in here}
    return heads.isdisjoint(name[:_HEAD] for name in there)
