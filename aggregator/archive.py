"""A file of items through the same engine: JSON lines in, JSON lines out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from aggregator.clustering.meaning import Sense
from aggregator.config import Settings
from aggregator.encoding import open_meanings
from aggregator.errors import AggregatorError
from aggregator.grouping import Grouper
from aggregator.limits import EXAMPLE_TEXTS, Limits
from aggregator.models import Item, Lesson, Profile, Said, Topic
from aggregator.text import clean_title, plain_text
from aggregator.topics import (
    TopicMatcher,
    TopicScorer,
    compile_topics,
    examples_of,
    is_enough,
    learn,
)
from aggregator.topics.answered import EACH_FROM, RANKS_FROM
from aggregator.topics.lessons import learn_lesson

BATCH = 500


class ArchiveError(AggregatorError):
    """A line of the file cannot be used; the message names file and line."""


def read_items(path: Path) -> Iterator[tuple[Any, Item]]:
    """Yield (id as written, item) for each line; raises `ArchiveError`.

    A line is an object with `id`, `title` and `published` (ISO 8601), and optionally
    `summary`, `url` and `source`. A path that ends in .gz is unpacked.
    """
    for number, row in _read_rows(path):
        yield _item(row, number, path)


def _read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line that is not blank."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _row(line, f"{path}:{number}")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise ArchiveError(f"{path}: {error}") from error


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ArchiveError(f"{where}: no JSON: {error}") from error
    if not isinstance(row, dict):
        raise ArchiveError(f"{where}: must be an object, {{…}}")
    return row


def _item(row: Mapping[str, Any], number: int, path: Path) -> tuple[Any, Item]:
    where = f"{path}:{number}"
    for key in ("id", "title", "published"):
        if key not in row:
            raise ArchiveError(f"{where}: has no '{key}'")
    try:
        at = datetime.fromisoformat(str(row["published"]))
    except ValueError as error:
        raise ArchiveError(
            f"{where}: published: '{row['published']}' is no time such as 2026-01-31T08:00:00Z"
        ) from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return row["id"], Item(
        id=number,
        feed_id=0,
        feed_name=str(row.get("source", "")),
        source=str(row.get("source", "")),
        url=str(row.get("url", "")),
        title=clean_title(str(row["title"] or "")),
        summary=plain_text(str(row.get("summary") or ""), Limits().text_chars),
        author="",
        published_at=at,
        first_seen_at=at,
        at=at,
    )


def cluster_archive(path: Path, settings: Settings) -> Iterator[Mapping[str, Any]]:
    """Cluster a file of items in the order of `published`; yield `id cluster` rows.

    Raises `EncodingError` where the settings name an encoder that is missing or fails.
    """
    rows = sorted(read_items(path), key=lambda row: (row[1].at, row[1].id))
    names = {item.id: name for name, item in rows}
    meanings = open_meanings(settings) if settings.semantic.model else None
    scorer = TopicScorer(compile_topics(()))
    grouper = Grouper(scorer, settings.cluster_window)
    clusters: dict[int, set[int]] = {}
    for start in range(0, len(rows), BATCH):
        batch = [item for _, item in rows[start : start + BATCH]]
        raw = meanings.of(batch) if meanings else None
        if meanings and raw is not None and not start:
            sense = Sense(meanings.model, meanings.common(raw))
            grouper = Grouper(scorer, settings.cluster_window, sense=sense)
        assignment = grouper.assign(batch, batch[-1].at, raw)
        for join in assignment.joins:
            clusters.setdefault(join.cluster_id or 0, set()).add(join.item_id or 0)
        for moves in assignment.moves:
            for split in moves.splits:
                clusters[split.cluster_id] -= set(split.item_ids)
                clusters[split.child_id] = set(split.item_ids)
            for merge in moves.merges:
                clusters[merge.kept_id] |= clusters.pop(merge.gone_id)
    labels = {item_id: label for label, ids in clusters.items() for item_id in ids}
    for item_id, name in names.items():
        yield {"id": name, "cluster": labels[item_id]}


def score_archive(
    path: Path, topic: Topic, answers: Path | None = None
) -> Iterator[Mapping[str, Any]]:
    """Score a file of items for one topic; yield `id topic score match matched` rows.

    What examples are like is learned from the file's own items. `answers` is a file of
    `id answer` lines (yes or no) on items of the first: what they teach counts for
    every item, and what they say of single items for none.
    """
    scorer = TopicScorer(compile_topics((topic,), _learned(path, topic)))
    if answers is not None:
        lesson = _lesson(path, answers, scorer.matcher)
        scorer = TopicScorer(scorer.matcher, Said({}, {}, {topic.slug: lesson}))
    for name, item in read_items(path):
        scores = scorer.item(item)
        best = scores[0] if scores else None
        yield {
            "id": name,
            "topic": topic.slug,
            "score": best.score if best else 0.0,
            "match": best.is_match if best else False,
            "matched": list(best.matched) if best else [],
        }


def _learned(path: Path, topic: Topic) -> Mapping[str, Profile]:
    if not topic.examples:
        return {}
    items = [item for _, item in islice(read_items(path), EXAMPLE_TEXTS)]
    stored = {item.url: (item.title, item.summary) for item in items}
    return learn((topic,), ((i.title, i.summary) for i in items), stored)


def _lesson(path: Path, answers: Path, matcher: TopicMatcher) -> Lesson:
    """Learn from a file of answers on the items of another; needs enough of them."""
    said = dict(_read_answers(answers))
    items = {name: item for name, item in read_items(path) if name in said}
    if missing := said.keys() - items.keys():
        raise ArchiveError(f"{answers}: no item of {path} has the id {missing.pop()!r}")
    yes_count = sum(said.values())
    if not is_enough(yes_count, len(said) - yes_count):
        raise ArchiveError(
            f"{answers}: {yes_count} yes and {len(said) - yes_count} no teach nothing; "
            f"give {RANKS_FROM} answers, {EACH_FROM} of either kind among them"
        )
    (topic,) = matcher.topics
    given = [
        (number, is_yes, [items[name]])
        for number, (name, is_yes) in enumerate(said.items())
    ]
    return learn_lesson(examples_of(matcher, topic.slug, given), topic.threshold)


def _read_answers(path: Path) -> Iterator[tuple[Any, bool]]:
    for number, row in _read_rows(path):
        said = row.get("answer")
        if "id" not in row or said not in ("yes", "no"):
            raise ArchiveError(
                f'{path}:{number}: must be {{"id": …, "answer": "yes" or "no"}}'
            )
        yield row["id"], said == "yes"
