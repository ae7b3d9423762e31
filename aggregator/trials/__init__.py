"""A definition that does not count yet x what is stored -> what it would change."""

from aggregator.trials.profiles import learned
from aggregator.trials.trial import Change, Trial, try_topics

__all__ = ["Change", "Trial", "learned", "try_topics"]
