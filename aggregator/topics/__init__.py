"""Topics: what a text is about, by terms and examples that an operator wrote."""

from aggregator.models import THRESHOLD
from aggregator.topics.answered import Example, examples_of, is_enough
from aggregator.topics.clusters import cluster_score, cluster_topics
from aggregator.topics.examples import is_address, learn
from aggregator.topics.matcher import TopicMatcher, compile_topics
from aggregator.topics.scorer import TopicScorer

__all__ = [
    "THRESHOLD",
    "Example",
    "TopicMatcher",
    "TopicScorer",
    "cluster_score",
    "cluster_topics",
    "compile_topics",
    "examples_of",
    "is_address",
    "is_enough",
    "learn",
]
