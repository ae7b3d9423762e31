"""What pages, people and the pass over topics ask of a store about answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from aggregator.models import Answer, Item, Lesson, LessonRow, Said, TopicScore


class AnswerReader(Protocol):
    """Answers in force and the lessons learned from them, newest first."""

    def answers(self, slug: str, limit: int = 600) -> tuple[Answer, ...]:
        """Return what people say of a topic today."""

    def lessons(self, slug: str, limit: int = 20) -> tuple[LessonRow, ...]:
        """Return what was learned for a topic."""

    def lesson_in_use(self, slug: str) -> LessonRow | None:
        """Return the lesson that a topic is scored by."""

    def nearest_items(
        self, slug: str, since: datetime, limit: int = 20
    ) -> tuple[tuple[Item, TopicScore], ...]:
        """Return items that just miss a topic, one a cluster, the nearest first.

        An item that somebody answered about, or whose cluster is on the topic, is none.
        """

    def said(self) -> Said:
        """Return every answer in force, and the lessons in use."""

    def answers_version(self) -> str:
        """Return what changes whenever `said` does."""

    def answers_on(
        self, *, item_id: int | None = None, cluster_id: int | None = None
    ) -> Mapping[str, bool]:
        """Return what is said of one item, or one cluster, by a topic's slug."""


class AnswerDesk(Protocol):
    """What people say about topics; part of `Desk`."""

    def answer(
        self,
        slug: str,
        *,
        item_id: int | None = None,
        cluster_id: int | None = None,
        is_yes: bool,
        who: str,
        now: datetime,
    ) -> None:
        """Note whether an item, or a cluster, is about a topic; ends what was said of it."""

    def take_back_answer(self, answer_id: int, who: str, now: datetime) -> None:
        """End an answer that is in force."""

    def use_lesson(
        self, slug: str, lesson_id: int | None, who: str, now: datetime
    ) -> None:
        """Score by this lesson from now on; by the definition alone with None."""


class AnswerWriter(Protocol):
    """What the pass over topics keeps."""

    def save_lesson(
        self, slug: str, definition: str, lesson: Lesson, now: datetime
    ) -> None:
        """Keep a lesson. It is used, unless a person put another in the newest's place."""

    def answers_scored(self) -> str:
        """Return the version of answers that stored scores were made with."""

    def mark_answers_scored(self, version: str) -> None:
        """Note that stored scores are those of this version of answers."""
