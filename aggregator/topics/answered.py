"""Answers and the texts they are about -> what a lesson is learned from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.models import Item
from aggregator.topics.examples import TextReader
from aggregator.topics.matcher import TopicMatcher

RANKS_FROM = 10
"""Answers from which a model re-ranks, some of either kind."""
EACH_FROM = 3
"""Answers of the rarer kind that a lesson asks for."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text that somebody answered about.

    `score` and `is_match` are what the definition says of it; `weight` is 1, or the
    part of one that each report of a cluster has. Examples of one answer share `key`,
    and are held out together.
    """

    key: int
    vector: Mapping[str, float]
    score: float
    is_match: bool
    is_yes: bool
    weight: float = 1.0


def is_enough(yes_count: int, no_count: int) -> bool:
    """Say whether so many answers make a model."""
    return yes_count + no_count >= RANKS_FROM and min(yes_count, no_count) >= EACH_FROM


def examples_of(
    matcher: TopicMatcher,
    slug: str,
    answers: Iterable[tuple[int, bool, Sequence[Item]]],
) -> list[Example]:
    """Return what answers (key, yes or no, items) teach about a topic, item by item."""
    read = TextReader()
    found = []
    for key, is_yes, items in answers:
        for item in items:
            scores = matcher.score(item.title, item.summary, item.feed_name)
            own = next((score for score in scores if score.slug == slug), None)
            found.append(
                Example(
                    key=key,
                    vector=read(item.title, item.summary),
                    score=own.score if own else 0.0,
                    is_match=own.is_match if own else False,
                    is_yes=is_yes,
                    weight=1.0 / len(items),
                )
            )
    return found
