"""Texts in, unit vectors out: tf-idf over hashed terms, learned from the stream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple, Self

import mmh3
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from aggregator.clustering.contract import Transformer
from aggregator.words.commonwords import word_shares
from aggregator.words.stopwords import function_words
from aggregator.words.titles import without_template
from aggregator.words.tokens import stem, strip_signature, tokens

Text = tuple[str, str]
"""An item's (title, summary)."""

Columns = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int32]

_NO_COLUMNS: Columns = np.empty(0, dtype=np.int32)
_WORDS_KEPT = 65_536
_RARE = 1.5e-4  # the share below which a word is no rarer for being seen less


class StreamingTfidf(Transformer):
    """Tf-idf whose document frequencies are learned from the stream, term by hash.

    Parameters
    ----------
    n_features : int
        Columns that terms are hashed into (murmurhash3, unsigned), so that no
        vocabulary is kept.
    title_weight : float
        How many times a title's word counts against once for a summary's.
    prior_documents : float
        How many items the shares in `commonwords` count for: they carry the first
        days and fade as the stream's own counts grow.

    Attributes
    ----------
    n_documents_ : int
        Items learned from so far.
    document_counts_ : ndarray of shape (n_features,)
        In how many of them each column occurred.

    Notes
    -----
    A weight is (1 + ln tf) times -ln of the share of items that have the term, which
    is held up by a small constant, so that similarities mean the same after a thousand
    items and after a million. Rows have length 1; a row without a usable word is
    empty, and nothing divides by its length.

    Examples
    --------
    >>> tfidf = StreamingTfidf().partial_fit([("Quake hits Chile", "")])
    >>> tfidf.transform([("Chile quake", ""), ("", "")]).getnnz(axis=1).tolist()
    [2, 0]
    """

    def __init__(
        self,
        *,
        n_features: int = 2**22,
        title_weight: float = 3.0,
        prior_documents: float = 5000.0,
    ) -> None:
        self.n_features = n_features
        self.title_weight = title_weight
        self.prior_documents = prior_documents

    def _reset(self) -> None:
        self.document_counts_: Counts = np.zeros(self.n_features, dtype=np.int32)
        self.n_documents_ = 0
        self._changed: list[Columns] = [_NO_COLUMNS]
        shares = word_shares()
        columns = np.array([_column(stem, self.n_features) for stem in shares])
        order = np.argsort(columns)
        self._prior_columns = columns[order]
        self._prior_shares = np.array(list(shares.values()))[order]

    def _start(self) -> None:
        if not hasattr(self, "document_counts_"):
            self._reset()

    def fit(self, texts: Iterable[Text], y: object = None) -> Self:
        """Forget everything, then learn from `texts`."""
        self._reset()
        return self.partial_fit(texts)

    def partial_fit(self, texts: Iterable[Text], y: object = None) -> Self:
        """Add the document frequencies of `texts`."""
        self._learn(self._count(texts))
        return self

    def transform(self, texts: Iterable[Text]) -> csr_matrix:
        """Return unit rows of shape (n_items, n_features), float32."""
        return self._weigh(self._count(texts))

    def partial_fit_transform(self, texts: Iterable[Text]) -> csr_matrix:
        """Do both while reading the texts once: half the time of the two calls."""
        counts = self._count(texts)
        self._learn(counts)
        return self._weigh(counts)

    def words(self, title: str, summary: str) -> Mapping[int, str]:
        """Return the item's columns, each with the first of its words, in reading order."""
        read = _read(title, summary, self.title_weight, self.n_features)
        return dict(zip(read.columns, read.words, strict=True))

    def restore(
        self,
        columns: npt.ArrayLike,
        counts: npt.ArrayLike,
        n_documents: int,
    ) -> Self:
        """Set what was learned to what `state` or all of `changes` once returned."""
        self._reset()
        self.document_counts_[np.asarray(columns, dtype=np.int64)] = counts
        self.n_documents_ = int(n_documents)
        return self

    def state(self) -> tuple[Columns, Counts, int]:
        """Return (columns, counts, n_documents): all that was learned."""
        self._start()
        columns = np.flatnonzero(self.document_counts_).astype(np.int32)
        return columns, self.document_counts_[columns], self.n_documents_

    def changes(self) -> tuple[Columns, Counts, int]:
        """Return `state` for the columns changed since this was last called."""
        self._start()
        columns = np.unique(np.concatenate(self._changed))
        self._changed = [columns[:0]]
        return columns, self.document_counts_[columns], self.n_documents_

    def _count(self, texts: Iterable[Text]) -> csr_matrix:
        """Return how often each row has each column; of two terms in one, the sum."""
        self._start()
        indices: list[int] = []
        data: list[float] = []
        ends = [0]
        for title, summary in texts:
            read = _read(title, summary, self.title_weight, self.n_features)
            indices += read.columns
            data += read.counts
            ends.append(len(indices))
        counts = csr_matrix(
            (
                np.array(data, dtype=np.float32),
                np.array(indices, dtype=np.int32),
                np.array(ends, dtype=np.int32),
            ),
            shape=(len(ends) - 1, self.n_features),
        )
        counts.sort_indices()
        return counts

    def _learn(self, counts: csr_matrix) -> None:
        columns, occurrences = np.unique(counts.indices, return_counts=True)
        self.document_counts_[columns] += occurrences.astype(np.int32)
        self.n_documents_ += counts.shape[0]
        self._changed.append(columns.astype(np.int32))

    def _shares(self, columns: Columns) -> npt.NDArray[np.float64]:
        """Return the share of items that have each column, the prior's items too."""
        places = np.searchsorted(self._prior_columns, columns)
        places[places == len(self._prior_columns)] = 0
        known = self._prior_columns[places] == columns
        prior = np.where(known, self._prior_shares[places], 0.0) * self.prior_documents
        total = max(self.n_documents_ + self.prior_documents, 1.0)
        shares: npt.NDArray[np.float64] = (
            self.document_counts_[columns] + prior
        ) / total
        return shares

    def _weigh(self, counts: csr_matrix) -> csr_matrix:
        idf = -np.log((self._shares(counts.indices) + _RARE) / (1.0 + _RARE))
        X = csr_matrix(
            (
                (1.0 + np.log(np.maximum(counts.data, 1.0))) * idf,
                counts.indices.astype(np.int32, copy=False),
                counts.indptr,
            ),
            shape=counts.shape,
        )
        lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
        lengths[lengths == 0.0] = 1.0
        X.data /= np.repeat(lengths, np.diff(X.indptr))
        return X.astype(np.float32)

    def __sklearn_tags__(self) -> Any:
        """Say that rows of text need no fitting before they are transformed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.requires_fit = False
        return tags


# "Covid-19" is one word: as two, always together, it would carry any join by itself.
_NUMBERED = re.compile(r"\b([^\W\d_]{3,})-\d{1,3}\b")


def _unnumbered(text: str) -> str:
    return _NUMBERED.sub(r"\1", text) if "-" in text else text


class _Reading(NamedTuple):
    """What a text says: its columns, how often each, and the first word of each."""

    columns: tuple[int, ...]
    counts: tuple[float, ...]
    words: tuple[str, ...]


# An item's text is read when it comes in, when its decision is put into words, and its
# title whenever its cluster gains a member: 12 times in all, if nothing is kept.
@lru_cache(maxsize=4096)
def _read(title: str, summary: str, title_weight: float, n_features: int) -> _Reading:
    heads = tokens(_unnumbered(without_template(strip_signature(title))))
    bodies = tokens(_unnumbered(summary))
    dropped = function_words(heads + bodies)
    columns = _columns_by_word(n_features)
    counts: dict[int, float] = {}
    first_words: dict[int, str] = {}
    for words, weight in ((heads, title_weight), (bodies, 1.0)):
        for word in words:
            if word in dropped:
                continue
            column = columns[word]
            if column in counts:
                counts[column] += weight
            else:
                counts[column] = weight
                first_words[column] = word
    # thousands are kept: tuples take a third of what dicts take
    return _Reading(tuple(counts), tuple(counts.values()), tuple(first_words.values()))


class _ColumnsByWord(dict[str, int]):
    """The column of each word's stem, reckoned when a word is first asked for."""

    def __init__(self, n_features: int) -> None:
        self.n_features = n_features

    def __missing__(self, word: str) -> int:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        column = self[word] = _column(stem(word), self.n_features)
        return column


@cache
def _columns_by_word(n_features: int) -> _ColumnsByWord:
    return _ColumnsByWord(n_features)


def _column(term: str, n_features: int) -> int:
    """Return a column as scikit-learn's `FeatureHasher` does, unsigned."""
    hashed = mmh3.hash(term)
    if hashed == -(2**31):  # its absolute value is no int32
        return (2**31 - 1 - (n_features - 1)) % n_features
    return abs(hashed) % n_features
