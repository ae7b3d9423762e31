"""A small database of one invented day: what the site's tests look at."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aggregator.models import (
    DEFINITIONS,
    ClusterUpdate,
    Decision,
    DecisionKind,
    Entry,
    FeedConfig,
    Grouping,
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
from aggregator.store import Store

NOW = datetime(2026, 3, 6, 13, 30, tzinfo=UTC)

BORDER = Topic(
    "Border policy",
    "border-policy",
    any=("border", "asylum", "migrant*", "port of entry"),
    none=("border collie",),
)
TRADE = Topic("Trade", "trade", any=("tariff*", "customs", "freight"))
QUIET = Topic("Fisheries", "fisheries", any=("fishing quota", "trawler*"))
TOPICS = (BORDER, TRADE, QUIET)

FEEDS = tuple(
    FeedConfig(url=f"https://{name}.example/feed.xml", name=title, category=category)
    for name, title, category in (
        ("ledger", "The Harbor Ledger", "national"),
        ("meridian", "Meridian Post", "national"),
        ("valley", "Valley Courier", "local"),
        ("frontera", "La Voz del Valle", "español"),
        ("wire", "Continental Wire", "agency"),
        ("signal", "Coastal Signal", "local"),
        ("office", "Office of Crossings newsroom", "official"),
        ("tribune", "Eastgate Tribune", "national"),
        ("arabic", "صحيفة الميناء", "world"),
        ("broken", "Old Mill Gazette", "local"),
        ("slow", "Northline Daily", "national"),
        ("gone", "Quayside Weekly", "local"),
        ("untidy", "Lakeside Notes", "local"),
    )
)
SWITCHED_OFF = FeedConfig(
    url="https://paused.example/rss", name="Paused Paper", enabled=False
)
NEVER_POLLED = FeedConfig(url="https://fresh.example/rss", name="Fresh Paper")


@dataclass(frozen=True)
class Told:
    """One item of a story: who told it, how many hours before `NOW`, and how."""

    feed: int
    hours: float
    title: str
    summary: str = ""
    url: str = ""


@dataclass(frozen=True)
class Story:
    """One cluster to be: `topics` holds (slug, score, matched words)."""

    headline: str
    words: tuple[str, ...]
    told: tuple[Told, ...]
    topics: tuple[tuple[str, float, tuple[str, ...]], ...] = ()


STORIES = (
    Story(
        "Night crossings at Santa Brisa bridge resume after three-day closure",
        ("santa brisa", "bridge", "crossings", "asylum"),
        (
            Told(
                4,
                19.0,
                "Santa Brisa bridge to reopen overnight, officials say",
                "The port of entry at Santa Brisa will take travelers again from midnight, "
                "three days after it was shut.\n\nAsylum appointments move to Tuesday.",
            ),
            Told(
                0,
                16.5,
                "Night crossings at Santa Brisa bridge resume after three-day closure",
                "Trucks went first. Families with asylum appointments waited under awnings "
                "set up by the city.",
            ),
            Told(
                3,
                15.0,
                "Reabren de noche el puente de Santa Brisa tras tres días de cierre",
                "Los migrantes con cita esperaron bajo toldos del municipio.",
            ),
            Told(
                1,
                9.2,
                "Bridge opens, line forms: a night at the Santa Brisa border crossing",
            ),
            Told(8, 7.5, "إعادة فتح جسر سانتا بريسا بعد إغلاق دام ثلاثة أيام"),
            Told(6, 5.0, "Statement on the resumption of processing at Santa Brisa"),
            Told(2, 1.1, "Santa Brisa merchants count losses as border bridge reopens"),
        ),
        (("border-policy", 0.91, ("border", "asylum", "port of entry")),),
    ),
    Story(
        "Senate panel sends asylum-hearing bill to the floor on a 9 to 8 vote",
        ("asylum", "senate", "hearing"),
        (
            Told(
                1,
                20.0,
                "Senate panel sends asylum-hearing bill to the floor on a 9 to 8 vote",
                "The bill would move first hearings to the border and cap them at ninety days.",
            ),
            Told(7, 18.4, "Asylum bill clears committee by one vote"),
            Told(4, 17.9, "Panel advances bill on asylum hearings, 9-8"),
        ),
        (("border-policy", 0.83, ("asylum", "border")),),
    ),
    Story(
        "Customs strike leaves freight idle on both sides of the river",
        ("customs", "freight", "strike"),
        (
            Told(
                5,
                11.0,
                "Customs strike leaves freight idle on both sides of the river",
                "Brokers count 1,400 trucks at the border; perishable loads turn back.",
            ),
            Told(2, 8.0, "Growers dump lettuce as customs officers walk out"),
        ),
        (
            ("trade", 0.88, ("customs", "freight")),
            ("border-policy", 0.41, ("border",)),
        ),
    ),
    Story(
        "A volunteer kitchen at the port of entry turns one",
        ("kitchen", "volunteers"),
        (
            Told(
                2,
                3.5,
                "A volunteer kitchen at the port of entry turns one",
                "Forty thousand meals, most of them soup.",
            ),
        ),
        (("border-policy", 0.52, ("port of entry", "migrants")),),
    ),
    Story(
        "Editorial: count the beds before you count the migrants",
        ("editorial", "beds"),
        (Told(7, 13.0, "Editorial: count the beds before you count the migrants"),),
        (("border-policy", 0.47, ("migrants",)),),
    ),
    Story(
        "Tariff on river gravel to be phased in over two years",
        ("tariff", "gravel"),
        (Told(4, 6.0, "Tariff on river gravel to be phased in over two years"),),
        (("trade", 0.66, ("tariff",)),),
    ),
    Story(
        "Magnitude 5.1 quake shakes Port Alder; no injuries reported",
        ("quake", "port alder"),
        (
            Told(4, 4.0, "Magnitude 5.1 quake shakes Port Alder; no injuries reported"),
            Told(5, 3.8, "Strong jolt felt across Port Alder this morning"),
            Told(0, 2.9, "Port Alder quake: what we know"),
            Told(1, 2.2, "Schools check walls after Port Alder quake"),
        ),
    ),
    Story(
        "Eastgate elects its first write-in mayor",
        ("eastgate", "mayor"),
        (
            Told(7, 14.0, "Eastgate elects its first write-in mayor"),
            Told(1, 12.0, "A baker writes her way into Eastgate's city hall"),
        ),
    ),
    Story(
        "The ferry schedule changes on Monday",
        ("ferry",),
        (Told(5, 10.0, "The ferry schedule changes on Monday"),),
    ),
    Story(
        "Dust storm closes the desert highway",
        ("dust", "highway"),
        (
            Told(2, 60.0, "Dust storm closes the desert highway"),
            Told(0, 58.0, "Highway shut as dust rolls over the border plain"),
        ),
        (("border-policy", 0.38, ("border",)),),
    ),
)


def save_items(
    store: Store, told: Iterable[Told], now: datetime = NOW
) -> dict[str, int]:
    """Store items as if their feeds had just been polled; return their ids by title."""
    by_feed: dict[int, list[Told]] = {}
    for one in told:
        by_feed.setdefault(one.feed, []).append(one)
    feeds = {feed.name: feed.id for feed in store.feeds()}
    for index, tellings in by_feed.items():
        entries = tuple(
            Entry(
                key=f"{index}:{one.hours}:{one.title}",
                url=one.url or f"https://outlet{index}.example/story?h={one.hours}&x=1",
                title=one.title,
                summary=one.summary,
                author="A. Reporter",
                published_at=now - timedelta(hours=one.hours),
            )
            for one in tellings
        )
        store.save_poll(poll(feeds[FEEDS[index].name], now, entries=entries))
    return {item.title: item.id for item in store.waiting_items(limit=100_000)}


def poll(feed_id: int, now: datetime, **fields: object) -> Poll:
    """Make a poll that went well, but for what `fields` say."""
    values: dict[str, object] = {
        "outcome": Outcome.OK,
        "status": 200,
        "byte_count": 18_204,
        "next_poll_at": now + timedelta(minutes=48),
        "started_at": now - timedelta(minutes=12),
        "finished_at": now - timedelta(minutes=12) + timedelta(seconds=1),
    }
    return Poll(feed_id=feed_id, **{**values, **fields})  # type: ignore[arg-type]  # a mapping of its own fields


def update_of(
    cluster_id: int, story: Story, item_ids: Sequence[int], now: datetime = NOW
) -> ClusterUpdate:
    """Make the cluster of a story."""
    times = [now - timedelta(hours=one.hours) for one in story.told]
    return ClusterUpdate(
        state=OpenCluster(
            cluster_id,
            len(item_ids),
            min(times),
            max(times),
            array("i", [cluster_id]).tobytes(),
            array("f", [1.0]).tobytes(),
        ),
        headline=story.headline,
        words=story.words,
        topic_scores=tuple(
            TopicScore(slug, score, True, matched)
            for slug, score, matched in story.topics
        ),
    )


def decisions_of(
    cluster_id: int, story: Story, item_ids: Sequence[int], now: datetime = NOW
) -> list[Decision]:
    """Make the ledger's rows: the first item opened the cluster, the others joined."""
    rows = []
    for index, item_id in enumerate(item_ids):
        score = 0.12 if index == 0 else 0.71 - 0.04 * index
        runner_up = cluster_id - 1 or None
        parts = (0.46, 0.31, 0.14, 0.09)
        terms = tuple(map(SharedTerm, story.words, parts))
        rows.append(
            Decision(
                item_id=item_id,
                cluster_id=cluster_id,
                kind=DecisionKind.JOINED if index else DecisionKind.OPENED,
                score=score,
                threshold=0.34,
                runner_up_id=runner_up,
                runner_up_score=0.12 if runner_up else 0.0,
                margin=score - (0.12 if index else 0.34),
                shared_terms=terms if index else (),
                rule="threshold",
                config_hash="3f2a90c1",
                decided_at=now - timedelta(minutes=11),
            )
        )
    return rows


