"""The SQLite backend: `SqliteReader` and `SqliteStore`, put together by noun."""

from __future__ import annotations

from datetime import datetime

from aggregator.models import Status
from aggregator.store.sqlite_answers import AnswerReads, AnswerWrites
from aggregator.store.sqlite_audit import AuditReads
from aggregator.store.sqlite_bonds import BondReads
from aggregator.store.sqlite_briefs import BriefReads, BriefWrites
from aggregator.store.sqlite_connection import text_of, time_or_none
from aggregator.store.sqlite_corrections import CorrectionReads, CorrectionWrites
from aggregator.store.sqlite_counts import CountReads
from aggregator.store.sqlite_decisions import DecisionReads
from aggregator.store.sqlite_feeds import FeedReads, FeedWrites
from aggregator.store.sqlite_groupings import GroupingWrites
from aggregator.store.sqlite_items import ItemReads
from aggregator.store.sqlite_lessons import LessonReads, LessonWrites
from aggregator.store.sqlite_lifecycle import LifecycleReads, LifecycleWrites
from aggregator.store.sqlite_meanings import MeaningReads, MeaningWrites
from aggregator.store.sqlite_messages import MessageReads, MessageWrites
from aggregator.store.sqlite_pasts import PastReads
from aggregator.store.sqlite_poll_log import PollLogReads, PollLogWrites
from aggregator.store.sqlite_polls import PollWrites
from aggregator.store.sqlite_rescorings import RescoringReads, RescoringWrites
from aggregator.store.sqlite_retunings import RetuningReads, RetuningWrites
from aggregator.store.sqlite_states import StateReads
from aggregator.store.sqlite_storylines import StorylineWrites
from aggregator.store.sqlite_subscriptions import SubscriptionReads, SubscriptionWrites
from aggregator.store.sqlite_topics import TopicReads, TopicWrites
from aggregator.store.sqlite_trends import TrendReads, TrendWrites


class SqliteReader(
    FeedReads,
    SubscriptionReads,
    ItemReads,
    LifecycleReads,
    PastReads,
    BriefReads,
    DecisionReads,
    CorrectionReads,
    BondReads,
    RetuningReads,
    StateReads,
    AuditReads,
    TopicReads,
    RescoringReads,
    CountReads,
    AnswerReads,
    LessonReads,
    MessageReads,
    TrendReads,
    MeaningReads,
    PollLogReads,
):
    """A `Reader` over one SQLite file."""

    def status(self) -> Status:
        """Say how much came, what waits, and when things last happened."""
        row = self._rows(
            """
            SELECT
                (SELECT coalesce(sum(item_count), 0) FROM feeds) AS item_count,
                (SELECT count(*) FROM items WHERE waiting = 1) AS waiting_count,
                (SELECT max(last_polled_at) FROM feeds) AS last_poll_at,
                (SELECT min(next_poll_at) FROM feeds
                 WHERE state NOT IN ('gone', 'disabled', 'removed')) AS due_at,
                (SELECT value FROM counters WHERE name = 'last_grouping_at')
                    AS last_grouping_at,
                (SELECT first_seen_at FROM items ORDER BY id DESC LIMIT 1) AS last_item_at
            """
        )[0]
        return Status(
            item_count=row["item_count"],
            waiting_count=row["waiting_count"],
            last_poll_at=time_or_none(row["last_poll_at"]),
            last_grouping_at=time_or_none(row["last_grouping_at"]),
            last_item_at=time_or_none(row["last_item_at"]),
            due_at=time_or_none(row["due_at"]),
        )

    def counts_since(self, since: datetime) -> tuple[int, int, int]:
        """Return how many items, reports and clusters the time from `since` on has."""
        row = self._rows(
            """
            SELECT
                (SELECT count(*) FROM items WHERE at >= :since) AS item_count,
                (SELECT count(*) FROM reports
                 WHERE at >= :since AND item_id <> origin_id) AS copy_count,
                (SELECT count(*) FROM clusters
                 WHERE last_at >= :since AND merged_into IS NULL) AS cluster_count
            """,
            {"since": text_of(since)},
        )[0]
        items = row["item_count"]
        return items, items - row["copy_count"], row["cluster_count"]

    def families_version(self) -> str:
        """Return which table of publisher families the counts were made with."""
        row = self._row("SELECT value FROM counters WHERE name = 'families'")
        return str(row["value"]) if row else ""


class SqliteStore(
    SqliteReader,
    FeedWrites,
    PollWrites,
    SubscriptionWrites,
    GroupingWrites,
    LifecycleWrites,
    CorrectionWrites,
    RetuningWrites,
    StorylineWrites,
    TopicWrites,
    RescoringWrites,
    TrendWrites,
    BriefWrites,
    AnswerWrites,
    LessonWrites,
    MessageWrites,
    MeaningWrites,
    PollLogWrites,
):
    """A `Store` over one SQLite file."""
