"""The tables of clusters' lives: statements that are never edited again."""

from __future__ import annotations

LIFECYCLE = (
    "ALTER TABLE clusters ADD COLUMN state TEXT NOT NULL DEFAULT 'emerging'",
    # by the times of its reports
    "ALTER TABLE clusters ADD COLUMN state_since TEXT",
    # when the state may change because time passes; '': to be looked at; NULL: never
    "ALTER TABLE clusters ADD COLUMN state_due_at TEXT",
    "UPDATE clusters SET state_since = first_at",
    "UPDATE clusters SET state_due_at = '' WHERE merged_into IS NULL",
    # renew_states
    "CREATE INDEX clusters_due ON clusters (state_due_at) WHERE state_due_at IS NOT NULL",
    # clusters of one state
    "CREATE INDEX clusters_state ON clusters (state, last_at, id) WHERE merged_into IS NULL",
    """
    CREATE TABLE state_changes (
        cluster_id INTEGER NOT NULL REFERENCES clusters (id),
        state TEXT NOT NULL,
        since_at TEXT NOT NULL,                -- by the times of its reports
        from_at TEXT NOT NULL,                 -- when it was written here
        quiet_seconds INTEGER                  -- of a revival: how long there was no report
    ) STRICT
    """,
    # state_changes of some clusters
    "CREATE INDEX state_changes_cluster ON state_changes (cluster_id)",
    # state_changes since a time
    "CREATE INDEX state_changes_from ON state_changes (from_at)",
    """
    CREATE TABLE outages (                     -- no feed delivered: silence counts not
        from_at TEXT NOT NULL,
        to_at TEXT NOT NULL
    ) STRICT
    """,
)
