"""The tables of what people answer about topics, and of what is learned from it."""

ANSWERS = (
    """
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        slug TEXT NOT NULL,                    -- no reference: outlives the topic's definition
        cluster_id INTEGER REFERENCES clusters (id), -- NULL: about an item alone
        is_yes INTEGER NOT NULL,
        who TEXT NOT NULL,
        answered_at TEXT NOT NULL,
        ended_at TEXT                          -- taken back, or answered again
    ) STRICT
    """,
    # answers, said: those in force
    "CREATE INDEX answers_slug ON answers (slug, id) WHERE ended_at IS NULL",
    """
    CREATE TABLE answer_items (
        answer_id INTEGER NOT NULL REFERENCES answers (id),
        item_id INTEGER NOT NULL REFERENCES items (id),
        PRIMARY KEY (answer_id, item_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE lessons (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        slug TEXT NOT NULL,
        definition TEXT NOT NULL,              -- the topic's, which it was learned on top of
        learned_at TEXT NOT NULL,
        is_used INTEGER NOT NULL,
        slope REAL NOT NULL,
        weights TEXT NOT NULL,                 -- {stem: weight}, to be read by people too
        yes_count INTEGER NOT NULL,
        no_count INTEGER NOT NULL,
        measured TEXT NOT NULL,                -- [precision, recall] before, and after
        decides INTEGER NOT NULL
    ) STRICT
    """,
    # lessons
    "CREATE INDEX lessons_slug ON lessons (slug, id)",
    "CREATE UNIQUE INDEX lessons_used ON lessons (slug) WHERE is_used = 1",
    # nearest_items: what a topic just misses, newest first
    """
    CREATE INDEX item_topics_near ON item_topics (slug, item_id)
    WHERE is_match = 0 AND score >= 0.2
    """,
    # topic_items: what a new lesson may tell otherwise
    "CREATE INDEX item_topics_slug ON item_topics (slug, item_id)",
)

ITEMS = (
    # answers_on one item
    "CREATE INDEX answer_items_item ON answer_items (item_id)",
)
