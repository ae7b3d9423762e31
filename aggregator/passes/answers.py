"""What people answered about topics -> scores at once, and lessons a little later."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from aggregator.models import NOTHING_SAID, Answer, Item
from aggregator.passes.topics import TopicPass
from aggregator.store import Store
from aggregator.topics import Example, examples_of, is_enough

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=5)
"""Nothing is learned while somebody answers one after the other."""
REPORTS = 8
"""So many reports of a cluster stand for it."""

K = TypeVar("K")
V = TypeVar("V")


class AnswerPass:
    """Takes up answers and lessons that are new, and learns from them."""

    def __init__(
        self, store: Store, topics: TopicPass, now: Callable[[], datetime]
    ) -> None:
        self.store = store
        self.topics = topics
        self.now = now
        self._version = store.answers_version()
        said = store.said()
        # answers that no score was made with yet: the daemon had ended before its tick
        self._scored = said if store.answers_scored() == self._version else NOTHING_SAID
        self._definitions = {topic.slug: topic.definition for topic in topics.topics}
        self._untaught = set(self._definitions)

    def run(self) -> None:
        """Score again what was answered about, then learn where somebody has ended.

        What a new lesson tells otherwise is scored again in slices, by `TopicPass`.
        """
        self._take_up()
        for slug in sorted(self._untaught):
            self._teach(slug)
        self._take_up()

    def _take_up(self) -> None:
        version = self.store.answers_version()
        if version == self._version and self._scored is self.topics.scorer.said:
            return
        said = (
            self.store.said() if version != self._version else self.topics.scorer.said
        )
        before = self._scored
        self.topics.listen(said)
        items = _changed(before.items, said.items)
        self._untaught |= {
            slug
            for id in items
            for slug in {*before.items.get(id, ()), *said.items.get(id, ())}
            if slug in self._definitions
        }
        self._rescore(tuple(self.store.items(sorted(items)).values()))
        for slug in sorted(_changed(before.lessons, said.lessons)):
            self.topics.score_again(slug)
        self.topics.rescore_clusters(sorted(_changed(before.clusters, said.clusters)))
        self.store.mark_answers_scored(version)
        # at last: what failed before is done again at the next tick
        self._scored, self._version = said, version

    def _rescore(self, items: Sequence[Item]) -> None:
        scorer = self.topics.scorer
        self.store.save_topic_scores({item.id: scorer.item(item) for item in items}, {})
        ids = {item.cluster_id for item in items if item.cluster_id is not None}
        self.topics.rescore_clusters(sorted(ids))

    def _teach(self, slug: str) -> None:
        """Learn a topic's lesson, if there is enough to learn from and nobody answers."""
        answers = self.store.answers(slug)
        if answers and self.now() - answers[0].answered_at < PAUSE:
            return
        self._untaught.discard(slug)
        yes_count = sum(answer.is_yes for answer in answers)
        no_count = len(answers) - yes_count
        if not is_enough(yes_count, no_count):
            return
        definition = self._definitions[slug]
        if any(
            row.definition == definition
            and row.learned_at >= answers[0].answered_at
            and (row.lesson.yes_count, row.lesson.no_count) == (yes_count, no_count)
            for row in self.store.lessons(slug, limit=1)
        ):
            return
        from aggregator.topics.lessons import (
            learn_lesson,
        )  # NumPy: not where nothing is

        began = time.monotonic()
        matcher = self.topics.scorer.matcher
        lesson = learn_lesson(self._examples(slug, answers), matcher.thresholds[slug])
        self.store.save_lesson(slug, definition, lesson, self.now())
        log.info(
            "learned topic=%s yes=%d no=%d decides=%s milliseconds=%d",
            slug,
            lesson.yes_count,
            lesson.no_count,
            lesson.decides,
            1000 * (time.monotonic() - began),
        )

    def _examples(self, slug: str, answers: Sequence[Answer]) -> list[Example]:
        known = self.store.items(
            sorted({id for answer in answers for id in answer.item_ids[:REPORTS]})
        )
        return examples_of(
            self.topics.scorer.matcher,
            slug,
            [
                (
                    answer.id,
                    answer.is_yes,
                    [known[id] for id in answer.item_ids[:REPORTS]],
                )
                for answer in answers
            ],
        )


def _changed(before: Mapping[K, V], after: Mapping[K, V]) -> set[K]:
    """Return the keys whose value is not what it was."""
    return {key for key in (*before, *after) if before.get(key) != after.get(key)}
