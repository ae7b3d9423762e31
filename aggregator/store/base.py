"""`Reader` and `Store`: what every backend implements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.models import (
    AuditRow,
    Carrier,
    Cluster,
    ClusterCard,
    Decision,
    Feed,
    FeedConfig,
    Grouping,
    HeadlineChange,
    Item,
    LifecycleState,
    OpenCluster,
    Poll,
    Push,
    Revision,
    SearchHit,
    Status,
    Subscription,
    TopicScore,
)
from aggregator.store.answer_reads import AnswerDesk, AnswerReader, AnswerWriter
from aggregator.store.brief_reads import BriefDesk, BriefReader
from aggregator.store.correction_reads import (
    CorrectionDesk,
    CorrectionReader,
    CorrectionWriter,
)
from aggregator.store.life_reads import LifeReader, LifeWriter
from aggregator.store.meaning_reads import MeaningReader, MeaningWriter
from aggregator.store.message_reads import MessageReader, MessageWriter
from aggregator.store.poll_log_reads import PollLogReader, PollLogWriter
from aggregator.store.topic_reads import TopicReader, TopicWriter
from aggregator.store.trend_reads import TrendReader, TrendWriter

Key = tuple[datetime, int]
"""(time, id) of the last row of a page: the next page begins after it."""


class Reader(
    TrendReader,
    TopicReader,
    AnswerReader,
    BriefReader,
    CorrectionReader,
    LifeReader,
    MessageReader,
    MeaningReader,
    PollLogReader,
    Protocol,
):
    """What pages and commands ask; never writes, and any thread may call it.

    Lists come newest first and are paged by key. Raises `NotFound` for an id that
    is not stored and `StoreError` where the database refuses.
    """

    def status(self) -> Status:
        """Say how much came, what waits, and when things last happened; never slow."""

    def feeds(self, *, removed: bool = False) -> tuple[Feed, ...]:
        """Return the feeds by name; those gone from feeds.yaml only if asked for."""

    def feed(self, feed_id: int) -> Feed:
        """Return one feed."""

    def subscription(self, feed_id: int) -> Subscription | None:
        """Return what is asked of a feed's hub, None where there is none."""

    def feed_items(
        self, feed_id: int, *, before: Key | None = None, limit: int = 50
    ) -> tuple[Item, ...]:
        """Return a feed's items."""

    def item(self, item_id: int) -> Item:
        """Return one item."""

    def items(self, item_ids: Sequence[int]) -> Mapping[int, Item]:
        """Return the items with these ids; unknown ids are left out."""

    def revisions(self, item_ids: Sequence[int]) -> Mapping[int, tuple[Revision, ...]]:
        """Return what these items said before, oldest first, where they were edited."""

    def item_topics(
        self, item_ids: Sequence[int]
    ) -> Mapping[int, tuple[TopicScore, ...]]:
        """Return the topic scores of these items, best first."""

    def item_decisions(self, item_id: int) -> tuple[Decision, ...]:
        """Return the ledger's rows about one item, oldest first."""

    def cluster(self, cluster_id: int) -> Cluster:
        """Return one cluster; a merged one says where it went in `merged_into`."""

    def cluster_items(self, cluster_id: int, limit: int = 500) -> tuple[Item, ...]:
        """Return a cluster's items, oldest first."""

    def carriers(self, item_ids: Sequence[int]) -> Mapping[int, Carrier]:
        """Return whose text each of these items carries, where that is known."""

    def cluster_decisions(
        self, cluster_id: int, limit: int = 500
    ) -> tuple[Decision, ...]:
        """Return the ledger's rows about one cluster, oldest first."""

    def placements(self, item_ids: Sequence[int]) -> Mapping[int, Decision]:
        """Return the last decision that put each of these items somewhere."""

    def cluster_topics(self, cluster_id: int) -> tuple[TopicScore, ...]:
        """Return a cluster's topic scores, best first."""

    def clusters(
        self,
        *,
        topic: str = "",
        since: datetime | None = None,
        before: Key | None = None,
        min_sources: int = 1,
        state: LifecycleState | None = None,
        limit: int = 30,
        titles: int = 3,
    ) -> tuple[ClusterCard, ...]:
        """Return clusters by their newest item, of one topic if `topic` names one.

        `min_sources` counts publishers and agencies whose texts they hold. The key of a cluster is (last_at, id). Each card carries `titles` items.
        """

    def headline_changes(
        self,
        cluster_ids: Sequence[int] | None = None,
        since: datetime | None = None,
    ) -> tuple[HeadlineChange, ...]:
        """Return the changes of clusters' headlines, oldest first.

        Of these clusters, or of all; those at or after `since`, or all.
        """

    def busiest_clusters(
        self,
        *,
        since: datetime,
        topic: str | None = None,
        limit: int = 30,
        titles: int = 3,
    ) -> tuple[ClusterCard, ...]:
        """Return the clusters with most independent reports, of those active `since`.

        `topic` is a slug; "" means clusters on no topic, and None all clusters.
        Of equals, those that more sources have come first, then by topic score, then
        newest first.
        """

    def counts_since(self, since: datetime) -> tuple[int, int, int]:
        """Return how many items, reports and clusters the time from `since` on has."""

    def topic_counts(self, since: datetime) -> Mapping[str, int]:
        """Return how many clusters active `since` each topic has."""

    def search(
        self,
        query: str,
        *,
        topic: str = "",
        feed_id: int | None = None,
        since: datetime | None = None,
        limit: int = 50,
    ) -> tuple[SearchHit, ...]:
        """Return the items that hold every word of `query`, newest first.

        Any text is a query: quotes make a phrase, a trailing * a prefix, and all
        else is taken as words.
        """

    def split_children(self, cluster_id: int) -> tuple[Cluster, ...]:
        """Return the clusters that left this one, oldest first."""

    def open_clusters(
        self, since: datetime, model: str = ""
    ) -> tuple[OpenCluster, ...]:
        """Return the clusters whose newest item is at or after `since`, by id.

        `model` is the encoder whose meanings their members are to have, if any.
        """

    def term_counts(self) -> tuple[int, bytes, bytes]:
        """Return (document count, int32 columns, int32 counts) of the stream."""

    def waiting_items(self, limit: int = 500) -> tuple[Item, ...]:
        """Return the items that no decision was taken on yet, oldest first."""

    def last_cluster_id(self) -> int:
        """Return the highest cluster id ever given."""

    def newest_members(
        self, cluster_ids: Sequence[int], limit: int
    ) -> Mapping[int, tuple[Item, ...]]:
        """Return up to `limit` items of each cluster, newest first."""

    def audit(
        self, *, before: int | None = None, limit: int = 50
    ) -> tuple[AuditRow, ...]:
        """Return who did what, newest first, from below the id `before`."""

    def families_version(self) -> str:
        """Return which table of publisher families the counts were made with.

        '' before the first, and while another takes its place (`FAMILIES`).
        """

    def close(self) -> None:
        """Give up every connection."""


