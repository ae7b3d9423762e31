"""Topics: what a text is about, by terms that an operator wrote."""

from aggregator.topics.clusters import cluster_score, cluster_topics
from aggregator.topics.matcher import THRESHOLD, TopicMatcher, compile_topics

__all__ = [
    "THRESHOLD",
    "TopicMatcher",
    "cluster_score",
    "cluster_topics",
    "compile_topics",
]
