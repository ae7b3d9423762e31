"""Topics that changed -> their scores of the last month; examples -> what they teach."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.config import Settings
from aggregator.limits import EXAMPLE_TEXTS, TOPIC_MEMBERS
from aggregator.models import Profile, Said
from aggregator.store import Store
from aggregator.topics import TopicScorer, compile_topics
from aggregator.trials import learned

log = logging.getLogger(__name__)

BATCH = 500
RESCORE = timedelta(days=30)
FIRST_TEXTS = 200
"""A stream of fewer items teaches nothing; then it is asked when it has doubled."""


class TopicPass:
    """Holds the topics ready to score, and scores again what a change asks for."""

    def __init__(
        self, store: Store, settings: Settings, now: Callable[[], datetime]
    ) -> None:
        self.store = store
        self.now = now
        self.topics = settings.topics
        self.profiles = dict(store.topic_profiles())
        self.scorer = TopicScorer(
            compile_topics(self.topics, self._known()), store.said()
        )

    def listen(self, said: Said) -> None:
        """Score by this from now on."""
        self.scorer = TopicScorer(self.scorer.matcher, said)

    def run(self) -> int:
        """Score the last month again where a topic is new or was taught; return items."""
        taught = self._learn()
        stale = self.store.stale_topics()
        if not stale and not taught:
            return 0
        count, after = 0, None
        touched: set[int] = set()
        since = self.now() - RESCORE
        while items := self.store.clustered_items(since, after=after, limit=BATCH):
            scores = {item.id: self.scorer.item(item) for item in items}
            self.store.save_topic_scores(scores, {})
            touched |= {
                item.cluster_id for item in items if item.cluster_id is not None
            }
            count, after = count + len(items), (items[-1].at, items[-1].id)
        self.rescore_clusters(sorted(touched))
        self.store.mark_topics_scored()
        log.info(
            "rescored topics=%s items=%d clusters=%d",
            ",".join(sorted({*stale, *taught})),
            count,
            len(touched),
        )
        return count

    def _known(self) -> Mapping[str, Profile]:
        return {
            topic.slug: profile
            for topic in self.topics
            if (profile := self.profiles.get(topic.slug))
            and profile.examples == topic.examples
        }

    def _learn(self) -> tuple[str, ...]:
        """Learn from examples that are new, or that know half of the stream at most."""
        known = self._known()
        pupils = [topic for topic in self.topics if topic.examples]
        if not pupils:
            return ()
        there = self.store.count_items(EXAMPLE_TEXTS)
        due = [
            topic
            for topic in pupils
            if topic.slug not in known
            or there >= max(FIRST_TEXTS, 2 * known[topic.slug].text_count)
        ]
        if not due:
            return ()
        self.profiles |= learned(self.store, due)
        self.store.save_profiles({t.slug: self.profiles[t.slug] for t in due})
        self.scorer = TopicScorer(
            compile_topics(self.topics, self._known()), self.scorer.said
        )
        return tuple(topic.slug for topic in due)

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
