"""The tables and columns behind trends: which feed delivered when, and times to count by."""

DELIVERIES = (
    """
    CREATE TABLE deliveries (                  -- stretches of time of which a feed told us all
        feed_id INTEGER NOT NULL REFERENCES feeds (id),
        from_at TEXT NOT NULL,                 -- its oldest entry then, or where the last stretch ended
        until_at TEXT NOT NULL,                -- the last poll or push that brought it
        PRIMARY KEY (feed_id, from_at)
    ) STRICT, WITHOUT ROWID
    """,
    # what the log of polls knows: a stretch ends with a failure, or with a day unseen
    """
    INSERT INTO deliveries (feed_id, from_at, until_at)
    SELECT feed_id, min(finished_at), max(finished_at)
    FROM (
        SELECT feed_id, finished_at, went_well,
            sum(NOT went_well OR unseen) OVER (PARTITION BY feed_id ORDER BY id) AS stretch
        FROM (
            SELECT id, feed_id, finished_at,
                outcome IN ('ok', 'not_modified') AS went_well,
                coalesce(julianday(finished_at) - julianday(lag(finished_at) OVER (
                    PARTITION BY feed_id ORDER BY id)) > 26 / 24.0, 0) AS unseen
            FROM polls
        )
    )
    WHERE went_well
    GROUP BY feed_id, stretch
    """,
)

TIMES = (
    # An item's time and feed, copied beside its topic score and its report: items hold
    # their texts, and looking up 5,000 of them for a chart takes 20 ms.
    "ALTER TABLE item_topics ADD COLUMN at TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE item_topics ADD COLUMN feed_id INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE reports ADD COLUMN at TEXT NOT NULL DEFAULT ''",
    """
    UPDATE item_topics SET (at, feed_id) =
        (SELECT i.at, i.feed_id FROM items AS i WHERE i.id = item_topics.item_id)
    """,
    "UPDATE reports SET at = (SELECT i.at FROM items AS i WHERE i.id = reports.item_id)",
    # topic_feed_counts, sparks
    "CREATE INDEX item_topics_time ON item_topics (slug, at, feed_id) WHERE is_match = 1",
    # totals: reports are items less copies, and copies are few
    "CREATE INDEX reports_copies ON reports (at) WHERE item_id <> origin_id",
    # totals
    "CREATE INDEX clusters_first ON clusters (first_at) WHERE merged_into IS NULL",
)

POINTS = (
    """
    CREATE TABLE trend_points (                -- charts by day as last computed: counting takes too long for a page
        slug TEXT NOT NULL,
        start_at TEXT NOT NULL,
        end_at TEXT NOT NULL,
        items INTEGER NOT NULL,
        reports INTEGER NOT NULL,
        clusters INTEGER NOT NULL,
        all_items INTEGER NOT NULL,            -- on whatever topic
        all_reports INTEGER NOT NULL,
        all_clusters INTEGER NOT NULL,
        delivered REAL,                        -- NULL: no feed was followed yet
        expected REAL,                         -- NULL: too little is known
        surge_count INTEGER,                   -- NULL: no surge
        surge_expected REAL,
        surge_score REAL,
        PRIMARY KEY (slug, start_at)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE rising_words (
        slug TEXT NOT NULL,
        rank INTEGER NOT NULL,
        word TEXT NOT NULL,
        score REAL NOT NULL,
        report_count INTEGER NOT NULL,
        before_count INTEGER NOT NULL,
        cluster_ids TEXT NOT NULL,
        PRIMARY KEY (slug, rank)
    ) STRICT, WITHOUT ROWID
    """,
)
