"""Topics: what a text is about, by terms and examples that an operator wrote."""

from aggregator.models import THRESHOLD
from aggregator.topics.clusters import cluster_score, cluster_topics
from aggregator.topics.examples import is_address, learn
from aggregator.topics.matcher import TopicMatcher, compile_topics

__all__ = [
    "THRESHOLD",
    "TopicMatcher",
    "cluster_score",
    "cluster_topics",
    "compile_topics",
    "is_address",
    "learn",
]
