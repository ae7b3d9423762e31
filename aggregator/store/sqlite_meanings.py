"""What a sentence encoder made, in SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import aggregator.store.sqlite_items as items
from aggregator.models import EncoderStage, EncoderState, Item, ItemMeaning
from aggregator.store.sqlite_connection import ReadConnections, WriteConnection


class MeaningReads(ReadConnections):
    """What is asked about encoders."""

    def encoder_state(self) -> EncoderState | None:
        """Return how the encoder is doing, None where none is asked for."""
        row = self._row("SELECT value FROM counters WHERE name = 'encoder'")
        if row is None or not row["value"]:
            return None
        said = json.loads(row["value"])
        return EncoderState(**{**said, "stage": EncoderStage(said["stage"])})

    def meaning_counts(self, model: str) -> tuple[int, int]:
        """Return how many items of the open window have a meaning, and of how many."""
        row = self._rows(
            """
            SELECT count(m.item_id) AS done, count(*) AS total
            FROM item_vectors AS v
            LEFT JOIN item_meanings AS m ON m.item_id = v.item_id AND m.model = ?
            """,
            (model,),
        )[0]
        return row["done"], row["total"]

    def items_without_meaning(self, model: str, limit: int) -> tuple[Item, ...]:
        """Return items of the open window that this model has not read, newest first."""
        rows = self._rows(
            f"""
            SELECT {items.ITEM_COLUMNS}, NULL AS cluster_id
            FROM item_vectors AS v
            JOIN items AS i ON i.id = v.item_id
            JOIN feeds AS f ON f.id = i.feed_id
            WHERE NOT EXISTS (
                SELECT 1 FROM item_meanings AS m
                WHERE m.item_id = v.item_id AND m.model = ?
            )
            ORDER BY v.at DESC, v.item_id DESC
            LIMIT ?
            """,
            (model, limit),
        )
        return tuple(map(items.item_of, rows))

    def newest_meanings(self, model: str, limit: int) -> tuple[bytes, ...]:
        """Return the vectors of the newest items that the model has read."""
        rows = self._rows(
            """
            SELECT vector FROM item_meanings WHERE model = ?
            ORDER BY item_id DESC
            LIMIT ?
            """,
            (model, limit),
        )
        return tuple(row["vector"] for row in rows)

    def common_meaning(self, model: str) -> tuple[bytes, int] | None:
        """Return what a stream's titles have in common (float32), and of how many."""
        row = self._row(
            "SELECT common, title_count FROM encoders WHERE model = ?", (model,)
        )
        return (row["common"], row["title_count"]) if row else None


class MeaningWrites(WriteConnection):
    """What keeps meanings."""

    def save_meanings(self, meanings: Sequence[ItemMeaning]) -> None:
        """Store these in place of what older models made of the items."""
        with self._write() as db:
            db.executemany(
                """
                INSERT INTO item_meanings (item_id, model, vector) VALUES (?, ?, ?)
                ON CONFLICT (item_id) DO UPDATE SET
                    model = excluded.model,
                    vector = excluded.vector
                """,
                [(one.item_id, one.model, one.vector) for one in meanings],
            )

    def save_common_meaning(self, model: str, common: bytes, title_count: int) -> None:
        """Note what the titles have in common, for good."""
        with self._write() as db:
            db.execute(
                """
                INSERT INTO encoders (model, common, title_count) VALUES (?, ?, ?)
                ON CONFLICT (model) DO UPDATE SET
                    common = excluded.common,
                    title_count = excluded.title_count
                """,
                (model, common, title_count),
            )

    def note_encoder(self, state: EncoderState | None) -> None:
        """Note how the encoder is doing; None: none is asked for."""
        with self._write() as db:
            db.execute(
                """
                INSERT INTO counters (name, value) VALUES ('encoder', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """,
                (json.dumps(asdict(state)) if state else "",),
            )
