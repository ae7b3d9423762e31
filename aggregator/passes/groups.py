"""Items that wait -> stored clusters: read, plan, save."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from aggregator.config import Settings
from aggregator.copies.families import Families
from aggregator.errors import StoreError
from aggregator.limits import COPY_MEMBERS, TOPIC_MEMBERS
from aggregator.memory import give_back, many_objects
from aggregator.models import (
    Decision,
    DecisionKind,
    Grouping,
    Item,
    Moves,
    TopicScore,
)
from aggregator.passes.corrections import give_up, take_up
from aggregator.passes.meanings import MeaningPass
from aggregator.passes.topics import TopicPass
from aggregator.retuning import MIN_PAIRS, retune
from aggregator.store import Store

if TYPE_CHECKING:
    from aggregator.grouping import Assignment, Grouper

T = TypeVar("T")

log = logging.getLogger(__name__)

BATCH = 500
"""So many items are assigned before the clusters they touched are regrouped."""
BACKLOG = 2_000
"""So many are stored together: a cluster is named once for several batches."""


class GroupPass:
    """Clusters every item that waits, and scores it for the topics."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
        meanings: MeaningPass | None = None,
        topics: TopicPass | None = None,
    ) -> None:
        self.store = store
        self.meanings = meanings or MeaningPass(store, settings, now, stop)
        self.window = settings.cluster_window
        self.topics = topics or TopicPass(store, settings, now, stop)
        self.families = Families(settings.families)
        self.now = now
        self.stop = stop
        self._threshold: float | None = None
        self._grouper: Grouper | None = None

    def run(self) -> int:
        """Cluster every item that waits; return how many."""
        count = 0
        while not self.stop.is_set():
            self._take_threshold()
            self._follow_corrections()
            items = self.store.waiting_items(BACKLOG)
            if not items:
                break
            self._group(items)
            count += len(items)
            if len(items) > BATCH:
                give_back()
        return count

    def _group(self, items: Sequence[Item]) -> None:
        """Cluster some batches; a poison item is set aside, the others go on."""
        began = time.monotonic()
        try:
            grouping = self._plan(items)
            self.store.save_grouping(grouping)
        except StoreError:
            self._grouper = None  # it learned what was not stored
            raise
        except Exception:
            self._grouper = None
            if len(items) > 1:
                half = len(items) // 2
                self._group(items[:half])
                self._group(items[half:])
                return
            log.exception("grouping set_aside item=%d", items[0].id)
            self.store.save_grouping(self._aside(items[0]))
            return
        log.info(
            "grouping items=%d clusters=%d milliseconds=%d",
            len(items),
            len(grouping.clusters),
            1000 * (time.monotonic() - began),
        )

    def _follow_corrections(self) -> None:
        """Make the clusters follow what people said; one that fails is set aside."""
        waiting = self.store.waiting_corrections()
        for correction in waiting:
            try:
                take_up(self.store, self._ready(self.now()), correction, self.now())
            except StoreError:
                self._grouper = None
                raise
            except Exception:
                self._grouper = None
                log.exception("correction set_aside id=%d", correction.id)
                give_up(self.store, correction, self.now())
        if waiting:
            self._retune()

    def _retune(self) -> None:
        """Propose the threshold that all corrections speak for; a person may use it."""
        from aggregator.grouping.judged import judged_items, judged_pairs

        groups = self.store.judged_groups()
        if sum(len(group.item_ids) for group in groups) < MIN_PAIRS:
            return
        grouper = self._ready(self.now())
        items = self.store.items(judged_items(groups))
        found = retune(
            judged_pairs(grouper, groups, items), grouper.clusterer.threshold
        )
        if found is not None and found.threshold == found.before_threshold:
            found = None
        self.store.propose_threshold(found, self.now())

    def _take_threshold(self) -> None:
        """Work by the threshold that people chose; a new one makes a new grouper."""
        used = self.store.used_retuning()
        threshold = used.retuning.threshold if used else None
        if threshold != self._threshold:
            self._threshold, self._grouper = threshold, None

    def _plan(self, items: Sequence[Item]) -> Grouping:
        now = self.now()
        raw = self.meanings.of(items[:BATCH])
        grouper = self._ready(min(item.at for item in items))
        assignments = [grouper.assign(items[:BATCH], now, raw)]
        for batch in _chunks(items[BATCH:], BATCH):
            raw = self.meanings.of(batch)
            if self.stop.is_set() or self.meanings.sense is not grouper.sense:
                break  # the others wait, where the encoder failed for a grouper without
            assignments.append(grouper.assign(batch, now, raw))
        members, known, topics = self._context(assignments)
        return grouper.plan(
            assignments,
            members,
            known,
            topics,
            now,
            origins=self.origins(members),
            led=self.store.headlines(list(members)),
        )

    def _ready(self, oldest: datetime) -> Grouper:
        """Return the grouper, which may have to be made from the store first.

        One that knows words alone, or meanings too, as is the case now.
        """
        if self._grouper is None or self._grouper.sense is not self.meanings.sense:
            self._grouper = self.fresh(oldest)
        self._grouper.topics = self.topics.scorer
        return self._grouper

    def fresh(self, since: datetime | None = None) -> Grouper:
        """Return a grouper that knows the words, and the clusters open at `since`."""
        # NumPy and SciPy cost half a second and 25 MiB: not where nothing waits
        from aggregator.grouping import Grouper

        sense = self.meanings.sense
        grouper = Grouper(
            self.topics.scorer, self.window, self.families, self._threshold, sense
        )
        with many_objects():
            grouper.restore(
                self.store.open_clusters(
                    since - self.window, sense.model if sense else ""
                )
                if since
                else (),
                self.store.last_cluster_id(),
                self.store.term_counts(),
            )
        grouper.obey(self.store.bonds())
        return grouper

    def _context(
        self, assignments: Sequence[Assignment]
    ) -> tuple[
        Mapping[int, Sequence[Item]],
        Mapping[int, Item],
        Mapping[int, Sequence[TopicScore]],
    ]:
        """Read what the touched clusters had before: their items and those' topics."""
        from aggregator.grouping import touched

        members = self.store.newest_members(touched(assignments), COPY_MEMBERS)
        known = self.store.items([id for one in assignments for id in one.moved_items])
        ids = {i.id for items in members.values() for i in items[:TOPIC_MEMBERS]}
        return members, known, self.store.item_topics(sorted(ids | set(known)))

    def origins(self, members: Mapping[int, Sequence[Item]]) -> Mapping[int, int]:
        """Read which text members carry, where a cluster may have more than these."""
        full = [
            item.id
            for items in members.values()
            if len(items) >= COPY_MEMBERS
            for item in items
        ]
        carriers = self.store.carriers(full) if full else {}
        return {item_id: carrier.origin_id for item_id, carrier in carriers.items()}

    def _aside(self, item: Item) -> Grouping:
        document_count = self.store.term_counts()[0]
        decision = Decision(
            item_id=item.id,
            cluster_id=None,
            kind=DecisionKind.SET_ASIDE,
            score=0.0,
            threshold=0.0,
            runner_up_id=None,
            runner_up_score=0.0,
            margin=0.0,
            shared_terms=(),
            rule="clustering this item failed; the log says how",
            config_hash="",
            decided_at=self.now(),
        )
        return Grouping(
            decided_at=self.now(),
            moves=(Moves((decision,)),),
            document_count=document_count,
        )


def _chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
