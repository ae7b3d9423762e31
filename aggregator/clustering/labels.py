"""What a cluster is called: the lead headline and the words that name it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from aggregator.clustering.vectors import StreamingTfidf
from aggregator.models import Item
from aggregator.words.titles import is_roundup
from aggregator.words.tokens import strip_signature

Columns = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

N_WORDS = 6
BETTER = 1.2
"""By what factor a title must be more like all others than the one that leads."""
IS_GONE = "the item that led is no longer here"
IS_ROUNDUP = "live pages and roundups lead only where there is nothing else"
IS_BETTER = "more like all the other titles: {:.2f} against {:.2f}"


class Group(NamedTuple):
    """A cluster to be named: some of its items, at least one, and its summed rows.

    `led` is the headline that it has, if any, and `is_there` says whether one of its
    items, maybe not one of these, still has that title.
    """

    items: Sequence[Item]
    columns: Columns
    weights: Weights
    led: str = ""
    is_there: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A headline, why it is another than before, and words with the heaviest first."""

    headline: str
    why: str
    words: tuple[str, ...]


def label_all(groups: Sequence[Group], tfidf: StreamingTfidf) -> list[Label]:
    """Name clusters.

    The headline is the title most like all the other titles (largest mean cosine of
    their tf-idf vectors); of equals, the earliest. Live blogs and roundups lead only
    where there is nothing else. A headline stays until its item is gone, or another
    title is more like all others by the factor `BETTER`. The words are those with the
    largest weight in the sum of the items' tf-idf vectors.
    """
    leads = [
        _leads(sorted(group.items, key=lambda item: (item.at, item.id)))
        for group in groups
    ]
    # all clusters at once: a vector alone costs ten times what it costs among many
    titles = _rows(
        tfidf,
        [
            [*((item.title, "") for item in items), (group.led, "")]
            for items, group in zip(leads, groups, strict=True)
        ],
    )
    return [
        Label(
            *_headline(candidates, X, group),
            _words(group.items, group.columns, group.weights, tfidf),
        )
        for candidates, X, group in zip(leads, titles, groups, strict=True)
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


def _headline(items: Sequence[Item], X: csr_matrix, group: Group) -> tuple[str, str]:
    """Return the headline and why it changes, from rows of titles and of what led."""
    likeness = _likeness(X)
    best = int(np.argmax(likeness[:-1]))
    title = strip_signature(items[best].title)
    led = group.led
    if not led or title == led:
        return title, ""
    if not group.is_there:
        return title, IS_GONE
    if is_roundup(led) and not is_roundup(title):
        return title, IS_ROUNDUP
    titles = [strip_signature(item.title) for item in items]
    led_row = titles.index(led) if led in titles else -1
    if likeness[best] > BETTER * likeness[led_row]:
        return title, IS_BETTER.format(likeness[best], likeness[led_row])
    return led, ""


def _likeness(X: csr_matrix) -> Floats:
    """Return each row's mean cosine with the others of all rows but the last.

    The last is that of a title that led, and may be one of the others as well.
    """
    n = X.shape[0] - 1
    _, places = np.unique(X.indices, return_inverse=True)
    given = slice(0, X.indptr[n])
    sums = np.bincount(places[given], X.data[given], places.max(initial=0) + 1)
    rows = np.repeat(np.arange(n + 1), np.diff(X.indptr))
    with_all = np.bincount(rows, X.data * sums[places], n + 1)
    with_itself = np.bincount(rows, X.data * X.data, n + 1)
    with_itself[n] = 0.0
    others = np.full(n + 1, max(n - 1, 1))
    others[n] = n
    # rounded: equal titles must tie whatever the order of summing
    return np.asarray(np.round((with_all - with_itself) / others, 6))


def _words(
    items: Sequence[Item], columns: Columns, weights: Weights, tfidf: StreamingTfidf
) -> tuple[str, ...]:
    wanted = columns[np.argsort(-weights, kind="stable")[:N_WORDS]].tolist()
    names: dict[int, str] = {}
    for item in items:
        if len(names) == len(wanted):
            break
        for column, word in tfidf.words(item.title, item.summary).items():
            if column in wanted:
                names.setdefault(column, word)
    return tuple(names[column] for column in wanted if column in names)