def save_stories(
    store: Store, stories: Sequence[Story] = STORIES, now: datetime = NOW
) -> None:
    """Store the items of `stories` and a grouping that makes a cluster of each."""
    save_items(store, [one for story in stories for one in story.told], now)
    ids = {item.title: item.id for item in store.waiting_items(limit=100_000)}
    first = store.last_cluster_id() + 1
    numbered = [
        (number, story, [ids[one.title] for one in story.told])
        for number, story in enumerate(stories, first)
    ]
    scores = {
        item_id: update_of(number, story, members, now).topic_scores
        for number, story, members in numbered
        for item_id in members
    }
    store.save_grouping(
        Grouping(
            decided_at=now - timedelta(minutes=11),
            clusters=tuple(update_of(*row, now) for row in numbered),
            moves=(
                Moves(tuple(d for row in numbered for d in decisions_of(*row, now))),
            ),
            item_topics=scores,
        )
    )


def join(
    store: Store,
    cluster_id: int,
    told: Sequence[Told],
    now: datetime,
    headline: str = "",
) -> None:
    """Store more items, and a grouping that puts them into a cluster."""
    ids = save_items(store, told, now)
    cluster = store.cluster(cluster_id)
    story = Story(headline or cluster.headline, cluster.words, tuple(told))
    members = [ids[one.title] for one in told]
    update = update_of(cluster_id, story, members, now)
    update = replace(
        update,
        state=replace(update.state, first_at=cluster.first_at),
        topic_scores=store.cluster_topics(cluster_id),
    )
    joined = tuple(
        replace(row, kind=DecisionKind.JOINED, decided_at=now)
        for row in decisions_of(cluster_id, story, members, now)
    )
    store.save_grouping(Grouping(now, (update,), (Moves(joined),)))


