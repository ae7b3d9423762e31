"""The scores of a cluster's items -> the cluster's own, topic by topic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aggregator.models import TopicScore
from aggregator.topics.matcher import THRESHOLD

N_WORDS = 8
"""A cluster shows so many of the words that matched in its items."""


def cluster_score(scores: Sequence[float]) -> float:
    """Score a cluster from the scores of all its items, 0 where an item has none.

    The mean of the upper half (of n items the n / 2 highest, rounded up): what half of
    the reports are about, the cluster is about; one off-hand mention is thinned out.
    An empty cluster scores 0.
    """
    upper = sorted(scores, reverse=True)[: (len(scores) + 1) // 2]
    return math.fsum(upper) / len(upper) if upper else 0.0


def cluster_topics(
    item_scores: Sequence[Sequence[TopicScore]],
) -> tuple[TopicScore, ...]:
    """Score a cluster for every topic from the scores of its items, best first.

    `parts` says how many of how many items the topic has anything in.
    """
    found: dict[str, list[TopicScore]] = {}
    for scores in item_scores:
        for score in scores:
            found.setdefault(score.slug, []).append(score)
    results = [_cluster_topic(own, len(item_scores)) for own in found.values()]
    return tuple(sorted(results, key=lambda score: (-score.score, score.slug)))


def _cluster_topic(own: Sequence[TopicScore], total: int) -> TopicScore:
    value = cluster_score([s.score for s in own] + [0.0] * (total - len(own)))
    words = dict.fromkeys(word for s in own if s.is_match for word in s.matched)
    return TopicScore(
        slug=own[0].slug,
        score=round(value, 4),
        is_match=value >= THRESHOLD,
        matched=tuple(words)[:N_WORDS],
        parts=(("items", float(len(own))), ("of", float(total))),
    )
