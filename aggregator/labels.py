"""What a cluster is called: the lead headline and the words that name it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aggregator.models import Item
from aggregator.vectors import StreamingTfidf, strip_signature

N_WORDS = 6
# A page that is rewritten all day, or that lists many events, names no single one.
_BRIDGE = re.compile(
    r"\b(live|en vivo|as it happened|minute by minute|minuto a minuto|briefing"
    r"|roundup|round-up|week in review|what to know today)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Label:
    """A headline, and words with the heaviest first."""

    headline: str
    words: tuple[str, ...]


def label(items: Sequence[Item], tfidf: StreamingTfidf) -> Label:
    """Name the cluster of `items` (at least one, in any order).

    The headline is the title most like all the titles together (largest dot product
    of its tf-idf vector with their sum); of equals, the earliest. Live blogs and
    roundups lead only where there is nothing else. The words are those with the
    largest weight in the sum of the items' tf-idf vectors.
    """
    ordered = sorted(items, key=lambda item: (item.at, item.id))
    leads = [item for item in ordered if not _BRIDGE.search(item.title)] or ordered
    return Label(_headline(leads, tfidf), _words(ordered, tfidf))


def _headline(items: Sequence[Item], tfidf: StreamingTfidf) -> str:
    if len(items) == 1:
        return strip_signature(items[0].title)
    X = tfidf.transform([(item.title, "") for item in items])
    likeness = np.asarray(X @ np.asarray(X.sum(axis=0)).ravel()).ravel()
    # rounded: equal titles must tie whatever the order of summing
    return strip_signature(items[int(np.argmax(np.round(likeness, 6)))].title)


def _words(items: Sequence[Item], tfidf: StreamingTfidf) -> tuple[str, ...]:
    X = tfidf.transform([(item.title, item.summary) for item in items])
    columns, places = np.unique(X.indices, return_inverse=True)
    weights = dict(
        zip(columns.tolist(), np.bincount(places, X.data).tolist(), strict=True)
    )
    terms: dict[int, str] = {}
    for item in items:
        for word, column in tfidf.terms(item.title, item.summary).items():
            terms.setdefault(column, word)
    ranked = sorted(
        terms, key=lambda column: (-weights.get(column, 0.0), terms[column])
    )
    return tuple(terms[column] for column in ranked[:N_WORDS])
