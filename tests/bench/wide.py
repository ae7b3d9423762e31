"""Many open clusters without clustering for an hour: copies of a window's clusters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from aggregator.clustering import ClusterState, Member
from aggregator.grouping import Grouper

Columns = npt.NDArray[np.int32]


def widen(grouper: Grouper, n_open: int, common: Collection[str]) -> None:
    """Copy the open clusters of `grouper` until `n_open` are open.

    Each copy tells of other events in other words, as a wider stream would: columns
    are exchanged one way for each copy, but for those of words that all news has in
    common. Sizes, times, weights and what is shared stay as they were.
    """
    clusterer, tfidf = grouper.clusterer, grouper.tfidf
    shared = np.zeros(tfidf.n_features, dtype=bool)
    shared[list(tfidf.words(" ".join(common), ""))] = True
    states = list(clusterer.clusters_.values())
    columns, counts, n_documents = tfidf.state()
    rare, rare_counts = columns[~shared[columns]], counts[~shared[columns]]
    common_counts = counts[shared[columns]]
    wide, next_id, n = list(states), clusterer.next_id_, 1
    learned = dict(zip(rare.tolist(), rare_counts.tolist(), strict=True))
    while len(wide) < n_open:
        for state in states[: n_open - len(wide)]:
            wide.append(_copy(state, next_id, n, shared))
            next_id += 1
        others = _others(rare, n, shared).tolist()
        learned |= dict(zip(others, rare_counts.tolist(), strict=True))
        n += 1
    both = [*learned, *columns[shared[columns]].tolist()]
    tfidf.restore(
        both, [*learned.values(), *(n * common_counts).tolist()], n * n_documents
    )
    clusterer.restore(wide, next_id)


def _copy(
    state: ClusterState, id: int, n: int, shared: npt.NDArray[np.bool_]
) -> ClusterState:
    columns = _others(state.columns, n, shared)
    order = np.argsort(columns)
    return replace(
        state,
        id=id,
        columns=columns[order],
        weights=state.weights[order],
        members=tuple(_copied(member, n, shared) for member in state.members),
    )


def _copied(member: Member, n: int, shared: npt.NDArray[np.bool_]) -> Member:
    columns = _others(member.columns, n, shared)
    order = np.argsort(columns)
    return member._replace(
        key=member.key + n * 10**9,
        columns=columns[order],
        weights=member.weights[order],
    )


def _others(columns: Columns, n: int, shared: npt.NDArray[np.bool_]) -> Columns:
    """Return the columns of copy `n`: an odd factor, modulo a power of two, loses none."""
    turned = (columns.astype(np.int64) * (2 * n + 1) + 7919 * n) % len(shared)
    return np.where(shared[columns], columns, turned).astype(np.int32)
