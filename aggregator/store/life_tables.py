"""The tables of clusters' lives and storylines: statements that are never edited again."""

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

STORYLINES = (
    # independent reports when it was last compared with the archive
    "ALTER TABLE clusters ADD COLUMN compared_count INTEGER NOT NULL DEFAULT 0",
    # uncompared_clusters: a queue, empty but for what has grown
    """
    CREATE INDEX clusters_uncompared ON clusters (id)
    WHERE independent_count >= 2 AND independent_count >= 2 * compared_count
        AND merged_into IS NULL
    """,
    """
    CREATE TABLE storyline_terms (             -- by which an archived cluster is found
        column INTEGER NOT NULL,
        cluster_id INTEGER NOT NULL REFERENCES clusters (id),
        weight INTEGER NOT NULL,               -- in thousandths, of a unit vector
        PRIMARY KEY (column, cluster_id)
    ) STRICT, WITHOUT ROWID
    """,
    # those of a cluster that is compared anew, or merged
    "CREATE INDEX storyline_terms_cluster ON storyline_terms (cluster_id)",
    """
    CREATE TABLE storyline_links (             -- follow merges: neither side is ever gone
        cluster_id INTEGER PRIMARY KEY REFERENCES clusters (id),
        previous_id INTEGER NOT NULL REFERENCES clusters (id),
        score REAL NOT NULL,
        carriers REAL NOT NULL,
        shared_terms TEXT NOT NULL,            -- [[term, part of the score], …]
        decided_at TEXT NOT NULL
    ) STRICT
    """,
    # storyline
    "CREATE INDEX storyline_links_previous ON storyline_links (previous_id)",
)
