"""The tables of the first release: statements that are never edited again."""

from __future__ import annotations

FEEDS = (
    """
    CREATE TABLE feeds (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        url TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        category TEXT NOT NULL DEFAULT '',
        outlet TEXT NOT NULL DEFAULT '',       -- whose words these are, where several feeds are one
        every_seconds INTEGER,                 -- the operator's own interval
        headers TEXT NOT NULL DEFAULT '{}',
        state TEXT NOT NULL DEFAULT 'new',
        title TEXT NOT NULL DEFAULT '',
        site_url TEXT NOT NULL DEFAULT '',
        etag TEXT NOT NULL DEFAULT '',         -- byte for byte as it came
        last_modified TEXT NOT NULL DEFAULT '',
        validators_url TEXT NOT NULL DEFAULT '', -- the address they belong to: not the feed's after a redirect
        body_hash TEXT NOT NULL DEFAULT '',
        permanent_url TEXT NOT NULL DEFAULT '',
        permanent_since TEXT,                  -- from when on every answer came from permanent_url
        permanent_count INTEGER NOT NULL DEFAULT 0, -- polls that came from it
        item_hours TEXT NOT NULL DEFAULT '[]', -- in which items came, newest first (aggregator/pace.py)
        item_count INTEGER NOT NULL DEFAULT 0, -- kept here: counting 100,000 items costs a page its time
        failure_count INTEGER NOT NULL DEFAULT 0,
        last_polled_at TEXT,
        last_ok_at TEXT,
        next_poll_at TEXT,
        leased_until TEXT,                     -- a dead poller's feeds come back after this
        last_status INTEGER,
        last_error TEXT NOT NULL DEFAULT '',
        last_warning TEXT NOT NULL DEFAULT '',
        added_at TEXT NOT NULL,
        removed_at TEXT                        -- gone from feeds.yaml; its items stay
    ) STRICT
    """,
    # claim_feeds
    "CREATE INDEX feeds_due ON feeds (next_poll_at)",
    """
    CREATE TABLE polls (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL REFERENCES feeds (id),
        started_at TEXT NOT NULL,
        finished_at TEXT NOT NULL,
        outcome TEXT NOT NULL,
        status INTEGER,
        error_kind TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        warning TEXT NOT NULL DEFAULT '',
        byte_count INTEGER NOT NULL DEFAULT 0,
        entry_count INTEGER NOT NULL DEFAULT 0,
        new_count INTEGER NOT NULL DEFAULT 0,
        skipped_count INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # polls
    "CREATE INDEX polls_feed ON polls (feed_id, id)",
)

SUBSCRIPTIONS = (
    """
    CREATE TABLE subscriptions (
        feed_id INTEGER PRIMARY KEY REFERENCES feeds (id),
        hub TEXT NOT NULL,
        topic TEXT NOT NULL,                   -- what the feed calls itself: not always its address
        callback TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,            -- subscription_of: the callback's last part
        secret TEXT NOT NULL,                  -- as it was sent: HMAC needs it in the clear
        state TEXT NOT NULL DEFAULT 'wanted',
        is_pending INTEGER NOT NULL DEFAULT 0, -- 1: asked, and only now may the hub verify
        ask_at TEXT,                           -- set before asking, so that a crash asks again
        expires_at TEXT,
        failure_count INTEGER NOT NULL DEFAULT 0,
        missed_count INTEGER NOT NULL DEFAULT 0,
        last_push_at TEXT,
        last_error TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    # due_subscriptions
    "CREATE INDEX subscriptions_due ON subscriptions (ask_at)",
    """
    CREATE TABLE pushes (                      -- a queue: rows go when they are stored as items
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL REFERENCES feeds (id),
        received_at TEXT NOT NULL,
        content_type TEXT NOT NULL,
        body BLOB NOT NULL
    ) STRICT
    """,
)

ITEMS = (
    """
    CREATE TABLE items (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL REFERENCES feeds (id),
        key TEXT NOT NULL,                     -- identity within the feed (aggregator/identity.py)
        url TEXT NOT NULL DEFAULT '',
        title TEXT NOT NULL,
        summary TEXT NOT NULL DEFAULT '',
        author TEXT NOT NULL DEFAULT '',
        publisher TEXT NOT NULL DEFAULT '',    -- RSS <source>: the outlet behind an aggregating feed
        categories TEXT NOT NULL DEFAULT '[]',
        published_at TEXT,                     -- NULL: none given, or none to be believed
        first_seen_at TEXT NOT NULL,
        at TEXT NOT NULL,                      -- published, never after first seen; never moves
        waiting INTEGER NOT NULL DEFAULT 1,    -- 1 until a decision was taken on it
        link_hash INTEGER NOT NULL,            -- CRC-32: whose guid changed is found by link and title
        title_hash INTEGER NOT NULL,           -- (aggregator/sameness.py); a number, for a small index
        UNIQUE (feed_id, key)
    ) STRICT
    """,
    # feed_items
    "CREATE INDEX items_feed_at ON items (feed_id, at, id)",
    # save_polls, for entries whose key is new
    "CREATE INDEX items_link ON items (feed_id, link_hash)",
    "CREATE INDEX items_title ON items (feed_id, title_hash)",
    # items_since, search within days
    "CREATE INDEX items_at ON items (at, id)",
    # waiting_items: partial, so it holds a night's items and not the archive
    "CREATE INDEX items_waiting ON items (at, id) WHERE waiting = 1",
    """
    CREATE TABLE item_revisions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id INTEGER NOT NULL REFERENCES items (id),
        replaced_at TEXT NOT NULL,
        title TEXT NOT NULL,                   -- as it was before
        summary TEXT NOT NULL
    ) STRICT
    """,
    # item_revisions of one item
    "CREATE INDEX item_revisions_item ON item_revisions (item_id, id)",
    """
    CREATE VIRTUAL TABLE items_fts USING fts5 (
        title, summary, content='items', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2'
    )
    """,
    # no trigger for new items: PollWrites indexes them, many at once
    """
    CREATE TRIGGER items_fts_update AFTER UPDATE OF title, summary ON items BEGIN
        INSERT INTO items_fts (items_fts, rowid, title, summary)
        VALUES ('delete', old.id, old.title, old.summary);
        INSERT INTO items_fts (rowid, title, summary)
        VALUES (new.id, new.title, new.summary);
    END
    """,
    """
    CREATE TRIGGER items_fts_delete AFTER DELETE ON items BEGIN
        INSERT INTO items_fts (items_fts, rowid, title, summary)
        VALUES ('delete', old.id, old.title, old.summary);
    END
    """,
)

CLUSTERS = (
    """
    CREATE TABLE clusters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,  -- minted once, never used again
        headline TEXT NOT NULL,
        words TEXT NOT NULL DEFAULT '[]',
        item_count INTEGER NOT NULL DEFAULT 0,
        source_count INTEGER NOT NULL DEFAULT 0,      -- publishers that carry its texts
        report_count INTEGER NOT NULL DEFAULT 0,      -- texts
        independent_count INTEGER NOT NULL DEFAULT 0, -- publishers and agencies they come from
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        merged_into INTEGER REFERENCES clusters (id),
        split_from INTEGER REFERENCES clusters (id)
    ) STRICT
    """,
    # clusters, busiest_clusters, open_clusters; a merged cluster is on no list
    "CREATE INDEX clusters_last ON clusters (last_at, id) WHERE merged_into IS NULL",
    """
    CREATE TABLE cluster_vectors (             -- apart from the rows that lists read
        cluster_id INTEGER PRIMARY KEY REFERENCES clusters (id),
        columns BLOB NOT NULL,                 -- int32, ascending
        weights BLOB NOT NULL,                 -- float32, one a column
        n_terms INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # children of a split
    "CREATE INDEX clusters_split ON clusters (split_from) WHERE split_from IS NOT NULL",
    """
    CREATE TABLE item_vectors (                -- kept while the item's cluster is open
        item_id INTEGER PRIMARY KEY REFERENCES items (id),
        at TEXT NOT NULL,
        columns BLOB NOT NULL,
        weights BLOB NOT NULL
    ) STRICT
    """,
    # forgetting those of closed clusters
    "CREATE INDEX item_vectors_at ON item_vectors (at)",
    """
    CREATE TABLE memberships (
        item_id INTEGER NOT NULL REFERENCES items (id),
        cluster_id INTEGER NOT NULL REFERENCES clusters (id),
        from_at TEXT NOT NULL,
        to_at TEXT                             -- NULL while it holds
    ) STRICT
    """,
    """
    CREATE TABLE reports (
        item_id INTEGER PRIMARY KEY REFERENCES items (id),
        origin_id INTEGER NOT NULL,            -- the first item with its text; its own id: it is the first
        containment REAL NOT NULL,
        evidence TEXT NOT NULL,
        agency TEXT NOT NULL DEFAULT '',
        family TEXT NOT NULL,                  -- who published this item
        voice TEXT NOT NULL                    -- whose text it is
    ) STRICT
    """,
    # an item is in one cluster at a time
    "CREATE UNIQUE INDEX memberships_item ON memberships (item_id) WHERE to_at IS NULL",
    # cluster_items
    "CREATE INDEX memberships_cluster ON memberships (cluster_id, item_id) WHERE to_at IS NULL",
    """
    CREATE TABLE decisions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id INTEGER REFERENCES items (id), -- NULL: about two clusters
        cluster_id INTEGER REFERENCES clusters (id),
        kind TEXT NOT NULL,
        score REAL NOT NULL,
        threshold REAL NOT NULL,
        runner_up_id INTEGER,
        runner_up_score REAL NOT NULL,
        margin REAL NOT NULL,
        shared_terms TEXT NOT NULL DEFAULT '[]', -- [[term, part of the score], …]
        rule TEXT NOT NULL DEFAULT '',
        config_hash TEXT NOT NULL,
        decided_at TEXT NOT NULL
    ) STRICT
    """,
    # item_decisions
    "CREATE INDEX decisions_item ON decisions (item_id, id)",
    # cluster_decisions
    "CREATE INDEX decisions_cluster ON decisions (cluster_id, id)",
    """
    CREATE TABLE term_counts (
        column INTEGER PRIMARY KEY,            -- the term's hashed column (aggregator/vectors.py)
        count INTEGER NOT NULL                 -- items that had it
    ) STRICT
    """,
    """
    CREATE TABLE counters (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT
    """,
)

TOPICS = (
    """
    CREATE TABLE topics (
        slug TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        definition TEXT NOT NULL,
        scored_definition TEXT NOT NULL DEFAULT '', -- what the stored scores were made with
        removed_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE item_topics (
        item_id INTEGER NOT NULL REFERENCES items (id),
        slug TEXT NOT NULL REFERENCES topics (slug),
        score REAL NOT NULL,
        is_match INTEGER NOT NULL,
        matched TEXT NOT NULL DEFAULT '[]',
        parts TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (item_id, slug)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE cluster_topics (
        cluster_id INTEGER NOT NULL REFERENCES clusters (id),
        slug TEXT NOT NULL REFERENCES topics (slug),
        score REAL NOT NULL,
        is_match INTEGER NOT NULL,
        matched TEXT NOT NULL DEFAULT '[]',
        parts TEXT NOT NULL DEFAULT '[]',
        last_at TEXT NOT NULL,                 -- the cluster's, copied: pages a topic in 0.02 ms and not 23
        PRIMARY KEY (cluster_id, slug)
    ) STRICT, WITHOUT ROWID
    """,
    # clusters of a topic, busiest_clusters, topic_counts
    "CREATE INDEX cluster_topics_page ON cluster_topics (slug, last_at, cluster_id) WHERE is_match = 1",
)
