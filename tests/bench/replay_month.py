"""A month of twenty real feeds through the real pipeline, as fast as it goes."""

from __future__ import annotations

import argparse
import hashlib
import logging
import re
import sqlite3
import sys
import tarfile
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.etree import ElementTree

from aggregator.config import Settings
from aggregator.models import FeedConfig
from aggregator.pipeline import Pipeline
from aggregator.store import open_store
from tests.feedhouse import FeedHouse, feed_house

ARCHIVE = Path(__file__).parents[3] / "shared" / "replay" / "sept2021.tar.xz"
_ITEM = re.compile(rb"<(item|entry)[\s>].*?</\1\s*>", re.S)


@dataclass(frozen=True)
class Served:
    """A document as a feed served it at a moment."""

    at: datetime
    feed: str
    body: bytes


@dataclass
class Count:
    """What we ourselves find in a feed's documents, without the aggregator."""

    guids: set[str] = field(default_factory=set)
    titles: dict[str, str] = field(default_factory=dict)
    edits: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay the month; return 1 where what is stored is not what was said."""
    parser = argparse.ArgumentParser(prog="replay", description=__doc__)
    parser.add_argument("--archive", type=Path, default=ARCHIVE)
    parser.add_argument("--data", type=Path, help="where the database stays")
    parser.add_argument("--documents", type=int, help="only the first so many")
    options = parser.parse_args(arguments)
    logging.getLogger("aggregator").setLevel(logging.ERROR)  # verdicts come in sum
    if options.data:
        options.data.mkdir(parents=True, exist_ok=True)
        return replay(options.archive, options.data / "replay.db", options.documents)
    with tempfile.TemporaryDirectory() as folder:
        return replay(options.archive, Path(folder) / "replay.db", options.documents)


def replay(archive: Path, database: Path, most: int | None = None) -> int:
    """Serve, poll and cluster documents in their order; print what came of it."""
    documents = read_archive(archive)[:most]
    feeds = sorted({one.feed for one in documents})
    moment = documents[0].at
    began, used = time.perf_counter(), time.process_time()
    with feed_house() as house, closing(open_store(database)) as store:
        settings = Settings(
            allow_private=(f"127.0.0.1:{house.port}",),
            per_host_spacing=timedelta(0),
            per_host_concurrency=8,
            feeds=tuple(FeedConfig(house.url(feed), feed) for feed in feeds),
        )
        pipeline = Pipeline(store, settings, now=lambda: moment)
        step_count = 0
        for step in steps(documents):
            for one in step:
                serve(house, one)
            moment = max(moment, step[-1].at)
            pipeline.cycle(due_only=False)
            step_count += 1
        pipeline.close()
        unconditional = unconditional_requests(house)
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print(
        f"{len(documents)} documents of {len(feeds)} feeds in {step_count} rounds:"
        f" {took:.1f} s, {cpu:.1f} s of CPU here, {len(house.asked)} requests"
    )
    with closing(sqlite3.connect(database)) as db:
        problems = [*compared(db, documents), *integrity(db)]
        verdicts(db)
    print(f"unconditional requests after a feed's first answer: {unconditional}")
    if unconditional:
        problems.append("requests were not conditional")
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


def read_archive(path: Path) -> list[Served]:
    """Return all documents, oldest first."""
    documents: list[Served] = []
    with tarfile.open(path) as tar:
        for member in tar:
            found = re.fullmatch(r"([^/]+)/(\d{8}T\d{6})Z\.xml", member.name)
            file = tar.extractfile(member) if found else None
            if found and file:
                at = datetime.strptime(found[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
                documents.append(Served(at, found[1], file.read()))
    return sorted(documents, key=lambda one: (one.at, one.feed))


def steps(documents: Sequence[Served]) -> Iterator[list[Served]]:
    """Yield documents together while no feed has two: each is seen in a round.

    The first round is of every feed's first document: none is asked in vain before it
    has one.
    """
    first = {one.feed: one for one in reversed(documents)}
    yield list(first.values())
    step: list[Served] = []
    for one in documents:
        if one is first[one.feed]:
            continue
        if any(other.feed == one.feed for other in step):
            yield step
            step = []
        step.append(one)
    yield step


def serve(house: FeedHouse, one: Served) -> None:
    """Have a feed say this from now on."""
    house.serve(
        one.feed,
        one.body,
        ETag=f'"{hashlib.blake2b(one.body, digest_size=8).hexdigest()}"',
        Last_Modified=format_datetime(one.at, usegmt=True),
        Content_Type="application/xml",
    )


def unconditional_requests(house: FeedHouse) -> int:
    """Return how often a feed was asked without validators after its first answer."""
    known: set[str] = set()
    count = 0
    for asked in house.asked:
        count += asked.path in known and "If-None-Match" not in asked.headers
        known.add(asked.path)
    return count


def own_counts(documents: Sequence[Served]) -> dict[str, Count]:
    """Count what the documents say, item by item and with no other parser's help."""
    counts: dict[str, Count] = defaultdict(Count)
    for one in documents:
        count = counts[one.feed]
        for guid, title in said_items(one.body):
            count.guids.add(guid)
            count.edits += count.titles.get(guid, title) != title
            count.titles[guid] = title
    return counts


