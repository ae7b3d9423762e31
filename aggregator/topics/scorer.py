"""Items and clusters -> topic scores: the definition first, then lessons, then answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aggregator.models import NOTHING_SAID, Item, Said, TopicScore
from aggregator.topics.clusters import cluster_topics
from aggregator.topics.examples import TextReader
from aggregator.topics.matcher import TopicMatcher
from aggregator.topics.revision import overrule, revise


class TopicScorer:
    """Topics ready to score, with what people said of them; one thread at a time."""

    def __init__(self, matcher: TopicMatcher, said: Said = NOTHING_SAID) -> None:
        self.matcher = matcher
        self.said = said
        self._read = TextReader()

    def item(self, item: Item) -> tuple[TopicScore, ...]:
        """Score an item for every topic it touches, or that somebody said it is on."""
        found = self.matcher.score(item.title, item.summary, item.feed_name)
        lessons = self.said.lessons
        if any(score.slug in lessons for score in found):
            vector = self._read(item.title, item.summary)
            found = tuple(
                revise(score, self._threshold(score.slug), lessons[score.slug], vector)
                if score.slug in lessons
                else score
                for score in found
            )
        return self._overruled(found, self.said.items.get(item.id))

    def cluster(
        self, cluster_id: int, items: Iterable[tuple[int, Sequence[TopicScore]]]
    ) -> tuple[TopicScore, ...]:
        """Score a cluster from (report, scores) of its items, best first.

        What somebody said of it as a whole counts, whoever joins it later.
        """
        found = cluster_topics(items, self.matcher.thresholds)
        said = self.said.clusters.get(cluster_id)
        scores = self._overruled(found, said)
        return tuple(sorted(scores, key=lambda score: (-score.score, score.slug)))

    def _overruled(
        self, found: tuple[TopicScore, ...], said: Mapping[str, bool] | None
    ) -> tuple[TopicScore, ...]:
        if not said:
            return found
        by_slug = {score.slug: score for score in found}
        for slug, is_yes in said.items():
            if slug in self.matcher.thresholds:
                known = by_slug.get(slug) or TopicScore(slug, 0.0, False)
                by_slug[slug] = overrule(known, is_yes, self._threshold(slug))
        return tuple(by_slug.values())

    def _threshold(self, slug: str) -> float:
        return self.matcher.thresholds[slug]
