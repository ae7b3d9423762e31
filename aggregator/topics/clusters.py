"""The scores of a cluster's reports -> the cluster's own, topic by topic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from aggregator.models import THRESHOLD, TopicScore

N_WORDS = 8
"""A cluster shows so many of the words that matched in its items."""


def cluster_score(scores: Sequence[float]) -> float:
    """Score a cluster from the scores of all its reports, 0 where one has none.

    The mean of the upper half (of n reports the n / 2 highest, rounded up): what half
    of the reports are about, the cluster is about; one off-hand mention is thinned
    out. An empty cluster scores 0.
    """
    upper = sorted(scores, reverse=True)[: (len(scores) + 1) // 2]
    return math.fsum(upper) / len(upper) if upper else 0.0


def cluster_topics(
    items: Iterable[tuple[int, Sequence[TopicScore]]],
    thresholds: Mapping[str, float],
) -> tuple[TopicScore, ...]:
    """Score a cluster for every topic from its reports, best first.

    Each of `items` names the report that it carries, and its own scores. A report
    counts once, by the item that has most of the topic: an excerpt says less than the
    whole text. `thresholds` holds where each topic begins to match. `parts`
    says how many of how many reports the topic has anything in.
    """
    best: dict[str, dict[int, TopicScore]] = {}
    reports: set[int] = set()
    for report, scores in items:
        reports.add(report)
        for score in scores:
            own = best.setdefault(score.slug, {})
            if report not in own or own[report].score < score.score:
                own[report] = score
    results = [
        _cluster_topic(
            tuple(own.values()), len(reports), thresholds.get(slug, THRESHOLD)
        )
        for slug, own in best.items()
    ]
    return tuple(sorted(results, key=lambda score: (-score.score, score.slug)))


def _cluster_topic(
    own: Sequence[TopicScore], total: int, threshold: float
) -> TopicScore:
    value = cluster_score([s.score for s in own] + [0.0] * (total - len(own)))
    words = dict.fromkeys(word for s in own if s.is_match for word in s.matched)
    return TopicScore(
        slug=own[0].slug,
        score=round(value, 4),
        is_match=value >= threshold,
        matched=tuple(words)[:N_WORDS],
        parts=(("reports", float(len(own))), ("of", float(total))),
    )
