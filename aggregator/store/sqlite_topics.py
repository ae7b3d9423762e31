"""Topics and the scores that items and clusters have for them, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.models import Topic, TopicScore
from aggregator.store.sqlite_connection import WriteConnection, text_of


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
                INSERT INTO topics (slug, name, definition) VALUES (?, ?, ?)
                ON CONFLICT (slug) DO UPDATE SET
                    name = excluded.name,
                    definition = excluded.definition,
                    removed_at = NULL
                """,
                [
                    (
                        topic.slug,
                        topic.name,
                        json.dumps(
                            [topic.any, topic.all, topic.none], ensure_ascii=False
                        ),
                    )
                    for topic in topics
                ],
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

    def mark_topics_scored(self) -> None:
        """Note that stored scores are those of today's definitions."""
        with self._write() as db:
            db.execute("UPDATE topics SET scored_definition = definition")


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