class Inbox(Protocol):
    """What hubs tell the site; any thread may call it."""

    def subscription_of(self, token: str) -> Subscription | None:
        """Return the subscription whose callback ends in `token`, if it still holds."""

    def confirm_subscription(
        self, feed_id: int, expires_at: datetime, renew_at: datetime
    ) -> None:
        """Note that a hub verified, and until when it pushes."""

    def deny_subscription(
        self, feed_id: int, error: str, again_at: datetime, poll_at: datetime
    ) -> None:
        """Note that a hub refused or ended a subscription; poll by `poll_at`."""

    def queue_push(
        self, feed_id: int, content_type: str, body: bytes, now: datetime
    ) -> bool:
        """Keep a push until it is read; False where too many wait already."""


class Desk(AnswerDesk, BriefDesk, CorrectionDesk, Protocol):
    """What people tell the site; any thread may call it.

    Every call is one transaction, and leaves a row in the audit log with `who` did it.
    Raises `NotFound` for an id that is not stored.
    """

    def ask_poll(self, feed_id: int, who: str, now: datetime) -> None:
        """Poll a feed at the next tick; one that was gone is polled again."""


class Store(
    Reader,
    Inbox,
    Desk,
    TopicWriter,
    TrendWriter,
    AnswerWriter,
    CorrectionWriter,
    LifeWriter,
    MessageWriter,
    MeaningWriter,
    PollLogWriter,
    Protocol,
):
    """A `Reader` that can also write; one a process."""

    def sync_feeds(self, feeds: Sequence[FeedConfig], now: datetime) -> None:
        """Make the stored feeds those of feeds.yaml; nothing else is deleted."""

    def claim_feeds(
        self, now: datetime, *, limit: int, due_only: bool = True
    ) -> tuple[Feed, ...]:
        """Lease feeds that are due, longest due first; leases end by themselves.

        Without `due_only`, every feed that was not told to wait.
        """

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions that hold or are wanted."""

    def due_subscriptions(
        self, now: datetime, limit: int = 50
    ) -> tuple[Subscription, ...]:
        """Return those whose hub is to be asked, or asked again, by now."""

    def want_subscription(self, wanted: Subscription, now: datetime) -> None:
        """Ask this hub from now on, in place of what was asked for the feed before."""

    def end_subscriptions(self, feed_ids: Sequence[int], poll_at: datetime) -> None:
        """Rely on these feeds' hubs no more; poll by `poll_at`."""

    def note_asking(self, feed_id: int, again_at: datetime) -> None:
        """Note, before a hub is asked, that it may verify, and when to ask again."""

    def note_unasked(self, feed_id: int, error: str) -> None:
        """Note that a hub did not take what it was asked."""

    def note_missed(self, feed_id: int, poll_at: datetime) -> None:
        """Note that a poll found what no push had brought; poll again by `poll_at`."""

    def waiting_pushes(self, limit: int = 20) -> tuple[Push, ...]:
        """Return what hubs sent and nobody has read yet, oldest first."""

    def finish_push(self, push: Push, error: str) -> None:
        """Forget a push that was read; one without `error` proves that the hub works."""

    def save_poll(self, poll: Poll) -> int:
        """Store a poll with all it changes, in one go; return how many items are new."""

    def save_polls(self, polls: Sequence[Poll]) -> Sequence[int]:
        """Store polls, all or none of them; return how many items each brought."""

    def save_grouping(self, grouping: Grouping) -> None:
        """Store a plan, in one go."""

    def save_carriers(self, carriers: Sequence[Carrier]) -> None:
        """Put these in place of what is known of their items, and count again."""

    def save_topic_scores(
        self,
        items: Mapping[int, tuple[TopicScore, ...]],
        clusters: Mapping[int, tuple[TopicScore, ...]],
    ) -> None:
        """Put these scores in place of all that the items and clusters had."""

    def release_feeds(self, feed_ids: Sequence[int]) -> None:
        """Give back leases of feeds that were not polled after all."""
