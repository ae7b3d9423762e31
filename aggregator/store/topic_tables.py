"""The tables behind topics that came after the first release."""

PROFILES = (
    """
    CREATE TABLE topic_profiles (              -- what was learned from a topic's examples
        slug TEXT PRIMARY KEY REFERENCES topics (slug),
        examples TEXT NOT NULL,                -- those it was learned from
        weights TEXT NOT NULL,                 -- {stem: weight}
        half REAL NOT NULL,
        text_count INTEGER NOT NULL
    ) STRICT
    """,
)

RESCORINGS = (
    """
    CREATE TABLE rescorings (                  -- scores that are being made again
        slug TEXT PRIMARY KEY,                 -- '': of all topics whose definition is new
        wanted TEXT NOT NULL,                  -- what they are scored by; another begins anew
        started_at TEXT NOT NULL,
        since TEXT NOT NULL,                   -- how far back
        item_count INTEGER NOT NULL,
        done_count INTEGER NOT NULL,
        before_at TEXT,                        -- the last item scored: newest first
        before_id INTEGER
    ) STRICT
    """,
    # read by topic_items alone, which is gone
    "DROP INDEX item_topics_slug",
)

DEFINED = (
    # since when the definition is what it is; NULL: since before this was noted
    "ALTER TABLE topics ADD COLUMN defined_at TEXT",
)

MISSING = (
    # examples whose address was that of no stored item: learned again when one comes
    "ALTER TABLE topic_profiles ADD COLUMN missing TEXT NOT NULL DEFAULT '[]'",
)
