"""Whether a topic has more reports than its own past would lead one to expect; pure.

Counts are made comparable with the square root (F. J. Anscombe, "The transformation of
Poisson, binomial and negative-binomial data", Biometrika 35, 1948): 2 sqrt(n + 3/8) has a
variance near 1 whatever a Poisson count's mean. News comes in bursts, so the topic's own
earlier residuals say how far it strays: their median absolute deviation, times 1.4826,
is the scale, and never less than Poisson's 1.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from aggregator.models import OUTAGE, Surge

BASELINE = 28
"""Buckets before the one that is judged that say what is usual."""
LEAST_BASELINE = 7
"""With fewer of them that were delivered, nothing is judged."""
LEAST_COUNT = 5
LEAST_RATIO = 1.5
LEAST_SCORE = 3.0
"""How many times its usual straying a surge is above what was expected."""
YOUNG_SCALE = 1.5
"""What a topic is taken to stray while too little is known of it."""


def surge(
    counts: Sequence[int],
    expected: Sequence[float | None],
    delivered: Sequence[float | None],
) -> Surge | None:
    """Judge the last of equal buckets, oldest first, by those before it.

    `expected` is what the feeds' shares and what they published lead one to expect,
    None where too little is known; `delivered` the part of the usual volume that came.
    A bucket that is an outage is not judged, and no other is judged by it.
    """
    usual, got = expected[-1], delivered[-1]
    if usual is None or got is None or got < OUTAGE:
        return None
    count = counts[-1]
    if count < LEAST_COUNT or count < LEAST_RATIO * usual:
        return None
    rows = zip(counts[:-1], expected[:-1], delivered[:-1], strict=True)
    past = [
        _residual(n, e)
        for n, e, d in list(rows)[-BASELINE:]
        if e is not None and d is not None and d >= OUTAGE
    ]
    score = _residual(count, usual) / _scale(past)
    return Surge(count, usual, score) if score >= LEAST_SCORE else None


def _residual(count: float, expected: float) -> float:
    return 2 * (math.sqrt(count + 0.375) - math.sqrt(expected + 0.375))


def _scale(residuals: Sequence[float]) -> float:
    if len(residuals) < LEAST_BASELINE:
        return YOUNG_SCALE
    return max(1.4826 * statistics.median(map(abs, residuals)), 1.0)
