"""Our clusterer beside river's TextClust and scikit-learn's HDBSCAN, same vectors."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from river.cluster import TextClust
from scipy.sparse import csr_matrix, vstack
from sklearn.cluster import HDBSCAN

from aggregator.archive import read_items
from aggregator.clustering import StreamingClusterer
from aggregator.clustering.vectors import StreamingTfidf
from tests.bench.ground import shared, show

SETS = ("groundnews2025", "allsides", "ecbplus")
SHORT = "ecbplus"
"""TextClust reckons every word's rarity anew for each item: one set is enough."""
BATCH = 500


def main() -> None:
    """Print B-cubed F1 and seconds; the peers at the best of several settings."""
    rows = []
    for name in SETS:
        X, hours, gold = _vectors(name)
        ours = _timed(_ours, X, hours)
        for peer, settings in ((_textclust, (0.8, 0.9)), (_hdbscan, (2, 3))):
            if peer is _textclust and name != SHORT:
                continue
            best = max(
                (_timed(peer, X, hours, s) for s in settings),
                key=lambda found: _f1(gold, found[0]),
            )
            rows.append(
                [
                    name,
                    peer.__name__.strip("_"),
                    f"{_f1(gold, ours[0]):.3f}",
                    f"{_f1(gold, best[0]):.3f}",
                    f"{ours[1]:.1f}",
                    f"{best[1]:.1f}",
                    f"{best[1] / ours[1]:.1f}",
                ]
            )
    show(["set", "peer", "our F1", "its F1", "our s", "its s", "ratio"], rows)


def _vectors(name: str) -> tuple[csr_matrix, np.ndarray[Any, Any], list[str]]:
    path = shared() / "bench" / "clustering" / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        story = {row["id"]: row["story"] for row in map(json.loads, lines)}
    items = sorted(read_items(path), key=lambda row: (row[1].at, row[1].id))
    tfidf = StreamingTfidf()
    parts = [
        tfidf.partial_fit_transform(
            (item.title, item.summary) for _, item in items[start : start + BATCH]
        )
        for start in range(0, len(items), BATCH)
    ]
    X = vstack(parts).tocsr()
    hours = np.array([item.at.timestamp() / 3600 for _, item in items])
    return X, hours, [story[id] for id, _ in items]


def _timed(
    method: Callable[..., list[int]], *arguments: Any
) -> tuple[list[int], float]:
    began = time.process_time()
    labels = method(*arguments)
    return labels, time.process_time() - began


def _ours(X: csr_matrix, hours: Any) -> list[int]:
    clusterer = StreamingClusterer(window_hours=120)
    place: dict[int, int] = {}
    for start in range(0, X.shape[0], BATCH):
        rows = slice(start, start + BATCH)
        clusterer.partial_fit(X[rows], times=hours[rows])
        place |= dict(enumerate(clusterer.labels_.tolist(), start))
        clusterer.regroup()
        for split in clusterer.splits_:
            place |= dict.fromkeys(split.keys, split.child)
        for merge in clusterer.merges_:
            place = {
                k: merge.kept if id == merge.gone else id for k, id in place.items()
            }
        for out in clusterer.put_outs_:
            place |= dict.fromkeys(out.keys, out.child)
    return list(place.values())


def _textclust(X: csr_matrix, hours: Any, radius: float) -> list[int]:
    """Feed one row after the other; it forgets terms below 1, so rows are scaled."""
    model = TextClust(radius=radius, real_time_fading=False, term_fading=False)
    labels = []
    for row in range(X.shape[0]):
        part = slice(X.indptr[row], X.indptr[row + 1])
        weights = X.data[part] / X.data[part].min(initial=1.0)
        names = map(str, X.indices[part].tolist())
        x = dict(zip(names, weights.tolist(), strict=True))
        model.learn_one(x)
        found = model.predict_one(x, None, "micro")
        labels.append(-1 - row if found is None else int(found))
    return labels


def _hdbscan(X: csr_matrix, hours: Any, smallest: int) -> list[int]:
    distances = np.maximum(1.0 - (X @ X.T).toarray().astype(float), 0.0)
    model = HDBSCAN(min_cluster_size=smallest, metric="precomputed", copy=False)
    labels = model.fit_predict(distances)
    # what it calls noise is an event that one item reports
    return [int(n) if n >= 0 else -1 - row for row, n in enumerate(labels)]


def _f1(gold: Sequence[str], labels: Sequence[int]) -> float:
    pairs = Counter(zip(gold, labels, strict=True))
    stories, clusters, n = Counter(gold), Counter(labels), len(gold)
    precision = sum(c * c / clusters[label] for (_, label), c in pairs.items()) / n
    recall = sum(c * c / stories[story] for (story, _), c in pairs.items()) / n
    return 2 * precision * recall / (precision + recall)
