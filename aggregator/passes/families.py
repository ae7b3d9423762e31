"""A new table of publisher families -> the last month's sources, a little each cycle."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.config import Settings
from aggregator.copies.families import Families
from aggregator.copies.reports import renamed
from aggregator.models import FAMILIES, Rescoring
from aggregator.passes.topics import RESCORE
from aggregator.stopping import turns
from aggregator.store import Store

log = logging.getLogger(__name__)

BATCH = 500


class FamilyPass:
    """Names again who published each item, where the table of families is another."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
        slice: timedelta = timedelta(seconds=1),
    ) -> None:
        """`slice` is the part of a cycle in which sources may be counted again."""
        self.store = store
        self.families = Families(settings.families)
        self.now = now
        self.stop = stop
        self.slice = slice

    def run(self) -> int:
        """Count a slice of the last month again; return items.

        The store knows how far that is, and the next slice goes on from there, also
        after a restart. What comes meanwhile is counted as it is clustered.
        """
        count = 0
        for _ in turns(self.slice, self.stop):
            work = self._work()
            if work is None:
                break
            count += self._advance(work)
        return count

    def _work(self) -> Rescoring | None:
        """Return what is to be counted again, None where all is by this table."""
        version = self.families.version
        if self.store.families_version() == version:
            return None
        work = self.store.rescorings().get(FAMILIES)
        if work is None or work.wanted != version:
            now = self.now()
            work = self.store.begin_rescoring(FAMILIES, version, now - RESCORE, now)
            log.info("renewing families items=%d", work.item_count)
        return work

    def _advance(self, work: Rescoring) -> int:
        """Name the sources of the next items; return how many items."""
        items = self.store.items_to_rescore(work, BATCH)
        if items:
            known = self.store.carriers([item.id for item in items])
            firsts = self.store.items([c.origin_id for c in known.values()])
            self.store.save_carriers(
                [
                    renamed(known[item.id], item, firsts, self.families)
                    for item in items
                    if item.id in known
                ]
            )
            # at last: a process that ends before does the same again
            last = items[-1]
            self.store.note_rescored(FAMILIES, (last.at, last.id), len(items))
        if len(items) < BATCH:
            self.store.end_rescoring(FAMILIES)
            log.info("renewed families items=%d", work.done_count + len(items))
        return len(items)
