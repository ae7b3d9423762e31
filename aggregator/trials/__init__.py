"""A definition that does not count yet x what is stored -> what it would change."""

from aggregator.trials.profiles import UnknownExample, learned, unknown_examples
from aggregator.trials.trial import Change, Trial, try_topics

__all__ = [
    "Change",
    "Trial",
    "UnknownExample",
    "learned",
    "try_topics",
    "unknown_examples",
]
