"""The contract of `Store`: every backend passes these."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import NotFound, StoreError, StoreVersion
from aggregator.models import (
    DEFINITIONS,
    ClusterUpdate,
    Decision,
    DecisionKind,
    Entry,
    FeedConfig,
    FeedState,
    Grouping,
    ItemVector,
    Merge,
    Moves,
    OpenCluster,
    Outcome,
    Poll,
    SharedTerm,
    Split,
    Topic,
    TopicScore,
)
from aggregator.store import Store, open_reader, open_store
from aggregator.store.sqlite_connection import WAL_BYTES

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
A = FeedConfig("https://a.example/feed", "A Daily", category="news")
B = FeedConfig("https://b.example/feed", "B Weekly", outlet="B House")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "test.db")
    store.sync_feeds([A, B], NOW)
    yield store
    store.close()


def entry(key: str, title: str = "", hours: float = 0.0, **more: str) -> Entry:
    return Entry(
        key=key,
        url=f"https://x.example/{key}",
        title=title or f"Title {key}",
        summary=more.pop("summary", f"Summary of {key}"),
        published_at=NOW - timedelta(hours=hours),
        **more,
    )


def poll(feed_id: int, *entries: Entry, at: datetime = NOW, **more: object) -> Poll:
    values: dict[str, object] = {
        "outcome": Outcome.OK,
        "status": 200,
        "next_poll_at": at + HOUR,
        **more,
    }
    return Poll(
        feed_id=feed_id, started_at=at, finished_at=at, entries=entries, **values
    )  # type: ignore[arg-type]


def ids(store: Store) -> dict[str, int]:
    return {feed.name: feed.id for feed in store.feeds(removed=True)}


def open_cluster(
    cluster_id: int, size: int = 1, last_at: datetime = NOW
) -> OpenCluster:
    columns, weights = array("i", [1, 5]).tobytes(), array("f", [0.6, 0.8]).tobytes()
    return OpenCluster(cluster_id, size, last_at - HOUR, last_at, columns, weights)


def decision(item_id: int, cluster_id: int, **more: object) -> Decision:
    values: dict[str, object] = {
        "kind": DecisionKind.JOINED,
        "score": 0.42,
        "threshold": 0.2,
        "runner_up_id": None,
        "runner_up_score": 0.1,
        "margin": 0.32,
        "shared_terms": (SharedTerm("bridge", 0.7), SharedTerm("naïve", 0.3)),
        "rule": "",
        "config_hash": "abc",
        "decided_at": NOW,
        **more,
    }
    return Decision(item_id=item_id, cluster_id=cluster_id, **values)  # type: ignore[arg-type]


def grouping(
    *groups: tuple[int, list[int]],
    splits: tuple[Split, ...] = (),
    merges: tuple[Merge, ...] = (),
    **more: object,
) -> Grouping:
    """One cluster for each (cluster id, its new item ids)."""
    score = TopicScore("border", 0.8, True, ("border",), (("title", 1.0),))
    return Grouping(
        decided_at=NOW,
        clusters=tuple(
            ClusterUpdate(
                open_cluster(cid, len(items)),
                f"Headline {cid}",
                ("bridge",),
                (score,),
            )
            for cid, items in groups
        ),
        moves=(
            Moves(
                decisions=tuple(
                    decision(item, cid) for cid, items in groups for item in items
                ),
                splits=splits,
                merges=merges,
            ),
        ),
        item_topics={item: (score,) for _, items in groups for item in items},
        term_counts=((1, 3), (5, 2)),
        document_count=7,
        **more,  # type: ignore[arg-type]
    )


def fill(store: Store) -> list[int]:
    """Store four items of two feeds and cluster them: three in 1, one in 2."""
    store.sync_topics([Topic("Border", "border", any=("border",))], NOW)
    feeds = ids(store)
    store.save_poll(poll(feeds["A Daily"], entry("1", hours=3), entry("2", hours=2)))
    store.save_poll(poll(feeds["B Weekly"], entry("3", hours=1), entry("4")))
    items = [item.id for item in store.waiting_items()]
    store.save_grouping(grouping((1, items[:3]), (2, items[3:])))
    return items


def test_feeds_are_those_of_the_file_and_a_removed_one_keeps_its_items(
    store: Store,
) -> None:
    store.save_poll(poll(ids(store)["A Daily"], entry("1")))
    store.sync_feeds([B], NOW)
    assert [feed.name for feed in store.feeds()] == ["B Weekly"]
    gone = next(feed for feed in store.feeds(removed=True) if feed.name == "A Daily")
    assert gone.state is FeedState.REMOVED
    assert len(store.feed_items(gone.id)) == 1
    store.sync_feeds([A, B], NOW)
    assert store.feed(gone.id).state is FeedState.OK


def test_an_unknown_feed_item_or_cluster_is_not_found(store: Store) -> None:
    for ask in (store.feed, store.item, store.cluster):
        with pytest.raises(NotFound):
            ask(999)


def test_a_claimed_feed_is_not_claimed_twice_and_comes_back_when_its_lease_ends(
    store: Store,
) -> None:
    assert len(store.claim_feeds(NOW, limit=10)) == 2
    assert store.claim_feeds(NOW, limit=10) == ()
    assert len(store.claim_feeds(NOW + HOUR, limit=10)) == 2


def test_a_released_feed_can_be_claimed_at_once(store: Store) -> None:
    claimed = store.claim_feeds(NOW, limit=10)
    store.release_feeds([claimed[0].id])
    assert [feed.id for feed in store.claim_feeds(NOW, limit=10)] == [claimed[0].id]


def test_a_feed_is_due_at_its_time_and_one_told_to_wait_is_left_alone(
    store: Store,
) -> None:
    a, b = ids(store)["A Daily"], ids(store)["B Weekly"]
    store.save_poll(poll(a))
    store.save_poll(poll(b, outcome=Outcome.BACKOFF, status=429, error="wait"))
    assert store.claim_feeds(NOW + HOUR / 2, limit=10) == ()
    everything = store.claim_feeds(NOW + HOUR / 2, limit=10, due_only=False)
    assert [feed.id for feed in everything] == [a]
    store.release_feeds([a])
    due = store.claim_feeds(NOW + HOUR, limit=10)
    assert {feed.id for feed in due} == {a, b}


def test_a_feed_that_is_gone_or_disabled_is_never_claimed(store: Store) -> None:
    a = ids(store)["A Daily"]
    store.save_poll(poll(a, outcome=Outcome.GONE, status=410, next_poll_at=None))
    store.sync_feeds([A, replace(B, enabled=False)], NOW)
    assert store.claim_feeds(NOW + 9 * HOUR, limit=10) == ()
    store.ask_poll(a, "ana", NOW)
    assert [feed.id for feed in store.claim_feeds(NOW + 9 * HOUR, limit=10)] == [a]


def test_a_poll_that_was_asked_for_is_due_at_once_and_in_the_audit_log(
    store: Store,
) -> None:
    a, b = ids(store)["A Daily"], ids(store)["B Weekly"]
    store.save_polls([poll(a, next_poll_at=NOW + HOUR), poll(b)])
    store.ask_poll(a, "ana", NOW)
    store.ask_poll(b, "ben", NOW)
    assert {feed.id for feed in store.claim_feeds(NOW, limit=10)} == {a, b}
    rows = store.audit()
    assert [(r.who, r.action, r.subject_kind, r.subject_id) for r in rows] == [
        ("ben", "asked for a poll of", "feed", str(b)),
        ("ana", "asked for a poll of", "feed", str(a)),
    ]
    assert store.audit(before=rows[0].id) == rows[1:]
    with pytest.raises(NotFound):
        store.ask_poll(99, "ana", NOW)
    assert store.audit() == rows


def test_a_poll_stores_items_validators_and_a_row_of_the_log(store: Store) -> None:
    a = ids(store)["A Daily"]
    new_count = store.save_poll(
        poll(
            a,
            entry("1"),
            entry("2"),
            etag='W/"x y"',
            last_modified="yesterday",
            title="A says",
            byte_count=99,
            skipped_count=1,
        )
    )
    feed = store.feed(a)
    assert (new_count, feed.item_count, feed.etag, feed.last_modified) == (
        2,
        2,
        'W/"x y"',
        "yesterday",
    )
    assert (feed.title, feed.state, feed.next_poll_at) == (
        "A says",
        FeedState.OK,
        NOW + HOUR,
    )
    row = store.polls(a)[0]
    assert (row.new_count, row.entry_count, row.skipped_count, row.byte_count) == (
        2,
        2,
        1,
        99,
    )


def test_the_same_entries_again_store_nothing(store: Store) -> None:
    a = ids(store)["A Daily"]
    store.save_poll(poll(a, entry("1"), entry("2")))
    assert store.save_poll(poll(a, entry("1"), entry("2"), at=NOW + HOUR)) == 0
    assert store.feed(a).item_count == len(store.feed_items(a)) == 2


def test_an_edited_title_is_a_revision_and_moves_nothing(
    store: Store, tmp_path: Path
) -> None:
    a = ids(store)["A Daily"]
    store.save_poll(poll(a, entry("1", "Nine hurt", hours=5)))
    before = store.feed_items(a)[0]
    later = NOW + HOUR
    store.save_poll(
        poll(a, replace(entry("1", "Twelve hurt"), published_at=later), at=later)
    )
    after = store.feed_items(a)[0]
    assert (after.id, after.title, after.at) == (before.id, "Twelve hurt", before.at)
    assert [hit.item.id for hit in store.search("twelve")] == [after.id]
    assert store.search("nine") == ()
    with sqlite3.connect(tmp_path / "test.db") as db:
        assert db.execute("SELECT title FROM item_revisions").fetchall() == [
            ("Nine hurt",)
        ]
    db.close()


def test_an_item_without_a_date_or_with_a_future_one_is_sorted_by_first_seen(
    store: Store,
) -> None:
    a = ids(store)["A Daily"]
    future = replace(entry("1"), published_at=NOW + timedelta(days=400))
    store.save_poll(poll(a, future, replace(entry("2"), published_at=None)))
    assert {item.at for item in store.feed_items(a)} == {NOW}


def test_an_entry_that_cannot_be_stored_costs_only_itself(store: Store) -> None:
    a = ids(store)["A Daily"]
    poison = replace(entry("2"), title="lone \ud800 surrogate")
    assert store.save_poll(poll(a, entry("1"), poison, entry("3"))) == 2
    assert store.polls(a)[0].skipped_count == 1
    assert store.feed(a).item_count == 2


def test_a_failed_poll_keeps_items_and_says_what_happened(store: Store) -> None:
    a = ids(store)["A Daily"]
    store.save_poll(poll(a, entry("1"), etag="old"))
    store.save_poll(
        poll(
            a,
            outcome=Outcome.ERROR,
            status=500,
            error="HTTP 500",
            failure_count=1,
            etag="old",
            at=NOW + HOUR,
        )
    )
    feed = store.feed(a)
    assert (feed.state, feed.last_error, feed.item_count) == (
        FeedState.ERROR,
        "HTTP 500",
        1,
    )
    assert (feed.etag, feed.last_ok_at, feed.failure_count) == ("old", NOW, 1)


def test_not_modified_keeps_the_warning_of_the_document_it_speaks_of(
    store: Store,
) -> None:
    a = ids(store)["A Daily"]
    store.save_poll(poll(a, entry("1"), warning="not well formed: line 3"))
    assert store.feed(a).state is FeedState.WARN
    store.save_poll(poll(a, outcome=Outcome.NOT_MODIFIED, status=304))
    feed = store.feed(a)
    assert (feed.state, feed.last_warning) == (
        FeedState.WARN,
        "not well formed: line 3",
    )


def test_a_feeds_items_are_paged_by_key(store: Store) -> None:
    a = ids(store)["A Daily"]
    store.save_poll(poll(a, *(entry(str(n), hours=n // 2) for n in range(10))))
    pages, before = [], None
    while page := store.feed_items(a, before=before, limit=3):
        pages += [item.id for item in page]
        before = (page[-1].at, page[-1].id)
    assert len(pages) == len(set(pages)) == 10


def test_a_grouping_is_stored_whole(store: Store) -> None:
    items = fill(store)
    assert store.waiting_items() == ()
    cluster = store.cluster(1)
    assert (cluster.headline, cluster.item_count, cluster.source_count) == (
        "Headline 1",
        3,
        2,
    )
    assert [item.id for item in store.cluster_items(1)] == items[:3]
    assert store.item(items[0]).cluster_id == 1
    found = store.item_decisions(items[0])[0]
    assert found == decision(items[0], 1)
    assert store.cluster_topics(1)[0].matched == ("border",)
    assert store.term_counts() == (
        7,
        array("i", [1, 5]).tobytes(),
        array("i", [3, 2]).tobytes(),
    )
    assert store.last_cluster_id() == 2
    assert store.status().waiting_count == 0


def test_open_clusters_come_back_as_they_were_saved(store: Store) -> None:
    fill(store)
    assert store.open_clusters(NOW) == (open_cluster(1, 3), open_cluster(2, 1))
    assert store.open_clusters(NOW + HOUR) == ()


def test_after_a_merge_the_old_cluster_leads_to_the_new(store: Store) -> None:
    items = fill(store)
    store.save_grouping(grouping(merges=(Merge(1, 2),)))
    assert store.cluster(2).merged_into == 1
    assert [item.id for item in store.cluster_items(1)] == items
    assert store.cluster_items(2) == ()
    assert store.cluster(1).item_count == 4
    assert [card.cluster.id for card in store.clusters()] == [1]
    store.save_grouping(grouping((3, []), merges=(Merge(3, 1),)))
    assert store.cluster(2).merged_into == 3


def test_after_a_split_the_items_are_in_the_new_cluster_and_the_old_one_lists_it(
    store: Store,
) -> None:
    items = fill(store)
    moved = decision(items[0], 3, kind=DecisionKind.MOVED, runner_up_id=1)
    new = replace(
        grouping((3, [])), moves=(Moves((moved,), (Split(1, 3, (items[0],)),)),)
    )
    store.save_grouping(new)
    assert [item.id for item in store.cluster_items(3)] == items[:1]
    assert (store.cluster(1).item_count, store.cluster(3).item_count) == (2, 1)
    assert store.cluster(3).split_from == 1
    assert [cluster.id for cluster in store.split_children(1)] == [3]
    assert [d.kind for d in store.item_decisions(items[0])] == [
        DecisionKind.JOINED,
        DecisionKind.MOVED,
    ]


def test_what_a_merged_cluster_puts_out_at_once_is_in_a_cluster_of_its_own(
    store: Store,
) -> None:
    items = fill(store)
    (lone,) = (item.id for item in store.cluster_items(2))
    out = decision(lone, 3, kind=DecisionKind.MOVED, runner_up_id=1)
    both = (Moves(merges=(Merge(1, 2),)), Moves((out,), (Split(1, 3, (lone,)),)))
    store.save_grouping(replace(grouping((3, [])), moves=both))
    assert [item.id for item in store.cluster_items(3)] == [lone]
    assert [item.id for item in store.cluster_items(1)] == [
        id for id in items if id != lone
    ]
    assert store.cluster(2).merged_into == 1
    assert [cluster.id for cluster in store.split_children(1)] == [3]
    assert store.item(lone).cluster_id == 3


def test_vectors_are_kept_while_they_are_needed(store: Store) -> None:
    items = fill(store)
    vector = ItemVector(items[0], NOW - 3 * HOUR, b"\1\0\0\0", b"\0\0\0\0")
    newer = replace(vector, item_id=items[1], at=NOW - HOUR)
    store.save_grouping(grouping(vectors=(vector, newer)))
    assert store.open_clusters(NOW)[0].members == (vector, newer)
    store.save_grouping(grouping(forget_before=NOW - 2 * HOUR))
    assert store.open_clusters(NOW)[0].members == (newer,)


def test_a_cluster_id_is_never_given_twice(store: Store) -> None:
    fill(store)
    store.save_grouping(grouping(merges=(Merge(1, 2),)))
    assert store.last_cluster_id() == 2


def test_cards_show_one_title_a_source_newest_first(store: Store) -> None:
    items = fill(store)
    card = next(card for card in store.clusters() if card.cluster.id == 1)
    assert [item.id for item in card.items] == [items[2], items[1]]
    assert [item.source for item in card.items] == ["B House", "A Daily"]


def test_clusters_are_paged_by_key_for_a_topic_too(store: Store) -> None:
    fill(store)
    for topic in ("", "border"):
        first = store.clusters(topic=topic, limit=1)[0].cluster
        second = store.clusters(topic=topic, limit=1, before=(first.last_at, first.id))
        assert [first.id, second[0].cluster.id] == [2, 1]
    assert store.clusters(topic="other") == ()
    assert [card.cluster.id for card in store.clusters(min_sources=2)] == [1]
    assert [card.cluster.id for card in store.busiest_clusters(since=NOW - HOUR)] == [
        1,
        2,
    ]
    assert store.topic_counts(NOW - HOUR) == {"border": 2}


def test_clusters_on_no_topic_can_be_asked_for(store: Store) -> None:
    items = fill(store)
    score = TopicScore("border", 0.9, True)
    store.save_topic_scores({}, {1: (score,), 2: (replace(score, is_match=False),)})
    since = NOW - HOUR
    off = store.busiest_clusters(since=since, topic="")
    on = store.busiest_clusters(since=since, topic="border")
    assert [[card.cluster.id for card in cards] for cards in (off, on)] == [[2], [1]]
    store.sync_topics([], NOW)
    assert len(store.busiest_clusters(since=since, topic="")) == 2
    assert store.counts_since(since) == (2, 2, 2)
    assert store.counts_since(NOW - 9 * HOUR) == (len(items), len(items), 2)


def test_the_status_looks_at_no_cluster_however_many_there_are(store: Store) -> None:
    fill(store)
    asked: list[str] = []
    store._reading().set_trace_callback(asked.append)  # type: ignore[attr-defined]
    status = store.status()
    store._reading().set_trace_callback(None)  # type: ignore[attr-defined]
    assert (status.item_count, status.waiting_count) == (4, 0)
    assert asked and not any("clusters" in sql for sql in asked)


def test_a_removed_topic_is_shown_nowhere_and_a_changed_one_is_stale(
    store: Store,
) -> None:
    items = fill(store)
    assert store.stale_topics() == ("border",)
    store.end_rescoring(DEFINITIONS)
    assert store.stale_topics() == ()
    store.sync_topics([Topic("Border", "border", any=("border", "wall"))], NOW)
    assert store.stale_topics() == ("border",)
    store.sync_topics([], NOW)
    assert store.cluster_topics(1) == ()
    assert store.item_topics(items) == {}


def test_a_topic_that_comes_back_is_stale(store: Store) -> None:
    fill(store)
    topic = Topic("Border", "border", any=("border",))
    store.sync_topics([topic], NOW)
    store.end_rescoring(DEFINITIONS)
    store.sync_topics([], NOW)
    store.end_rescoring(DEFINITIONS)
    store.sync_topics([topic], NOW)  # nothing was scored for it meanwhile
    assert store.stale_topics() == ("border",)
    store.end_rescoring(DEFINITIONS)
    store.sync_topics([topic], NOW)
    assert store.stale_topics() == ()


def test_new_topic_scores_replace_all_old_ones(store: Store) -> None:
    items = fill(store)
    store.save_topic_scores({items[0]: ()}, {1: (TopicScore("border", 0.1, False),)})
    assert items[0] not in store.item_topics(items)
    assert not store.cluster_topics(1)[0].is_match


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bridge closed", ["1"]),
        ("BRÍDGE", ["1", "2"]),
        ('"closed bridge"', []),
        ('"the bridge"', ["1", "2"]),
        ("brid*", ["1", "2"]),
        ("AND OR NOT", []),
        ("title:bridge", []),
        ('") OR 1=1 --', []),
        ("***", []),
        ("", []),
        ("bridge " * 5000, ["1", "2"]),
    ],
)
def test_any_text_can_be_searched_for(
    store: Store, query: str, expected: list[str]
) -> None:
    a = ids(store)["A Daily"]
    store.save_poll(
        poll(a, entry("1", "The bridge is closed"), entry("2", "Past the bridge"))
    )
    found = sorted(hit.item.url[-1] for hit in store.search(query))
    assert found == expected


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(max_size=60))
def test_no_query_fails(store: Store, query: str) -> None:
    store.search(query.replace("\ud800", ""))


def test_search_can_be_narrowed_to_topic_feed_and_days(store: Store) -> None:
    fill(store)
    a = ids(store)["A Daily"]
    assert len(store.search("title")) == 4
    assert len(store.search("title", feed_id=a)) == 2
    assert len(store.search("title", since=NOW - HOUR)) == 2
    assert len(store.search("title", topic="border")) == 4
    assert store.search("title", topic="other") == ()
    assert "\x02Title\x03" in store.search("title")[0].excerpt


def test_what_fails_half_way_leaves_nothing(store: Store) -> None:
    items = fill(store)
    broken = replace(grouping((3, [])), moves=(Moves((decision(987654, 3),)),))
    # a row of ours is at fault, and not the database
    with pytest.raises(sqlite3.IntegrityError):
        store.save_grouping(broken)
    with pytest.raises(NotFound):
        store.cluster(3)
    assert store.item(items[0]).cluster_id == 1


def test_a_reader_sees_what_was_stored_and_cannot_write(
    store: Store, tmp_path: Path
) -> None:
    fill(store)
    reader = open_reader(tmp_path / "test.db")
    assert reader.status().item_count == 4
    with pytest.raises(StoreError):
        reader._rows("DELETE FROM items")  # type: ignore[attr-defined]
    reader.close()


def test_pages_read_while_a_poll_is_stored(store: Store) -> None:
    a = ids(store)["A Daily"]
    errors: list[Exception] = []

    def read() -> None:
        try:
            for _ in range(50):
                store.feeds()
                store.clusters()
        except Exception as error:
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(30):
        store.save_poll(poll(a, entry(str(number))))
    for reader in readers:
        reader.join()
    assert errors == []
    assert store.feed(a).item_count == 30


def test_a_missing_database_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    reader = open_reader(tmp_path / "none.db")
    with pytest.raises(StoreError, match=r"none\.db"):
        reader.feeds()


@pytest.mark.parametrize("content", [b"this is a text file, not a database" * 20, b"x"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "text.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"text\.db"):
        open_store(path)
    assert path.read_bytes() == content


def test_a_database_of_another_application_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE recipes (id INTEGER)")
    db.close()
    with pytest.raises(StoreError, match="another application"):
        open_store(path)


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    open_store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('aggregator', 'from_the_future', '2030')"
        )
    db.close()
    with pytest.raises(StoreVersion, match="from_the_future"):
        open_store(path)


def test_a_locked_database_is_a_store_error(store: Store, tmp_path: Path) -> None:
    store._writer.execute("PRAGMA busy_timeout = 20")  # type: ignore[attr-defined]
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for write in (
        lambda: store.sync_feeds([A], NOW),
        lambda: store.sync_topics([], NOW),
        lambda: store.claim_feeds(NOW, limit=1),
        lambda: store.release_feeds([1]),
        lambda: store.save_poll(poll(1)),
        lambda: store.save_grouping(Grouping(NOW)),
        lambda: store.save_topic_scores({}, {}),
        lambda: store.end_rescoring(DEFINITIONS),
        lambda: store.ask_poll(1, "ana", NOW),
    ):
        with pytest.raises(StoreError, match="locked"):
            write()
    other.execute("ROLLBACK")
    other.close()
    assert len(store.claim_feeds(NOW, limit=10)) == 2


def test_the_write_ahead_log_shrinks_after_a_reader_held_it_up(
    store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "test.db-wal"
    with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM feeds").fetchone()
        for _ in range(3):
            assert store.queue_push(1, "text/xml", bytes(8 * 1024 * 1024), NOW)
        assert log.stat().st_size > WAL_BYTES
        reader.execute("COMMIT")
    for _ in range(3):
        store.ask_poll(1, "ana", NOW)
    assert log.stat().st_size <= WAL_BYTES


def test_every_connection_checks_foreign_keys_and_writes_ahead(store: Store) -> None:
    writer = store._writer  # type: ignore[attr-defined]
    assert writer.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert writer.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
