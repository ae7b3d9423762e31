"""Standing interests, what a text scores for one, and what examples taught."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from aggregator.models.messages import NO_ALERT, AlertRule

THRESHOLD = 0.5
"""Where a topic sets none: a term in the title, or four mentions in the summary."""
RULES = 2
"""Counted up where the same definition comes to score otherwise than before."""


@dataclass(frozen=True, slots=True)
class Name:
    """One thing under all its spellings; each is written like a plain term."""

    spellings: tuple[str, ...]
    boost: float = 1.0
    min_repeat: int = 1

    def __str__(self) -> str:
        return " / ".join(self.spellings) + _extras(self.boost, self.min_repeat)


@dataclass(frozen=True, slots=True)
class Near:
    """Plain terms that stand together: at most `within` words from first to last."""

    terms: tuple[str, ...]
    within: int
    boost: float = 1.0
    min_repeat: int = 1

    def __str__(self) -> str:
        text = f"{' … '.join(self.terms)} within {self.within} words"
        return text + _extras(self.boost, self.min_repeat)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of RE2; any case unless it says `(?-i)`."""

    regex: str
    boost: float = 1.0
    min_repeat: int = 1

    def __str__(self) -> str:
        return f"/{self.regex}/" + _extras(self.boost, self.min_repeat)


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that count together: one of `any`, every one of `all`, and none of `none`."""

    any: tuple[Term, ...] = ()
    all: tuple[Term, ...] = ()
    none: tuple[Term, ...] = ()

    def __str__(self) -> str:
        parts = (("any of", self.any), ("all of", self.all), ("none of", self.none))
        told = (f"{how} {', '.join(map(str, terms))}" for how, terms in parts if terms)
        return f"({'; '.join(told)})"


Term = str | Name | Near | Pattern | Group


def _extras(boost: float, min_repeat: int) -> str:
    times = f", {min_repeat} times" if min_repeat > 1 else ""
    return times + (f" ×{boost:g}" if boost != 1.0 else "")


@dataclass(frozen=True, slots=True)
class Topic:
    """A standing interest: one entry of `topics:`."""

    name: str
    slug: str
    any: tuple[Term, ...] = ()
    all: tuple[Term, ...] = ()
    none: tuple[Term, ...] = ()
    examples: tuple[str, ...] = ()
    """Texts like those wanted, or addresses of stored items that are."""
    stem: tuple[str, ...] = ()
    """Languages whose endings plain terms do without, as ISO 639-1 codes."""
    languages: tuple[str, ...] = ()
    """Only texts in these; empty: in any. So for `feeds`."""
    feeds: tuple[str, ...] = ()
    """Names of feeds, those of `categories` among them."""
    categories: tuple[str, ...] = ()
    min_repeat: int = 1
    """Mentions of its terms that a text needs in all."""
    threshold: float = THRESHOLD
    alert: AlertRule = NO_ALERT
    """When it calls; nothing of its definition."""
    example_lines: tuple[int, ...] = field(default=(), compare=False)
    """Where each example stands in its file, if it came from one."""

    @property
    def definition(self) -> str:
        """What it finds, as JSON: equal where the same texts score alike."""
        given = {k: v for k, v in asdict(self).items() if v or isinstance(v, float)}
        other = ("name", "slug", "alert", "example_lines")
        wanted = {k: v for k, v in given.items() if k not in other}
        return json.dumps({"rules": RULES, **wanted}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class TopicScore:
    """How much one text is about one topic: `score` from 0 to 1.

    `matched` holds the words as they stand in the text; `parts` what the score is
    made of.
    """

    slug: str
    score: float
    is_match: bool
    matched: tuple[str, ...] = ()
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What texts like a topic's examples are made of.

    `weights` is a unit vector over stems, `half` the cosine that makes half a score,
    `text_count` how many texts of the stream helped to learn it, `missing` the examples
    whose address was that of no stored item then.
    """

    examples: tuple[str, ...]
    weights: Mapping[str, float]
    half: float
    text_count: int = 0
    missing: tuple[str, ...] = ()
