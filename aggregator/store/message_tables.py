"""The tables of what is sent, and of what topics call about: never edited again."""

MESSAGES = (
    """
    CREATE TABLE dispatches (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        target TEXT NOT NULL,                  -- its name in feeds.yaml; its address is secret
        cargo TEXT NOT NULL,
        brief_id INTEGER REFERENCES briefs (id), -- what it carries; NULL: text holds it
        title TEXT NOT NULL,
        text TEXT NOT NULL DEFAULT '',
        made_at TEXT NOT NULL,
        try_count INTEGER NOT NULL DEFAULT 0,
        next_try_at TEXT,                      -- NULL: sent, or given up
        sent_at TEXT,
        failed_at TEXT,
        error TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    # due_targets, due_dispatches
    "CREATE INDEX dispatches_due ON dispatches (next_try_at) WHERE next_try_at IS NOT NULL",
    # brief_dispatches
    "CREATE INDEX dispatches_brief ON dispatches (brief_id) WHERE brief_id IS NOT NULL",
    """
    CREATE TABLE alerts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        slug TEXT NOT NULL,
        kind TEXT NOT NULL,
        cluster_id INTEGER NOT NULL,           -- 0: a surge
        subject TEXT NOT NULL,                 -- the local day of a surge
        text TEXT NOT NULL,
        raised_at TEXT NOT NULL,
        told_at TEXT,                          -- NULL: waits for the cooldown or quiet hours
        UNIQUE (slug, kind, cluster_id, subject)
    ) STRICT
    """,
    # untold alerts
    "CREATE INDEX alerts_untold ON alerts (slug, id) WHERE told_at IS NULL",
    # when a topic was last told of
    "CREATE INDEX alerts_told ON alerts (slug, told_at) WHERE told_at IS NOT NULL",
)

FAILED = (
    # failed_count, on every view of the brief
    "CREATE INDEX dispatches_failed ON dispatches (failed_at) WHERE failed_at IS NOT NULL",
)
