"""A service without a network: items told in a line, clustered, corrected by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.config import Settings
from aggregator.models import (
    Asked,
    CorrectionKind,
    Entry,
    FeedConfig,
    Item,
    Outcome,
    Poll,
)
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from tests.sample import NOW

EVENTS = {
    "ferry": "ferry harbour strike captain timetable passengers stranded union dock pier",
    "quake": "earthquake tremor magnitude rubble rescue village collapse survivors hills",
    "court": "judge verdict appeal fraud banker sentence prosecutor courtroom jury trial",
    "flood": "river flood levee sandbags evacuation rainfall dam overflow valley bridge",
    "chess": "chess champion tournament gambit grandmaster endgame blunder clock opening",
}
"""Words of events that have none in common."""


class Newsroom:
    """One store and the pipeline over it; always `NOW`, until told otherwise."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOW
        self.store: Store = open_store(path)
        self.restart()
        self.count = 0

    def restart(self) -> None:
        """Go on in a new process, as it were."""
        feeds = (FeedConfig("https://one.example/feed", "One"),)
        self.pipeline = Pipeline(
            self.store, Settings(feeds=feeds), now=lambda: self.now
        )

    def close(self) -> None:
        """End it."""
        self.pipeline.close()
        self.store.close()

    def tell(
        self, event: str, count: int = 1, *, start: int = 0, at: datetime | None = None
    ) -> None:
        """Store reports of an event, each of six of its words; words may be given, too."""
        words = EVENTS.get(event, event).split()
        entries = []
        for n in range(start, start + count):
            said = [words[(n + k) % len(words)] for k in range(min(6, len(words)))]
            self.count += 1
            entries.append(
                Entry(
                    str(self.count),
                    "",
                    " ".join(said),
                    f"{event} {self.count}",
                    published_at=at or self.now - timedelta(minutes=200 - self.count),
                )
            )
        poll = Poll(1, NOW, NOW, Outcome.OK, None, status=200, entries=tuple(entries))
        self.store.save_poll(poll)

    def tick(self) -> None:
        """Follow corrections and cluster what waits."""
        self.pipeline.groups.run()

    def correct(
        self,
        kind: CorrectionKind,
        cluster: int,
        other: int | None = None,
        items: Iterable[int] = (),
        who: str = "ana",
    ) -> int:
        """Say something of a cluster, and have it followed."""
        asked = Asked(kind, cluster, other, tuple(items))
        id = self.store.correct(asked, who, self.now)
        self.tick()
        return id

    def undo(self, correction_id: int) -> None:
        """Take it back, and have that followed."""
        self.store.undo_correction(correction_id, "ben", self.now)
        self.tick()

    def items(self) -> list[Item]:
        """Return all items, oldest first."""
        found = self.store.feed_items(1, limit=100_000)
        return sorted(found, key=lambda item: item.id)

    def places(self) -> dict[int, int | None]:
        """Return which cluster each item is in."""
        return {item.id: item.cluster_id for item in self.items()}

    def of(self, event: str) -> dict[int, list[int]]:
        """Return the clusters that hold reports of an event, with those."""
        found: dict[int, list[int]] = {}
        for item in self.items():
            if item.summary.startswith(event):
                found.setdefault(item.cluster_id or 0, []).append(item.id)
        return found

    def only(self, event: str) -> int:
        """Return the cluster that holds all reports of an event."""
        (id,) = self.of(event)
        return id
