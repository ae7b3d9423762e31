"""The tables behind corrections: what people said, and the pairs that follow."""

CORRECTIONS = (
    """
    CREATE TABLE corrections (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        cluster_id INTEGER NOT NULL REFERENCES clusters (id),
        other_id INTEGER REFERENCES clusters (id),
        item_ids TEXT NOT NULL DEFAULT '[]',   -- as asked; what followed is in correction_items
        who TEXT NOT NULL,
        said_at TEXT NOT NULL,
        taken_at TEXT,                         -- NULL: waits for the tick
        problem TEXT NOT NULL DEFAULT '',      -- why it could not be taken up
        result_id INTEGER REFERENCES clusters (id), -- where its items went
        led_here TEXT NOT NULL DEFAULT '{}',   -- {emptied cluster: those that led to it before}
        undone_at TEXT,
        undone_by TEXT NOT NULL DEFAULT '',
        restored_at TEXT                       -- when the clusters followed the undoing
    ) STRICT
    """,
    # waiting_corrections: partial, so it holds what waits and not the archive
    """
    CREATE INDEX corrections_waiting ON corrections (id)
    WHERE taken_at IS NULL OR (undone_at IS NOT NULL AND restored_at IS NULL)
    """,
    # corrections of a cluster, from either end and from where it led
    "CREATE INDEX corrections_cluster ON corrections (cluster_id, id)",
    "CREATE INDEX corrections_other ON corrections (other_id, id) WHERE other_id IS NOT NULL",
    "CREATE INDEX corrections_result ON corrections (result_id, id) WHERE result_id IS NOT NULL",
    """
    CREATE TABLE correction_items (            -- the must-link and cannot-link pairs, by sides
        correction_id INTEGER NOT NULL REFERENCES corrections (id),
        item_id INTEGER NOT NULL REFERENCES items (id),
        is_together INTEGER NOT NULL,          -- 1: in one cluster with all others that have it
        side INTEGER,                          -- never in one cluster with an item of another side
        from_id INTEGER REFERENCES clusters (id), -- what the correction moved it out of
        PRIMARY KEY (correction_id, item_id)
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE decisions ADD COLUMN who TEXT NOT NULL DEFAULT ''",  # whose correction
)

PARTS = (
    "ALTER TABLE decisions ADD COLUMN parts TEXT NOT NULL DEFAULT '[]'",  # [[name, value], …] of the score
)

PAST = (
    # brought_along: partial, for few items ever move
    "CREATE INDEX memberships_past ON memberships (item_id) WHERE to_at IS NOT NULL",
)

RETUNINGS = (
    """
    CREATE TABLE retunings (                   -- thresholds that corrections speak for
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        threshold REAL NOT NULL,
        before_threshold REAL NOT NULL,
        pair_count INTEGER NOT NULL,
        correction_count INTEGER NOT NULL,
        before TEXT NOT NULL,                  -- [found, wrong, missed] by the one before
        after TEXT NOT NULL,                   -- the same by this one, on held-out pairs
        made_at TEXT NOT NULL,
        used_at TEXT,                          -- NULL: proposed
        used_by TEXT NOT NULL DEFAULT '',
        ended_at TEXT,                         -- when somebody took it back
        ended_by TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
)