def split(store: Store, cluster_id: int, now: datetime) -> int:
    """Let the newest two items of a cluster leave it; return where they went."""
    child_id = store.last_cluster_id() + 1
    leaving = [item.id for item in store.cluster_items(cluster_id)[-2:]]
    story = Story("What left", (), (Told(0, 2.0, "a"), Told(0, 1.0, "b")))
    moves = Moves(splits=(Split(cluster_id, child_id, tuple(leaving)),))
    update = update_of(child_id, story, leaving, now)
    store.save_grouping(Grouping(now, (update,), (moves,)))
    return child_id


def merge(store: Store, kept_id: int, gone_id: int, now: datetime) -> None:
    """Let one cluster go into another."""
    moves = Moves(merges=(Merge(kept_id, gone_id),))
    store.save_grouping(Grouping(now, moves=(moves,)))


def save_troubles(store: Store, now: datetime = NOW) -> None:
    """Make four feeds fail, each in a way of its own."""
    ids = {feed.name: feed.id for feed in store.feeds()}
    store.save_poll(
        poll(
            ids["Old Mill Gazette"],
            now,
            outcome=Outcome.ERROR,
            status=200,
            failure_count=3,
            error_kind="html",
            error="The address gives a web page (text/html) and no feed. "
            "Its first words are: “Welcome to the Old Mill Gazette”.",
        )
    )
    store.save_poll(
        poll(
            ids["Northline Daily"],
            now,
            outcome=Outcome.BACKOFF,
            status=429,
            failure_count=1,
            next_poll_at=now + timedelta(hours=6),
            error="The server asked to wait 6 hours (429, Retry-After).",
        )
    )
    store.save_poll(
        poll(
            ids["Quayside Weekly"],
            now,
            outcome=Outcome.GONE,
            status=410,
            next_poll_at=None,
            error="The server says that this feed is gone (410).",
        )
    )
    store.save_poll(
        poll(
            ids["Lakeside Notes"],
            now,
            skipped_count=2,
            warning="Not well formed: mismatched tag, line 214, column 6.",
        )
    )


def fill(store: Store, now: datetime = NOW) -> None:
    """Store the whole sample."""
    store.sync_feeds((*FEEDS, SWITCHED_OFF, NEVER_POLLED), now - timedelta(days=3))
    store.sync_topics(TOPICS, now - timedelta(days=3))
    store.end_rescoring(DEFINITIONS)
    for feed in store.feeds():
        if feed.name not in (SWITCHED_OFF.name, NEVER_POLLED.name):
            store.save_poll(
                poll(
                    feed.id,
                    now - timedelta(hours=1),
                    outcome=Outcome.NOT_MODIFIED,
                    status=304,
                    byte_count=0,
                )
            )
    save_stories(store, now=now)
    save_troubles(store, now)