def said_items(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield (guid or link, title) of every item that a document holds whole."""
    for match in _ITEM.finditer(body):
        text = re.sub(rb"<(/?)[\w.-]+:([\w.-]+)", rb"<\1ns_\2", match[0])
        text = re.sub(rb"\s[\w.-]+:([\w.-]+\s*=)", rb" ns_\1", text)
        try:
            item = ElementTree.fromstring(text)  # noqa: S314 - a fixed archive
        except ElementTree.ParseError:
            continue
        said = {child.tag: (child.text or "").strip() for child in reversed(item)}
        link = said.get("link") or ""
        guid = said.get("guid") or said.get("id") or link
        title = " ".join("".join(item.find("title").itertext()).split())  # type: ignore[union-attr]
        yield guid or title, title


def compared(db: sqlite3.Connection, documents: Sequence[Served]) -> Iterator[str]:
    """Print what was said and what is stored, feed by feed; yield what is missing."""
    own = own_counts(documents)
    items = dict(
        db.execute(
            """
            SELECT feeds.name, count(items.id) FROM feeds
            LEFT JOIN items ON items.feed_id = feeds.id
            GROUP BY feeds.name
            """
        )
    )
    revisions = dict(
        db.execute(
            """
            SELECT name, sum(is_new_title) FROM (
                SELECT feeds.name, lead(r.title, 1, items.title)
                    OVER (PARTITION BY r.item_id ORDER BY r.id) <> r.title AS is_new_title
                FROM item_revisions AS r
                JOIN items ON items.id = r.item_id
                JOIN feeds ON feeds.id = items.feed_id
            )
            GROUP BY name
            """
        )
    )
    print(f"{'feed':24} {'guids':>6} {'items':>6} {'edited':>6} {'revised':>7}")
    rows = [
        (
            name,
            len(own[name].guids),
            items[name],
            own[name].edits,
            revisions.get(name, 0),
        )
        for name in sorted(items)
    ]
    total = ("all", *(sum(row[n] for row in rows) for n in range(1, 5)))
    for name, guids, stored, edits, revised in [*rows, total]:
        print(f"{name:24} {guids:6} {stored:6} {edits:6} {revised:7}")
        if (guids, edits) != (stored, revised) and name != "all":
            yield f"{name}: {guids} guids, {stored} items; {edits} edits, {revised} kept"


def integrity(db: sqlite3.Connection) -> Iterator[str]:
    """Yield what must never be: broken pages, orphans, items that no search finds."""
    checks: dict[str, Callable[[], bool]] = {
        "integrity_check": lambda: _one(db, "PRAGMA integrity_check") == "ok",
        "foreign_key_check": lambda: (
            not db.execute("PRAGMA foreign_key_check").fetchall()
        ),
        "every item is clustered": lambda: (
            _one(db, "SELECT count(*) FROM items WHERE waiting = 1") == 0
        ),
        "feeds count their items": lambda: (
            _one(db, "SELECT sum(item_count) FROM feeds")
            == _one(db, "SELECT count(*) FROM items")
        ),
    }
    for name, holds in checks.items():
        if not holds():
            yield name


def _one(db: sqlite3.Connection, sql: str) -> object:
    return db.execute(sql).fetchone()[0]


def verdicts(db: sqlite3.Connection) -> None:
    """Print what was said of documents that are not as they should be."""
    kinds: Counter[tuple[str, str]] = Counter()
    for outcome, text in db.execute(
        "SELECT outcome, error || warning FROM polls WHERE error <> '' OR (warning <> '' AND outcome = 'ok')"
    ):
        kinds[outcome, re.sub(r"\d+", "N", text)[:110]] += 1
    for (outcome, text), count in kinds.most_common():
        print(f"{count:5} x {outcome}: {text}")


if __name__ == "__main__":
    sys.exit(main())
