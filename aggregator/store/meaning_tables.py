"""The tables and columns behind a sentence encoder: what it made, and of what model."""

MEANINGS = (
    """
    CREATE TABLE item_meanings (               -- beside item_vectors, and gone with them
        item_id INTEGER PRIMARY KEY REFERENCES items (id),
        model TEXT NOT NULL,
        vector BLOB NOT NULL                   -- float16, length 1; 0 where a title means nothing
    ) STRICT
    """,
    """
    CREATE TRIGGER item_meanings_forget AFTER DELETE ON item_vectors BEGIN
        DELETE FROM item_meanings WHERE item_id = old.item_id;
    END
    """,
    """
    CREATE TABLE encoders (
        model TEXT PRIMARY KEY,
        common BLOB NOT NULL,                  -- float32: what the titles of the stream have in common
        title_count INTEGER NOT NULL           -- of so many of them
    ) STRICT
    """,
)
