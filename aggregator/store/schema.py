"""The tables, as append-only migrations; the only module that knows sqlite-utils.

A released migration is never edited: what changes is a new one. Times are TEXT
`YYYY-MM-DDTHH:MM:SSZ`, so that they sort, and read well in any SQLite browser.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from aggregator.store import (
    answer_tables,
    brief_tables,
    correction_tables,
    headline_tables,
    meaning_tables,
    message_tables,
    topic_tables,
    trend_tables,
)
from aggregator.store.first_tables import CLUSTERS, FEEDS, ITEMS, SUBSCRIPTIONS, TOPICS
from aggregator.store.life_tables import LIFECYCLE, STORYLINES

APPLICATION_ID = 0x746F7069
"""'topi': a database of another application is refused, not written over."""

migrations = Migrations("aggregator")


@migrations()
def first(db: Database) -> None:
    """Create feeds, items, clusters and topics."""
    for statement in (*FEEDS, *SUBSCRIPTIONS, *ITEMS, *CLUSTERS, *TOPICS):
        db.execute(statement)


@migrations()
def lifecycle(db: Database) -> None:
    """Keep where each cluster's life stands, and how it got there."""
    for statement in LIFECYCLE:
        db.execute(statement)


@migrations()
def audit(db: Database) -> None:
    """Create the log of who did what."""
    db.execute(
        """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            who TEXT NOT NULL,
            action TEXT NOT NULL,
            subject_kind TEXT NOT NULL,
            subject_id TEXT NOT NULL,              -- TEXT: topics have slugs
            note TEXT NOT NULL DEFAULT ''
        ) STRICT
        """
    )


@migrations()
def deliveries(db: Database) -> None:
    """Keep which feed told us all of which stretch of time."""
    for statement in trend_tables.DELIVERIES:
        db.execute(statement)


@migrations()
def trend_times(db: Database) -> None:
    """Copy times to where trends count."""
    for statement in trend_tables.TIMES:
        db.execute(statement)


@migrations()
def topic_profiles(db: Database) -> None:
    """Keep what was learned from the examples of topics."""
    for statement in topic_tables.PROFILES:
        db.execute(statement)


@migrations()
def trend_points(db: Database) -> None:
    """Keep the charts as they were last computed."""
    for statement in trend_tables.POINTS:
        db.execute(statement)


@migrations()
def briefs(db: Database) -> None:
    """Keep briefs, and who has read up to when."""
    for statement in brief_tables.BRIEFS:
        db.execute(statement)


@migrations()
def merged_clusters(db: Database) -> None:
    """Find what was merged into a cluster without looking at every other one."""
    db.execute(
        # save_grouping, for a merge whose kept cluster is merged in turn
        "CREATE INDEX clusters_merged ON clusters (merged_into) "
        "WHERE merged_into IS NOT NULL"
    )


@migrations()
def answers(db: Database) -> None:
    """Keep what people answer about topics, and what is learned from it."""
    for statement in answer_tables.ANSWERS:
        db.execute(statement)


@migrations()
def corrections(db: Database) -> None:
    """Keep what people said about clusters."""
    for statement in correction_tables.CORRECTIONS:
        db.execute(statement)


@migrations()
def title_readings(db: Database) -> None:
    """Keep what an item's title says of itself beside its vector."""
    db.execute("ALTER TABLE item_vectors ADD COLUMN title TEXT NOT NULL DEFAULT ''")


@migrations()
def messages(db: Database) -> None:
    """Keep what is sent, and what topics call about."""
    for statement in message_tables.MESSAGES:
        db.execute(statement)


@migrations()
def decision_parts(db: Database) -> None:
    """Keep what each score is made of."""
    for statement in correction_tables.PARTS:
        db.execute(statement)


@migrations()
def storylines(db: Database) -> None:
    """Keep which cluster tells on which earlier one, and by what words it is found."""
    for statement in STORYLINES:
        db.execute(statement)


@migrations()
def headline_changes(db: Database) -> None:
    """Keep which headlines gave way to others."""
    for statement in headline_tables.HEADLINES:
        db.execute(statement)


@migrations()
def past_memberships(db: Database) -> None:
    """Find where an item was before."""
    for statement in correction_tables.PAST:
        db.execute(statement)


@migrations()
def retunings(db: Database) -> None:
    """Keep the thresholds that corrections speak for."""
    for statement in correction_tables.RETUNINGS:
        db.execute(statement)


@migrations()
def failed_messages(db: Database) -> None:
    """Count what was given up without looking at all that was sent."""
    for statement in message_tables.FAILED:
        db.execute(statement)


@migrations()
def answered_items(db: Database) -> None:
    """Find what is said of an item without looking at all that is said."""
    for statement in answer_tables.ITEMS:
        db.execute(statement)


@migrations()
def meanings(db: Database) -> None:
    """Keep what a sentence encoder made."""
    for statement in meaning_tables.MEANINGS:
        db.execute(statement)


@migrations()
def rescorings(db: Database) -> None:
    """Keep how far scoring again is."""
    for statement in topic_tables.RESCORINGS:
        db.execute(statement)


@migrations()
def definition_times(db: Database) -> None:
    """Keep since when each topic is defined as it is."""
    for statement in topic_tables.DEFINED:
        db.execute(statement)


@migrations()
def missing_examples(db: Database) -> None:
    """Keep which examples were not stored when a topic was learned."""
    for statement in topic_tables.MISSING:
        db.execute(statement)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database up to this version; each step is one transaction."""
    migrations.apply(Database(connection, execute_plugins=False))


def unknown_migrations(connection: sqlite3.Connection) -> list[str]:
    """Return the steps that this program does not know: a newer one took them."""
    database = Database(connection, execute_plugins=False)
    known = {step.name for step in migrations._migrations}
    return [
        step.name for step in migrations.applied(database) if step.name not in known
    ]
