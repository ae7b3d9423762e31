"""The table of headlines that gave way: statements that are never edited again."""

from __future__ import annotations

HEADLINES = (
    """
    CREATE TABLE headline_changes (
        cluster_id INTEGER NOT NULL REFERENCES clusters (id),
        old TEXT NOT NULL,
        new TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        why TEXT NOT NULL
    ) STRICT
    """,
    # headline_changes of some clusters
    "CREATE INDEX headline_changes_cluster ON headline_changes (cluster_id)",
    # headline_changes since a time
    "CREATE INDEX headline_changes_at ON headline_changes (changed_at)",
)
