"""Plans of the clusterer, and topic scores, into SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from aggregator.models import (
    Carrier,
    ClusterUpdate,
    Decision,
    DecisionKind,
    Grouping,
)
from aggregator.store.sqlite_audit import note_audit
from aggregator.store.sqlite_connection import WriteConnection, set_counter, text_of
from aggregator.store.sqlite_headlines import save_headline_changes
from aggregator.store.sqlite_lifecycle import ask_renewal, renew_lives
from aggregator.store.sqlite_memberships import join, merge, recount, split
from aggregator.store.sqlite_topics import save_cluster_topics, save_item_topics
from aggregator.store.sqlite_transfers import note_taken, save_transfers

_JOINS = (DecisionKind.JOINED, DecisionKind.OPENED)


class GroupingWrites(WriteConnection):
    """What changes clusters and topics."""

    def save_grouping(self, grouping: Grouping) -> None:
        """Store a plan, in one go."""
        at = text_of(grouping.decided_at)
        with self._write() as db:
            _save_clusters(db, grouping.clusters, at)
            for moves in grouping.moves:
                _save_decisions(db, moves.decisions)
                for parted in moves.splits:
                    split(db, parted, at)
                for merged in moves.merges:
                    merge(db, merged, at)
                save_transfers(db, moves, grouping.taken, at)
            if grouping.note:
                about = ("clusters", "all")
                note_audit(
                    db,
                    grouping.decided_at,
                    "aggregator recluster",
                    "clustered again",
                    about,
                    grouping.note,
                )
            if grouping.taken is not None:
                note_taken(db, grouping.taken, at)
            _save_vectors(db, grouping)
            _save_carriers(db, grouping.carriers)
            touched = _touched(grouping)
            recount(db, touched)
            renew_lives(db, touched, grouping.decided_at)
            save_item_topics(db, grouping.item_topics)
            save_cluster_topics(
                db,
                {update.state.id: update.topic_scores for update in grouping.clusters},
            )
            db.executemany(
                """
                INSERT INTO term_counts (column, count) VALUES (?, ?)
                ON CONFLICT (column) DO UPDATE SET count = excluded.count
                """,
                grouping.term_counts,
            )
            if grouping.document_count:
                set_counter(db, "document_count", str(grouping.document_count))
            set_counter(db, "last_grouping_at", at)

    def save_carriers(self, carriers: Sequence[Carrier]) -> None:
        """Put these in place of what is known of their items, and count again."""
        with self._write() as db:
            _save_carriers(db, carriers)
            rows = db.execute(
                """
                SELECT DISTINCT cluster_id FROM memberships
                WHERE to_at IS NULL AND item_id IN (SELECT value FROM json_each(?))
                """,
                (json.dumps([carrier.item_id for carrier in carriers]),),
            )
            touched = [row[0] for row in rows]
            recount(db, touched)
            ask_renewal(db, touched)


def _save_clusters(
    db: sqlite3.Connection, updates: Iterable[ClusterUpdate], at: str
) -> None:
    updates = tuple(updates)
    save_headline_changes(db, updates, at)
    db.executemany(
        """
        INSERT INTO clusters (id, headline, words, first_at, last_at)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET
            headline = excluded.headline,
            words = excluded.words,
            first_at = excluded.first_at,
            last_at = excluded.last_at
        """,
        [
            (
                update.state.id,
                update.headline,
                json.dumps(update.words, ensure_ascii=False),
                text_of(update.state.first_at),
                text_of(update.state.last_at),
            )
            for update in updates
        ],
    )
    db.executemany(
        """
        INSERT INTO cluster_vectors (cluster_id, columns, weights, n_terms)
        VALUES (?, ?, ?, ?)
        ON CONFLICT (cluster_id) DO UPDATE SET
            columns = excluded.columns,
            weights = excluded.weights,
            n_terms = excluded.n_terms
        """,
        [
            (state.id, state.columns, state.weights, state.n_terms)
            for state in (update.state for update in updates)
        ],
    )


def _save_decisions(db: sqlite3.Connection, decisions: Sequence[Decision]) -> None:
    db.executemany(
        """
        INSERT INTO decisions
            (item_id, cluster_id, kind, score, threshold, runner_up_id, runner_up_score,
             margin, shared_terms, rule, config_hash, decided_at, who, parts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (
                decision.item_id,
                decision.cluster_id,
                decision.kind,
                decision.score,
                decision.threshold,
                decision.runner_up_id,
                decision.runner_up_score,
                decision.margin,
                json.dumps(
                    [(term.term, term.part) for term in decision.shared_terms],
                    ensure_ascii=False,
                ),
                decision.rule,
                decision.config_hash,
                text_of(decision.decided_at),
                decision.who,
                json.dumps(decision.parts),
            )
            for decision in decisions
        ],
    )
    join(
        db,
        [
            (decision.item_id, decision.cluster_id, text_of(decision.decided_at))
            for decision in decisions
            if decision.kind in _JOINS
        ],
    )
    db.executemany(
        "UPDATE items SET waiting = 0 WHERE id = ?",
        [(decision.item_id,) for decision in decisions if decision.item_id is not None],
    )


def _save_vectors(db: sqlite3.Connection, grouping: Grouping) -> None:
    db.executemany(
        """
        INSERT INTO item_vectors (item_id, at, columns, weights, title)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (item_id) DO UPDATE SET
            columns = excluded.columns,
            weights = excluded.weights,
            title = excluded.title
        """,
        [
            (
                vector.item_id,
                text_of(vector.at),
                vector.columns,
                vector.weights,
                vector.title,
            )
            for vector in grouping.vectors
        ],
    )
    if grouping.model:
        db.executemany(
            """
            INSERT OR REPLACE INTO item_meanings (item_id, model, vector)
            VALUES (?, ?, ?)
            """,
            [(one.item_id, grouping.model, one.meaning) for one in grouping.vectors],
        )
    if grouping.forget_before is not None:
        db.execute(
            "DELETE FROM item_vectors WHERE at < ?", (text_of(grouping.forget_before),)
        )


def _save_carriers(db: sqlite3.Connection, carriers: Sequence[Carrier]) -> None:
    db.executemany(
        """
        INSERT INTO reports
            (item_id, origin_id, containment, evidence, agency, family, voice, at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, at FROM items WHERE id = ?1
        ON CONFLICT (item_id) DO UPDATE SET
            origin_id = excluded.origin_id,
            containment = excluded.containment,
            evidence = excluded.evidence,
            agency = excluded.agency,
            family = excluded.family,
            voice = excluded.voice
        """,
        [
            (
                carrier.item_id,
                carrier.origin_id,
                carrier.containment,
                carrier.evidence,
                carrier.agency,
                carrier.family,
                carrier.voice,
            )
            for carrier in carriers
        ],
    )


def _touched(grouping: Grouping) -> set[int]:
    """Return the clusters whose members a plan changes."""
    touched = {update.state.id for update in grouping.clusters}
    for moves in grouping.moves:
        touched |= {d.cluster_id for d in moves.decisions if d.cluster_id is not None}
        touched |= {split.cluster_id for split in moves.splits}
        touched |= {merge.gone_id for merge in moves.merges}
        touched |= {merge.kept_id for merge in moves.merges}
        touched |= {id for t in moves.transfers for id in (t.from_id, t.to_id)}
    return touched
