"""Reports of this week and of the weeks before -> the words that rise; pure.

Log-odds with an informative Dirichlet prior: B. L. Monroe, M. P. Colaresi and K. M. Quinn,
"Fightin' Words", Political Analysis 16(4), 2008, equations 15, 16 and 22. The prior is the
topic's own vocabulary over all these weeks, as if a tenth of its text had been read before.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from aggregator.models import ReportText, RisingWord
from aggregator.words.stopwords import function_words
from aggregator.words.tokens import tokens

PRIOR = 0.1
LEAST_REPORTS = 3
"""Reports of the week that must hold a word: one text may say anything."""
LEAST_SCORE = 1.96
SAME = 0.8
"""A word of which this much stands in a pair of words is shown as the pair."""
CLUSTERS = 3


def rising_words(
    week: Sequence[ReportText], before: Sequence[ReportText], limit: int = 12
) -> tuple[RisingWord, ...]:
    """Return the words that rise most, first.

    A report counts once, whoever carries it, and a word once a report. Function words
    of the report's language are left out.
    """
    now_terms = [(report, _terms(report.text)) for report in week]
    now = Counter(term for _, terms in now_terms for term in terms)
    past = Counter(term for report in before for term in _terms(report.text))
    n_now, n_past = now.total(), past.total()
    scores = {
        term: _score(count, past[term], n_now, n_past)
        for term, count in now.items()
        if count >= LEAST_REPORTS
    }
    ranked = sorted(
        (term for term, score in scores.items() if score >= LEAST_SCORE),
        key=lambda term: (-scores[term], term),
    )
    return tuple(
        RisingWord(
            " ".join(term),
            scores[term],
            now[term],
            past[term],
            _clusters(term, now_terms),
        )
        for term in _apart(ranked, now)[:limit]
    )


_Term = tuple[str, ...]


def _terms(text: str) -> set[_Term]:
    """Return the words of a text and the pairs that stand together, without grammar."""
    words = tokens(text)
    grammar = function_words(words)
    kept = [
        "" if word in grammar or word.isdigit() or len(word) < 2 else word
        for word in words
    ]
    terms: set[_Term] = {(word,) for word in kept if word}
    return terms | {pair for pair in pairwise(kept) if all(pair)}


def _score(y: int, y_before: int, n: int, n_before: int) -> float:
    """Return the z-score of a term's log-odds ratio, this week's over the others'."""
    prior_all = PRIOR * (n + n_before) + 1  # one word more that nobody has used yet
    prior = PRIOR * (y + y_before)
    here, there = y + prior, y_before + prior
    odds = math.log(here / (n + prior_all - here))
    odds_before = math.log(there / (n_before + prior_all - there))
    return (odds - odds_before) / math.sqrt(1 / here + 1 / there)


def _apart(ranked: Iterable[_Term], counts: Counter[_Term]) -> list[_Term]:
    """Leave out words that are all but always a part of a pair, and pairs that are not."""
    terms = list(ranked)
    pairs = [
        pair
        for pair in terms
        if len(pair) == 2 and all(counts[pair] >= SAME * counts[w,] for w in pair)
    ]
    inside = {(word,) for pair in pairs for word in pair}
    kept: list[_Term] = []
    used: set[str] = set()
    for term in terms:
        if term in inside or (len(term) == 2 and term not in pairs):
            continue
        if len(term) == 2 and used & set(term):
            continue  # "painted draw wall": the stronger pair stands for both
        used |= set(term)
        kept.append(term)
    return kept


def _clusters(
    term: _Term, reports: Sequence[tuple[ReportText, set[_Term]]]
) -> tuple[int, ...]:
    counts = Counter(
        report.cluster_id
        for report, terms in reports
        if report.cluster_id is not None and term in terms
    )
    return tuple(cluster_id for cluster_id, _ in counts.most_common(CLUSTERS))
