"""Topic definitions x stored clusters -> which of them would come and go, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.limits import EXAMPLE_TEXTS, TOPIC_MEMBERS
from aggregator.models import Cluster, Profile, Topic, TopicScore
from aggregator.store.base import Reader
from aggregator.topics import TopicScorer, compile_topics
from aggregator.trials.profiles import learned

PAGE = 200


@dataclass(frozen=True, slots=True)
class Change:
    """A cluster that comes or goes: what it scores now, and what it would."""

    cluster: Cluster
    now: TopicScore
    then: TopicScore


@dataclass(frozen=True, slots=True)
class Trial:
    """What a definition would change about the clusters active `since` then.

    `topic` is None for one that is gone from the file. Changes come newest first.
    """

    slug: str
    topic: Topic | None
    since: datetime
    is_new: bool
    """Whether no topic of this name runs: then it gains all it finds."""
    cluster_count: int
    now_count: int
    then_count: int
    gained: tuple[Change, ...]
    lost: tuple[Change, ...]

    @property
    def share(self) -> float:
        """The changes as a part of the clusters that the running topic has.

        What a new topic finds changes nothing that runs: 0.
        """
        if self.is_new:
            return 0.0
        return (len(self.gained) + len(self.lost)) / max(self.now_count, 1)


class _Tally:
    """Counts for one topic while clusters go by."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.now_count = 0
        self.then_count = 0
        self.gained: list[Change] = []
        self.lost: list[Change] = []

    def count(
        self, cluster: Cluster, now: Sequence[TopicScore], then: Sequence[TopicScore]
    ) -> None:
        before, after = _score_of(now, self.slug), _score_of(then, self.slug)
        self.now_count += before.is_match
        self.then_count += after.is_match
        if after.is_match and not before.is_match:
            self.gained.append(Change(cluster, before, after))
        elif before.is_match and not after.is_match:
            self.lost.append(Change(cluster, before, after))


def try_topics(
    reader: Reader,
    topics: Sequence[Topic],
    *,
    since: datetime,
    gone: Sequence[str] = (),
    texts: int = EXAMPLE_TEXTS,
    is_late: Callable[[], bool] = lambda: False,
) -> tuple[Trial, ...]:
    """Score the clusters active `since` then by new definitions; store nothing.

    They are held against the stored scores, which the running definitions made, with
    what people answered. `gone` are the slugs of topics that are to run no more, and
    `texts` how many of the stream's help to learn from examples. Clusters are looked
    at newest first until `is_late`; each trial's `since` says how far that went.
    """
    running = reader.scored_definitions()
    scorer = TopicScorer(
        compile_topics(topics, _profiles(reader, topics, texts)), reader.said()
    )
    tallies = [_Tally(slug) for slug in (*(topic.slug for topic in topics), *gone)]
    reached, count = since, 0
    for cluster, now, then in _clusters(reader, scorer, since):
        for tally in tallies:
            tally.count(cluster, now, then)
        count += 1
        if is_late():
            reached = cluster.last_at
            break
    by_slug = {topic.slug: topic for topic in topics}
    return tuple(
        Trial(
            tally.slug,
            by_slug.get(tally.slug),
            reached,
            tally.slug not in running,
            count,
            tally.now_count,
            tally.then_count,
            tuple(tally.gained),
            tuple(tally.lost),
        )
        for tally in tallies
    )


def _profiles(
    reader: Reader, topics: Sequence[Topic], texts: int
) -> Mapping[str, Profile]:
    """What examples teach: known for those that run already, else learned now."""
    stored = reader.topic_profiles()
    known = {
        topic.slug: stored[topic.slug]
        for topic in topics
        if topic.slug in stored and stored[topic.slug].examples == topic.examples
    }
    new = [topic for topic in topics if topic.examples and topic.slug not in known]
    return {**known, **(learned(reader, new, texts) if new else {})}


def _clusters(
    reader: Reader, scorer: TopicScorer, since: datetime
) -> Iterator[tuple[Cluster, Sequence[TopicScore], Sequence[TopicScore]]]:
    """Yield each cluster, its stored scores and those it would have, newest first."""
    before = None
    while cards := reader.clusters(since=since, before=before, limit=PAGE, titles=0):
        ids = [card.cluster.id for card in cards]
        members = reader.newest_members(ids, TOPIC_MEMBERS)
        items = [item for found in members.values() for item in found]
        carriers = reader.carriers([item.id for item in items])
        for card in cards:
            scores = [
                (
                    carriers[item.id].origin_id if item.id in carriers else item.id,
                    scorer.item(item),
                )
                for item in members.get(card.cluster.id, ())
            ]
            then = scorer.cluster(card.cluster.id, scores)
            yield card.cluster, card.topics, then
        last = cards[-1].cluster
        before = (last.last_at, last.id)


def _score_of(scores: Sequence[TopicScore], slug: str) -> TopicScore:
    found = (score for score in scores if score.slug == slug)
    return next(found, TopicScore(slug, 0.0, is_match=False))
