"""Topics and the scores that items and clusters have for them, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.models import Item, Profile, Topic, TopicScore
from aggregator.sameness import link_hash
from aggregator.store.sqlite_connection import (
    ReadConnections,
    WriteConnection,
    text_of,
    time_or_none,
)
from aggregator.store.sqlite_items import ITEM_COLUMNS, ITEM_TABLES, item_of
from aggregator.text import canonical_url


class TopicReads(ReadConnections):
    """What is asked about topics, and the texts that they are learned from."""

    def stale_topics(self) -> tuple[str, ...]:
        """Return the topics whose stored scores an older definition made."""
        rows = self._rows(
            """
            SELECT slug FROM topics
            WHERE removed_at IS NULL AND definition <> scored_definition
            ORDER BY slug
            """
        )
        return tuple(row["slug"] for row in rows)

    def scored_definitions(self) -> Mapping[str, str]:
        """Return the definition that made each topic's stored scores, by slug."""
        rows = self._rows(
            "SELECT slug, scored_definition FROM topics WHERE removed_at IS NULL"
        )
        return {row["slug"]: row["scored_definition"] for row in rows}

    def defined_at(self, slug: str) -> datetime | None:
        """Return since when a topic's definition is what it is, where that is known."""
        row = self._row("SELECT defined_at FROM topics WHERE slug = ?", (slug,))
        return time_or_none(row["defined_at"]) if row else None

    def topic_profiles(self) -> Mapping[str, Profile]:
        """Return what was learned from the examples of topics, by slug."""
        rows = self._rows(
            "SELECT slug, examples, weights, half, text_count, missing FROM topic_profiles"
        )
        return {
            row["slug"]: Profile(
                tuple(json.loads(row["examples"])),
                json.loads(row["weights"]),
                row["half"],
                row["text_count"],
                tuple(json.loads(row["missing"])),
            )
            for row in rows
        }

    def newest_texts(self, limit: int) -> tuple[tuple[str, str], ...]:
        """Return title and summary of the newest items."""
        rows = self._rows(
            "SELECT title, summary FROM items ORDER BY at DESC, id DESC LIMIT ?",
            (limit,),
        )
        return tuple((row["title"], row["summary"]) for row in rows)

    def count_items(self, limit: int) -> int:
        """Count the items stored, up to `limit`."""
        row = self._rows(
            "SELECT count(*) AS n FROM (SELECT 1 FROM items LIMIT ?)", (limit,)
        )[0]
        return int(row["n"])

    def items_at(self, urls: Sequence[str]) -> Mapping[str, Item]:
        """Return the stored items with these addresses, the newest of each."""
        pages = {_page(url): url for url in urls}
        # feed by feed, for the index on (feed_id, link_hash)
        rows = self._rows(
            f"""
            SELECT {ITEM_COLUMNS}, m.cluster_id FROM {ITEM_TABLES}
            WHERE i.feed_id IN (SELECT id FROM feeds)
                AND i.link_hash IN (SELECT value FROM json_each(?))
            ORDER BY i.at, i.id
            """,
            (json.dumps([link_hash(canonical_url(url)) for url in urls]),),
        )
        items = map(item_of, rows)
        return {pages[p]: item for item in items if (p := _page(item.url)) in pages}


class TopicWrites(WriteConnection):
    """What changes topics and their scores."""

    def sync_topics(self, topics: Sequence[Topic], now: datetime) -> None:
        """Make the stored topics those of feeds.yaml."""
        with self._write() as db:
            db.execute(
                """
                UPDATE topics SET removed_at = ?
                WHERE removed_at IS NULL
                    AND slug NOT IN (SELECT value FROM json_each(?))
                """,
                (text_of(now), json.dumps([topic.slug for topic in topics])),
            )
            db.executemany(
                """
                INSERT INTO topics (slug, name, definition, defined_at)
                VALUES (?, ?, ?, ?)
                ON CONFLICT (slug) DO UPDATE SET
                    name = excluded.name,
                    defined_at = CASE WHEN definition = excluded.definition
                        THEN defined_at ELSE excluded.defined_at END,
                    definition = excluded.definition,
                    -- what came while it was no topic has no score
                    scored_definition = CASE
                        WHEN removed_at IS NULL THEN scored_definition ELSE '' END,
                    removed_at = NULL
                """,
                [
                    (
                        topic.slug,
                        topic.name,
                        topic.definition,
                        text_of(now),
                    )
                    for topic in topics
                ],
            )

    def save_profiles(self, profiles: Mapping[str, Profile]) -> None:
        """Keep what was learned, in place of what was known of these topics.

        Their stored scores are stale from then on.
        """
        with self._write() as db:
            db.executemany(
                """
                INSERT OR REPLACE INTO topic_profiles
                    (slug, examples, weights, half, text_count, missing)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [
                    (
                        slug,
                        json.dumps(profile.examples, ensure_ascii=False),
                        json.dumps(profile.weights, ensure_ascii=False),
                        profile.half,
                        profile.text_count,
                        json.dumps(profile.missing),
                    )
                    for slug, profile in profiles.items()
                ],
            )
            db.executemany(
                "UPDATE topics SET scored_definition = '' WHERE slug = ?",
                [(slug,) for slug in profiles],
            )

    def save_topic_scores(
        self,
        items: Mapping[int, tuple[TopicScore, ...]],
        clusters: Mapping[int, tuple[TopicScore, ...]],
    ) -> None:
        """Put these scores in place of all that the items and clusters had."""
        with self._write() as db:
            save_item_topics(db, items)
            save_cluster_topics(db, clusters)


def _page(url: str) -> str:
    """An address whatever its scheme."""
    return canonical_url(url).partition("://")[2]


def _values(owner_id: int, score: TopicScore) -> tuple[object, ...]:
    return (
        owner_id,
        score.slug,
        score.score,
        int(score.is_match),
        json.dumps(score.matched, ensure_ascii=False),
        json.dumps(score.parts),
    )


def save_item_topics(
    db: sqlite3.Connection, scores: Mapping[int, tuple[TopicScore, ...]]
) -> None:
    """Put these scores in place of all that the items had."""
    db.executemany(
        "DELETE FROM item_topics WHERE item_id = ?", [(item_id,) for item_id in scores]
    )
    db.executemany(
        """
        INSERT INTO item_topics
            (item_id, slug, score, is_match, matched, parts, at, feed_id)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, at, feed_id FROM items WHERE id = ?1
        """,
        [_values(owner, score) for owner, found in scores.items() for score in found],
    )


def save_cluster_topics(
    db: sqlite3.Connection, scores: Mapping[int, tuple[TopicScore, ...]]
) -> None:
    """Put these scores in place of all that the clusters had."""
    db.executemany(
        "DELETE FROM cluster_topics WHERE cluster_id = ?",
        [(cluster_id,) for cluster_id in scores],
    )
    db.executemany(
        """
        INSERT INTO cluster_topics
            (cluster_id, slug, score, is_match, matched, parts, last_at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, last_at FROM clusters
        WHERE id = ?1 AND merged_into IS NULL
        """,
        [_values(owner, score) for owner, found in scores.items() for score in found],
    )
