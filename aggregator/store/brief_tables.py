"""The tables of briefs and visits: statements that are never edited again."""

from __future__ import annotations

BRIEFS = (
    """
    CREATE TABLE briefs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        since_at TEXT NOT NULL,
        until_at TEXT NOT NULL,
        known_at TEXT NOT NULL,                -- what was clustered later is new to its readers
        day TEXT UNIQUE,                       -- the local day that it is the daily brief of: one a day;
        due_at TEXT,                           -- NULL, both: somebody asked for it
        headline TEXT NOT NULL DEFAULT '',
        manifest TEXT NOT NULL,                -- JSON: all that its renderings need
        hashes TEXT NOT NULL,                  -- JSON: SHA-256 of each rendering
        program TEXT NOT NULL                  -- the version that wrote them
    ) STRICT
    """,
    """
    CREATE TABLE visits (
        who TEXT PRIMARY KEY,
        at TEXT NOT NULL,                      -- when they said that they had read it all
        known_at TEXT NOT NULL                 -- up to when what they read knew the clusters
    ) STRICT, WITHOUT ROWID
    """,
    # changed clusters: what came into them
    "CREATE INDEX memberships_from ON memberships (from_at) WHERE to_at IS NULL",
    # changed clusters: what left them
    "CREATE INDEX memberships_to ON memberships (to_at) WHERE to_at IS NOT NULL",
    # near misses
    """
    CREATE INDEX cluster_topics_near ON cluster_topics (slug, last_at, score, cluster_id)
    WHERE is_match = 0
    """,
    # items that could not be clustered
    "CREATE INDEX decisions_aside ON decisions (decided_at) WHERE kind = 'set_aside'",
)
