"""Pairs that people judged -> the threshold that would have served them better; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from zlib import crc32

from aggregator.models import JudgedPair, Retuning, Verdicts

MIN_PAIRS = 30
MIN_OF_A_KIND = 5
N_FOLDS = 5
REACH = 2.0
"""By what factor a threshold may move: a few dozen pairs are no gold set."""


def retune(pairs: Sequence[JudgedPair], threshold: float) -> Retuning | None:
    """Return a better threshold and what it gains on held-out pairs, or None.

    None where there are fewer than `MIN_PAIRS` pairs, `MIN_OF_A_KIND` of either kind,
    or corrections of one fold only. A correction is in the fold that a checksum of its
    id names, so pairs of one correction are never on both sides. Each fold is judged
    by the threshold that is best on all others; the one proposed is best on all.
    """
    n_same = sum(pair.is_same for pair in pairs)
    if len(pairs) < MIN_PAIRS or min(n_same, len(pairs) - n_same) < MIN_OF_A_KIND:
        return None
    folds = [fold_of(pair.correction_id) for pair in pairs]
    if len(set(folds)) < 2:
        return None
    held_out = []
    for fold in sorted(set(folds)):
        taught = [p for p, f in zip(pairs, folds, strict=True) if f != fold]
        asked = best_threshold(taught, threshold)
        held_out += [
            (p.is_same, p.score >= asked)
            for p, f in zip(pairs, folds, strict=True)
            if f == fold
        ]
    return Retuning(
        threshold=best_threshold(pairs, threshold),
        before_threshold=threshold,
        pair_count=len(pairs),
        correction_count=len({pair.correction_id for pair in pairs}),
        before=verdicts((p.is_same, p.score >= threshold) for p in pairs),
        after=verdicts(held_out),
    )


def fold_of(correction_id: int) -> int:
    """Return the fold that a correction's pairs are in."""
    return crc32(str(correction_id).encode()) % N_FOLDS


def best_threshold(pairs: Sequence[JudgedPair], threshold: float) -> float:
    """Return the threshold with the best F1 on these pairs; of equals, the nearest.

    Candidates lie halfway between two scores that follow each other.
    """
    scores = sorted({pair.score for pair in pairs})
    halves = ((a + b) / 2.0 for a, b in pairwise(scores))
    candidates = [
        threshold,
        *(round(t, 4) for t in halves if threshold / REACH <= t <= threshold * REACH),
    ]

    def merit(t: float) -> tuple[float, float, float]:
        f1 = verdicts((p.is_same, p.score >= t) for p in pairs).f1
        return (round(f1, 9), -abs(t - threshold), -t)

    return max(candidates, key=merit)


def verdicts(judged: Iterable[tuple[bool, bool]]) -> Verdicts:
    """Count (is the same event, would be joined) pairs."""
    found = wrong = missed = 0
    for is_same, joined in judged:
        found += is_same and joined
        wrong += joined and not is_same
        missed += is_same and not joined
    return Verdicts(found, wrong, missed)
