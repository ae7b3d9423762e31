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
