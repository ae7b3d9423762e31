"""A definition's score + what answers taught -> the score that counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from aggregator.models import Lesson, TopicScore

SURE = 0.01
"""No definition is surer than this, one way or the other."""
LEAST_SAY = 0.1
"""What words have to say even where the definition is sure."""


def log_odds(score: float, threshold: float) -> float:
    """Return the log odds of a score, 0 where it is the threshold."""
    return _logit(min(max(score, SURE), 1.0 - SURE)) - _logit(threshold)


def revised(score: float, threshold: float, slope: float, words: float) -> float:
    """Return the score from 0 to 1 that a model makes of a definition's.

    `words` is the sum of weight * x over the text's stems.
    """
    odds = log_odds(score, threshold)
    p = _chance(odds)
    z = slope * odds + max(LEAST_SAY, 4.0 * p * (1.0 - p)) * words
    return _chance(z + _logit(threshold))


def revise(
    found: TopicScore, threshold: float, lesson: Lesson, vector: Mapping[str, float]
) -> TopicScore:
    """Return a topic's score after what answers taught.

    What a term of `none` or a missing one of `all` holds down stays down. Until the
    lesson decides it re-ranks on either side of the threshold, and moves nothing
    across. `parts` still add up to the score: what answers gave or took is one.
    """
    if any(name == "held" for name, _ in found.parts):
        return found
    weights = lesson.weights
    words = math.fsum(
        weights[stem] * x for stem, x in vector.items() if stem in weights
    )
    score = revised(found.score, threshold, lesson.slope, words)
    if not lesson.decides:
        below = math.nextafter(threshold, 0.0)
        score = max(score, threshold) if found.is_match else min(score, below)
    return _moved(found, score, threshold, "answers")


def overrule(found: TopicScore, is_yes: bool, threshold: float) -> TopicScore:
    """Return the score of what somebody answered about: their word counts.

    A yes lifts it to the threshold at least, a no holds it at half of that at most.
    """
    score = max(found.score, threshold) if is_yes else min(found.score, threshold / 2)
    return _moved(found, score, threshold, "yes" if is_yes else "no")


def _moved(found: TopicScore, score: float, threshold: float, part: str) -> TopicScore:
    return replace(
        found,
        score=score,
        is_match=score >= threshold,
        parts=(*found.parts, (part, score - found.score)),
    )


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _chance(odds: float) -> float:
    """Return the chance that log odds stand for; far out, where e ** x overflows, too."""
    return 0.5 * (1.0 + math.tanh(odds / 2.0))
