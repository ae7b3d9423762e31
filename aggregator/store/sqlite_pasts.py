"""Clusters as they were at a past moment, in SQLite."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aggregator.store.sqlite_items as items
from aggregator.models import Cluster, ClusterCard, ClusterPast, Item, Standing
from aggregator.store.sqlite_cluster_rows import CLUSTER_COLUMNS, cluster_of
from aggregator.store.sqlite_clusters import ClusterReads
from aggregator.store.sqlite_connection import text_of
from aggregator.store.sqlite_headlines import HeadlineReads

NEAR = 0.25
"""What scores less has not just missed a topic."""


@dataclass(slots=True)
class _Known:
    """What was known of a cluster's present items, and who told something new since."""

    items: set[int] = field(default_factory=set)
    texts: set[int] = field(default_factory=set)
    voices: set[str] = field(default_factory=set)
    later: list[tuple[int, str]] = field(default_factory=list)

    @property
    def added(self) -> set[str]:
        """Whose texts came that were not known: a copy of a known one is no news."""
        return {voice for text, voice in self.later if text not in self.texts}


class PastReads(ClusterReads, HeadlineReads):
    """What a brief asks about clusters, now and then."""

    def first_items(self, cluster_ids: Sequence[int]) -> Mapping[int, Item]:
        """Return the first item of each of these clusters."""
        rows = self._rows(
            """
            SELECT i.id, min(i.at)  -- beside min(), SQLite takes the id of its row
            FROM memberships AS m JOIN items AS i ON i.id = m.item_id
            WHERE m.cluster_id IN (SELECT value FROM json_each(?))
                AND m.to_at IS NULL
            GROUP BY m.cluster_id
            """,
            (json.dumps(list(cluster_ids)),),
        )
        found = self._items_of([row["id"] for row in rows])
        return {item.cluster_id: item for item in found if item.cluster_id is not None}

    def _items_of(self, item_ids: Sequence[int]) -> Iterable[Item]:
        rows = self._rows(
            f"""
            SELECT {items.ITEM_COLUMNS}, m.cluster_id FROM {items.ITEM_TABLES}
            WHERE i.id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(list(item_ids)),),
        )
        return map(items.item_of, rows)

    def near_misses(
        self, slug: str, since: datetime, limit: int = 5
    ) -> tuple[ClusterCard, ...]:
        """Return clusters active `since` that just missed a topic, the nearest first."""
        rows = self._rows(
            f"""
            SELECT {CLUSTER_COLUMNS}
            FROM cluster_topics AS t JOIN clusters AS c ON c.id = t.cluster_id
            WHERE t.slug = :slug AND t.is_match = 0 AND t.last_at >= :since
                AND t.score >= :near AND c.merged_into IS NULL
                AND c.id NOT IN (
                    SELECT cluster_id FROM answers
                    WHERE slug = :slug AND ended_at IS NULL AND cluster_id IS NOT NULL
                )
            ORDER BY t.score DESC, c.independent_count DESC, t.last_at DESC, c.id
            LIMIT :limit
            """,
            {"slug": slug, "since": text_of(since), "near": NEAR, "limit": limit},
        )
        return self._cards(rows, 1)

    def aside_count(self, since: datetime) -> int:
        """Return how many items could not be clustered `since` then."""
        row = self._row(
            """
            SELECT count(*) AS n FROM decisions
            WHERE kind = 'set_aside' AND decided_at >= ?
            """,
            (text_of(since),),
        )
        return int(row["n"]) if row else 0

    def standings(
        self, cluster_ids: Sequence[int], at: datetime
    ) -> Mapping[int, Standing]:
        """Return what was known `at` of each cluster, and who told more since."""
        known = self._known(cluster_ids, at, self._moved_items(at))
        return {
            cluster_id: Standing(len(found.voices), len(found.added))
            for cluster_id, found in known.items()
        }

    def _moved_items(self, at: datetime) -> set[int]:
        """Return the items that were in another cluster `at` a time."""
        return {row["item_id"] for row in self._moves(at)}

    def _moves(self, since: datetime) -> Sequence[Mapping[str, int]]:
        """Return which items left which cluster later; and where they are now."""
        return self._rows(  # type: ignore[return-value]
            """
            SELECT m.item_id, m.cluster_id AS old_id, n.cluster_id AS new_id
            FROM memberships AS m
            JOIN memberships AS n ON n.item_id = m.item_id AND n.to_at IS NULL
            WHERE m.to_at > :at AND m.from_at <= :at
            """,
            {"at": text_of(since)},
        )

    def _known(
        self, cluster_ids: Collection[int], at: datetime, moved: Collection[int]
    ) -> Mapping[int, _Known]:
        rows = self._rows(
            f"""
            SELECT m.cluster_id, m.item_id, coalesce(r.voice, {items.SOURCE}) AS voice,
                coalesce(r.origin_id, m.item_id) AS text,
                m.from_at <= :at
                    OR m.item_id IN (SELECT value FROM json_each(:moved)) AS is_known
            FROM memberships AS m
            JOIN items AS i ON i.id = m.item_id
            JOIN feeds AS f ON f.id = i.feed_id
            LEFT JOIN reports AS r ON r.item_id = m.item_id
            WHERE m.cluster_id IN (SELECT value FROM json_each(:ids))
                AND m.to_at IS NULL
            """,
            {
                "ids": json.dumps(sorted(cluster_ids)),
                "at": text_of(at),
                "moved": json.dumps(sorted(moved)),
            },
        )
        found: dict[int, _Known] = defaultdict(_Known)
        for row in rows:
            known = found[row["cluster_id"]]
            if row["is_known"]:
                known.items.add(row["item_id"])
                known.texts.add(row["text"])
                known.voices.add(row["voice"])
            else:
                known.later.append((row["text"], row["voice"]))
        return found

    def changed_clusters(self, since: datetime) -> tuple[ClusterPast, ...]:
        """Return the clusters that were known at `since` and were touched later, by id."""
        moves = self._moves(since)
        moved = {row["item_id"] for row in moves}
        ids = self._grown(since)
        ids |= {row["old_id"] for row in moves} | {row["new_id"] for row in moves}
        clusters = self._clusters_of(ids | {row["old_id"] for row in moves})
        known = self._known(ids, since, moved)
        children: dict[int, set[int]] = defaultdict(set)
        merged: dict[int, set[int]] = defaultdict(set)
        for old_id, new_id in {(row["old_id"], row["new_id"]) for row in moves}:
            if clusters[old_id].merged_into is not None:
                merged[new_id].add(old_id)
            elif clusters[new_id].split_from == old_id:
                children[old_id].add(new_id)
        born = set().union(*children.values())
        quiet = self._revived(since)
        headlines: dict[int, str] = {}
        for change in self.headline_changes(sorted(ids), since):
            if change.changed_at > since:
                headlines.setdefault(change.cluster_id, change.old)
        live = [c for c in clusters.values() if c.merged_into is None]
        topics = self._topics_of([cluster.id for cluster in live])

        def listed(ids: Iterable[int]) -> tuple[Cluster, ...]:
            return tuple(clusters[cluster_id] for cluster_id in sorted(ids))

        return tuple(
            ClusterPast(
                cluster,
                Standing(len(known[cluster.id].voices), len(known[cluster.id].added)),
                topics.get(cluster.id, ()),
                listed(children[cluster.id]),
                listed(merged[cluster.id]),
                headlines.get(cluster.id, ""),
                quiet.get(cluster.id),
                known_items=frozenset(known[cluster.id].items),
            )
            for cluster in sorted(live, key=lambda cluster: cluster.id)
            if known[cluster.id].items and cluster.id not in born
        )

    def _revived(self, since: datetime) -> Mapping[int, timedelta]:
        """Return how long clusters that came back since had been silent."""
        rows = self._rows(
            """
            SELECT cluster_id, max(quiet_seconds) AS seconds
            FROM state_changes INDEXED BY state_changes_from
            WHERE from_at > ? AND quiet_seconds IS NOT NULL
            GROUP BY cluster_id
            """,
            (text_of(since),),
        )
        return {row["cluster_id"]: timedelta(seconds=row["seconds"]) for row in rows}

    def _grown(self, since: datetime) -> set[int]:
        rows = self._rows(
            """
            SELECT DISTINCT m.cluster_id
            FROM memberships AS m INDEXED BY memberships_from
            JOIN clusters AS c ON c.id = m.cluster_id
            WHERE m.to_at IS NULL AND m.from_at > ? AND c.independent_count > 1
                AND c.merged_into IS NULL
            """,
            (text_of(since),),
        )
        return {row["cluster_id"] for row in rows}

    def _clusters_of(self, ids: Collection[int]) -> dict[int, Cluster]:
        rows = self._rows(
            f"""
            SELECT {CLUSTER_COLUMNS} FROM clusters AS c
            WHERE c.id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(sorted(ids)),),
        )
        return {row["id"]: cluster_of(row) for row in rows}
