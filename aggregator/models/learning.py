"""What people answer about a topic, and what is learned from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's yes or no: whether these items are about a topic.

    Of a cluster, `item_ids` are the first carriers of its reports as they were then,
    so that no later merge or split changes what was said.
    """

    id: int
    slug: str
    item_ids: tuple[int, ...]
    cluster_id: int | None
    is_yes: bool
    who: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Measured:
    """How well items that people answered about are told apart.

    `precision` and `recall` lie from 0 to 1; None where there is nothing to divide by.
    """

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float:
        """Their harmonic mean; 0 where either is missing or 0."""
        if not self.precision or not self.recall:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What answers taught about one topic: a logistic model on top of its definition.

    `slope` multiplies what the definition says, `weights` are those of stems;
    `before` and `after` are measured on answers that were held out. It re-ranks from
    the start; only one that `decides` also says what matches.
    """

    slope: float
    weights: Mapping[str, float]
    yes_count: int
    no_count: int
    before: Measured
    after: Measured
    decides: bool


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A lesson as stored; at most one of a topic is in use."""

    id: int
    slug: str
    definition: str
    """That of the topic which it was learned on top of."""
    learned_at: datetime
    is_used: bool
    lesson: Lesson


@dataclass(frozen=True, slots=True)
class Said:
    """The answers in force: what people said, and which lessons are in use.

    `items` and `clusters` say yes or no by id and a topic's slug. What the newest
    answer says of an item counts, whether it was about the item or its cluster.
    """

    items: Mapping[int, Mapping[str, bool]]
    clusters: Mapping[int, Mapping[str, bool]]
    lessons: Mapping[str, Lesson]


NOTHING_SAID = Said({}, {}, {})
