"""What corrections say about the threshold, and the thresholds that followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class JudgedGroup:
    """Items that a person said do, or do not, report the event of other items."""

    correction_id: int
    item_ids: tuple[int, ...]
    other_ids: tuple[int, ...]
    is_same: bool


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """An item and a group of others: the score that they have, and what people said.

    `score` is what it would be with 100 clusters open: the crowd's part is taken off.
    """

    correction_id: int
    score: float
    is_same: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How often a threshold joins what is one event, what is not, and misses one."""

    found: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of what it joins that is one event."""
        joined = self.found + self.wrong
        return self.found / joined if joined else 0.0

    @property
    def recall(self) -> float:
        """The share of what is one event that it joins."""
        same = self.found + self.missed
        return self.found / same if same else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = 2 * self.found + self.wrong + self.missed
        return 2 * self.found / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Retuning:
    """A threshold that pairs speak for, and what it does on pairs held out."""

    threshold: float
    before_threshold: float
    pair_count: int
    correction_count: int
    before: Verdicts
    after: Verdicts


@dataclass(frozen=True, slots=True)
class RetuningRow:
    """A retuning as it is kept: proposed, then perhaps used, then perhaps taken back."""

    id: int
    retuning: Retuning
    made_at: datetime
    used_at: datetime | None = None
    used_by: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
