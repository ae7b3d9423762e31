"""What a cluster is called: the lead headline and the words that name it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from aggregator.clustering.vectors import StreamingTfidf
from aggregator.models import Item
from aggregator.words.titles import is_roundup
from aggregator.words.tokens import strip_signature

Columns = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]

N_WORDS = 6


@dataclass(frozen=True, slots=True)
class Label:
    """A headline, and words with the heaviest first."""

    headline: str
    words: tuple[str, ...]


def label_all(
    groups: Sequence[tuple[Sequence[Item], Columns, Weights]], tfidf: StreamingTfidf
) -> list[Label]:
    """Name clusters, each from some of its items (at least one) and its summed rows.

    The headline is the title most like all the titles together (largest dot product
    of its tf-idf vector with their sum); of equals, the earliest. Live blogs and
    roundups lead only where there is nothing else. The words are those with the
    largest weight in the sum of the items' tf-idf vectors.
    """
    leads = [
        _leads(sorted(items, key=lambda item: (item.at, item.id)))
        for items, _, _ in groups
    ]
    # all clusters at once: a vector alone costs ten times what it costs among many
    titles = _rows(tfidf, [[(item.title, "") for item in items] for items in leads])
    return [
        Label(_headline(candidates, X), _words(items, columns, weights, tfidf))
        for candidates, X, (items, columns, weights) in zip(
            leads, titles, groups, strict=True
        )
    ]


def _leads(items: Sequence[Item]) -> Sequence[Item]:
    return [item for item in items if not is_roundup(item.title)] or items


def _rows(
    tfidf: StreamingTfidf, groups: Sequence[Sequence[tuple[str, str]]]
) -> list[csr_matrix]:
    """Return one matrix a group, of a row a text."""
    X = tfidf.transform([text for group in groups for text in group])
    ends = np.cumsum([0, *map(len, groups)])
    return [X[start:end] for start, end in itertools.pairwise(ends)]


def _headline(items: Sequence[Item], X: csr_matrix) -> str:
    _, places = np.unique(X.indices, return_inverse=True)
    sums = np.bincount(places, X.data)
    rows = np.repeat(np.arange(len(items)), np.diff(X.indptr))
    likeness = np.bincount(rows, X.data * sums[places], len(items))
    # rounded: equal titles must tie whatever the order of summing
    return strip_signature(items[int(np.argmax(np.round(likeness, 6)))].title)


def _words(
    items: Sequence[Item], columns: Columns, weights: Weights, tfidf: StreamingTfidf
) -> tuple[str, ...]:
    wanted = columns[np.argsort(-weights, kind="stable")[:N_WORDS]].tolist()
    names: dict[int, str] = {}
    for item in items:
        if len(names) == len(wanted):
            break
        for word, column in tfidf.terms(item.title, item.summary).items():
            if column in wanted:
                names.setdefault(column, word)
    return tuple(names[column] for column in wanted if column in names)
