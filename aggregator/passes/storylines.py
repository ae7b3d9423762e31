"""Clusters that have grown -> the earlier ones that they tell on: read, compare, save."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.models import Comparison, SharedTerm, StoryLink, StoryVector
from aggregator.store import Store

if TYPE_CHECKING:
    from aggregator.clustering.storylines import Likeness

log = logging.getLogger(__name__)

BATCH = 50
N_SHARED_TERMS = 8
N_NAMED = 20
"""Items whose words name what is shared."""


class StorylinePass:
    """Compares clusters with the archive, once they have two independent reports."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], stop: threading.Event
    ) -> None:
        self.store = store
        self.now = now
        self.stop = stop

    def run(self) -> int:
        """Compare every cluster that waits for it; return how many."""
        count = linked = 0
        while not self.stop.is_set():
            waiting = self.store.uncompared_clusters(BATCH)
            if not waiting:
                break
            found = [self._comparison(vector) for vector in waiting]
            self.store.save_comparisons(found)
            count += len(found)
            linked += sum(one.link is not None for one in found)
        if count:
            log.info("storylines compared=%d linked=%d", count, linked)
        return count

    def _comparison(self, vector: StoryVector) -> Comparison:
        # NumPy: not where nothing waits
        from aggregator.clustering import storylines

        keys = storylines.keys_of(vector)
        candidates = self.store.story_candidates(
            keys, vector.first_at - storylines.REST, storylines.N_CANDIDATES
        )
        found = storylines.previous_of(vector, candidates)
        link = self._link(vector, *found) if found else None
        return Comparison(vector.cluster_id, keys, link)

    def _link(
        self, vector: StoryVector, previous_id: int, likeness: Likeness
    ) -> StoryLink:
        heaviest = (-likeness.parts).argsort(kind="stable")[:N_SHARED_TERMS]
        names = self._names(vector.cluster_id)
        pairs = zip(
            likeness.columns[heaviest].tolist(),
            likeness.parts[heaviest].tolist(),
            strict=True,
        )
        return StoryLink(
            vector.cluster_id,
            previous_id,
            round(likeness.score, 4),
            round(likeness.carriers, 2),
            tuple(
                SharedTerm(names[column], round(part, 4))
                for column, part in pairs
                if column in names
            ),
            self.now(),
        )

    def _names(self, cluster_id: int) -> Mapping[int, str]:
        """Return a word for each column of a cluster's newest items."""
        from aggregator.clustering.vectors import StreamingTfidf

        tfidf = StreamingTfidf()
        items = self.store.newest_members([cluster_id], N_NAMED).get(cluster_id, ())
        return {
            column: word
            for item in reversed(items)
            for column, word in tfidf.words(item.title, item.summary).items()
        }
