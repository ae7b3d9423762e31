"""Topics that changed -> their scores of the last month, a little each cycle; examples
-> what they teach.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.config import Settings
from aggregator.limits import EXAMPLE_TEXTS, TOPIC_MEMBERS
from aggregator.models import DEFINITIONS, FAMILIES, Profile, Rescoring, Said
from aggregator.stopping import turns
from aggregator.store import Store
from aggregator.topics import TopicScorer, compile_topics
from aggregator.trials import learned

log = logging.getLogger(__name__)

BATCH = 500
RESCORE = timedelta(days=30)
LOOK = timedelta(minutes=5)
"""How often it is looked whether an example has come that was not stored."""
FIRST_TEXTS = 200
"""A stream of fewer items teaches nothing; then it is asked when it has doubled."""


class TopicPass:
    """Holds the topics ready to score, and scores again what a change asks for."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
        slice: timedelta = timedelta(seconds=1),
    ) -> None:
        """`slice` is the part of a cycle in which old scores may be made again."""
        self.store = store
        self.now = now
        self.stop = stop
        self.slice = slice
        self._looked_at: datetime | None = None
        self.topics = settings.topics
        self.profiles = dict(store.topic_profiles())
        self.scorer = TopicScorer(
            compile_topics(self.topics, self._known()), store.said()
        )

    def listen(self, said: Said) -> None:
        """Score by this from now on."""
        self.scorer = TopicScorer(self.scorer.matcher, said)

    def learn(self) -> None:
        """Learn from examples that are new, have come, or know half of the stream at most."""
        known = self._known()
        pupils = [topic for topic in self.topics if topic.examples]
        if not pupils:
            return
        there = self.store.count_items(EXAMPLE_TEXTS)
        come = self._come(known)
        due = [
            topic
            for topic in pupils
            if topic.slug not in known
            or topic.slug in come
            or there >= max(FIRST_TEXTS, 2 * known[topic.slug].text_count)
        ]
        if not due:
            return
        found = learned(self.store, due, is_stopped=self.stop.is_set)
        if self.stop.is_set():
            return  # it may have read a part: the next start learns
        self.profiles |= found
        self.store.save_profiles({t.slug: self.profiles[t.slug] for t in due})
        self.scorer = TopicScorer(
            compile_topics(self.topics, self._known()), self.scorer.said
        )

    def _come(self, known: Mapping[str, Profile]) -> set[str]:
        """Return the topics of which an example is stored by now that was not; seldom."""
        now = self.now()
        missing = {url for profile in known.values() for url in profile.missing}
        if not missing or (self._looked_at and now - self._looked_at < LOOK):
            return set()
        self._looked_at = now
        come = set(self.store.items_at(sorted(missing)))
        return {slug for slug, one in known.items() if come & set(one.missing)}

    def score_again(self, slug: str) -> None:
        """Score again, in slices, what a topic's definition finds in the last month."""
        now = self.now()
        self.store.begin_rescoring(slug, "", now - RESCORE, now)

    def run(self) -> int:
        """Score a slice of the last month again where scores are old; return items.

        The store knows how far that is, and the next slice goes on from there, also
        after a restart. What comes meanwhile is scored as it is clustered.
        """
        count = 0
        for _ in turns(self.slice, self.stop):
            work = self._work()
            if work is None:
                break
            count += self._advance(work)
        return count

    def _work(self) -> Rescoring | None:
        """Return what is to be scored again, None where all scores are today's."""
        begun = dict(self.store.rescorings())
        begun.pop(FAMILIES, None)
        stale = self.store.stale_topics()
        if not stale:
            return next(iter(begun.values()), None)
        wanted = self._wanted(stale)
        work = begun.get(DEFINITIONS)
        if work is None or work.wanted != wanted:
            now = self.now()
            work = self.store.begin_rescoring(DEFINITIONS, wanted, now - RESCORE, now)
            log.info("rescoring topics=%s items=%d", ",".join(stale), work.item_count)
        return work

    def _wanted(self, slugs: Sequence[str]) -> str:
        """Return what makes the scores of these topics: another makes others."""
        made_by = {
            topic.slug: (topic.definition, *self._learned_from(topic.slug))
            for topic in self.topics
            if topic.slug in slugs
        }
        return hashlib.sha256(json.dumps(made_by).encode()).hexdigest()

    def _learned_from(self, slug: str) -> tuple[int, tuple[str, ...]]:
        profile = self.profiles.get(slug)
        return (profile.text_count, profile.missing) if profile else (0, ())

    def _advance(self, work: Rescoring) -> int:
        """Score the next items and their clusters; return how many items."""
        items = self.store.items_to_rescore(work, BATCH)
        if items:
            scores = {item.id: self.scorer.item(item) for item in items}
            self.store.save_topic_scores(scores, {})
            self.rescore_clusters(sorted({i.cluster_id for i in items if i.cluster_id}))
            # at last: a process that ends before does the same again
            last = items[-1]
            self.store.note_rescored(work.slug, (last.at, last.id), len(items))
        if len(items) < BATCH:
            self.store.end_rescoring(work.slug)
            log.info("rescored items=%d", work.done_count + len(items))
        return len(items)

    def _known(self) -> Mapping[str, Profile]:
        return {
            topic.slug: profile
            for topic in self.topics
            if (profile := self.profiles.get(topic.slug))
            and profile.examples == topic.examples
        }

    def rescore_clusters(self, cluster_ids: Sequence[int]) -> None:
        """Score clusters again from the stored scores of their items."""
        for ids in _chunks(cluster_ids, BATCH):
            self._rescore_clusters(ids)

    def _rescore_clusters(self, cluster_ids: Sequence[int]) -> None:
        members = self.store.newest_members(cluster_ids, TOPIC_MEMBERS)
        ids = [item.id for items in members.values() for item in items]
        topics = self.store.item_topics(ids)
        carriers = self.store.carriers(ids)
        self.store.save_topic_scores(
            {},
            {
                cluster_id: self.scorer.cluster(
                    cluster_id,
                    [
                        (
                            carriers[i.id].origin_id if i.id in carriers else i.id,
                            topics.get(i.id, ()),
                        )
                        for i in items
                    ],
                )
                for cluster_id, items in members.items()
            },
        )


def _chunks(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
