"""Yes and no about topics: from the desk through the daemon's pass to scores and lessons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings
from aggregator.errors import NotFound
from aggregator.models import (
    Entry,
    FeedConfig,
    Item,
    Lesson,
    Measured,
    Outcome,
    Poll,
    Topic,
)
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from aggregator.topics.answered import RANKS_FROM
from aggregator.topics.lessons import DECIDES_FROM

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SLUG = "quotas"
QUOTAS = Topic("Quotas", SLUG, any=("quota",))
FEED = FeedConfig("https://gazette.example/feed", "Gazette")
PLACES = (
    *("Abbey", "Birch", "Cedar", "Dover", "Elmwood", "Fernley", "Granby", "Holm"),
    *("Ivy", "Juniper", "Kelso", "Linden", "Marlow", "Norwood", "Oakley", "Perth"),
    *("Quarry", "Redhill", "Selby", "Thorne", "Upton", "Vernon", "Wexham", "Yarrow"),
)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


def text_of(number: int) -> tuple[str, str]:
    """Even numbers are about fishing, odd ones about students; both say "quota" once."""
    place = f"{PLACES[number // 2 % 24]} {PLACES[(number * 7 + number // 24) % 24]}"
    if number % 2 == 0:
        return (
            f"Trawlers of {place} wait for the cod season",
            f"Skippers in {place} mend nets while herring boats await a quota.",
        )
    return (
        f"College of {place} sorts its applicants",
        f"Admissions at {place} weigh grades of pupils against a quota.",
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Pipeline]]:
    """Start the daemon's pipeline over one database, as often as a test likes."""
    made: list[Pipeline] = []

    def stop() -> None:
        for pipeline in made:
            pipeline.close()
            pipeline.store.close()
        made.clear()

    def start(topic: Topic = QUOTAS) -> Pipeline:
        stop()
        settings = Settings(feeds=(replace(FEED, enabled=True),), topics=(topic,))
        store = open_store(tmp_path / "test.db")
        made.append(Pipeline(store, settings, now=clock))
        return made[0]

    yield start
    stop()


def tick(pipeline: Pipeline) -> None:
    """Do what the daemon's tick does, but ask no feed."""
    pipeline.topics.learn()
    pipeline.answers.run()
    pipeline.topics.run()
    pipeline.groups.run()


def bring(pipeline: Pipeline, texts: list[tuple[str, str]]) -> list[Item]:
    """Store texts as items of the feed and cluster them; return them in order."""
    store = pipeline.store
    feed = store.feeds()[0]
    at = pipeline.now()
    known = {item.id for item in store.feed_items(feed.id, limit=10_000)}
    store.save_poll(
        Poll(
            feed.id,
            at,
            at,
            Outcome.OK,
            at + timedelta(hours=1),
            entries=tuple(
                Entry(
                    f"{at}{n}",
                    f"https://gazette.example/{at:%H%M%S}-{n}",
                    title,
                    summary,
                    published_at=at - timedelta(hours=n + 1),
                )
                for n, (title, summary) in enumerate(texts)
            ),
        )
    )
    tick(pipeline)
    found = store.feed_items(feed.id, limit=10_000)
    return [item for item in found if item.id not in known]


def say(store: Store, item: Item, is_yes: bool, at: datetime = NOW) -> None:
    store.answer(SLUG, item_id=item.id, is_yes=is_yes, who="ana", now=at)


def matches(store: Store, item: Item) -> bool:
    scores = store.item_topics([item.id]).get(item.id, ())
    return any(score.slug == SLUG and score.is_match for score in scores)


def is_fishing(item: Item) -> bool:
    return item.title.startswith("Trawlers")


def test_a_yes_puts_an_item_on_a_topic_and_a_no_takes_it_off(
    start: Callable[..., Pipeline],
) -> None:
    pipeline = start()
    store = pipeline.store
    strong = ("Quota row: a quota, the quota", "Quota after quota.")
    items = bring(pipeline, [strong, ("Band plays at the fair", "Music all day.")])
    on, off = (
        next(i for i in items if i.title.startswith(w)) for w in ("Quota", "Band")
    )
    assert matches(store, on) and not matches(store, off)
    say(store, on, False)
    say(store, off, True)
    tick(pipeline)
    assert not matches(store, on) and matches(store, off)
    clusters = [card.cluster.id for card in store.clusters(topic=SLUG)]
    assert clusters == [store.item(off.id).cluster_id]
    assert store.answers_on(item_id=on.id) == {SLUG: False}
    for answer in store.answers(SLUG):
        store.take_back_answer(answer.id, "ben", NOW)
    tick(pipeline)
    assert matches(store, on) and not matches(store, off)
    assert [(r.who, r.action) for r in store.audit()] == [
        ("ben", "took back an answer on"),
        ("ben", "took back an answer on"),
        ("ana", "said yes to"),
        ("ana", "said no to"),
    ]


def test_a_no_about_a_cluster_stays_whoever_joins_it(
    start: Callable[..., Pipeline], clock: Clock
) -> None:
    pipeline = start()
    store = pipeline.store
    text = "Selby cod quota halved by ministers"
    first = bring(
        pipeline, [(text, "The quota for Selby cod is halved, ministers say.")]
    )
    cluster_id = store.item(first[0].id).cluster_id
    assert cluster_id is not None
    store.answer(SLUG, cluster_id=cluster_id, is_yes=False, who="ana", now=NOW)
    tick(pipeline)
    assert store.clusters(topic=SLUG) == ()
    clock.at += timedelta(hours=1)
    later = bring(
        pipeline,
        [
            (
                f"{text} after a {word} night",
                f"Ministers halve the quota, {word} talks.",
            )
            for word in ("long", "loud", "short")
        ],
    )
    assert {store.item(item.id).cluster_id for item in later} == {cluster_id}
    assert all(matches(store, item) for item in later)
    assert store.clusters(topic=SLUG) == ()
    assert store.answers_on(cluster_id=cluster_id) == {SLUG: False}


def test_the_last_word_on_an_item_counts(start: Callable[..., Pipeline]) -> None:
    pipeline = start()
    store = pipeline.store
    (item,) = bring(pipeline, [("Band plays at the fair", "Music all day.")])
    say(store, item, True)
    say(store, item, False)
    say(store, item, True)
    tick(pipeline)
    assert matches(store, item)
    assert [answer.is_yes for answer in store.answers(SLUG)] == [True]


def test_what_is_neither_stored_nor_in_force_cannot_be_answered_about(
    start: Callable[..., Pipeline],
) -> None:
    store = start().store
    with pytest.raises(NotFound, match="item 77"):
        store.answer(SLUG, item_id=77, is_yes=True, who="ana", now=NOW)
    with pytest.raises(NotFound, match="cluster 78"):
        store.answer(SLUG, cluster_id=78, is_yes=True, who="ana", now=NOW)
    with pytest.raises(NotFound, match="answer 1"):
        store.take_back_answer(1, "ana", NOW)
    with pytest.raises(NotFound, match="lesson 9"):
        store.use_lesson(SLUG, 9, "ana", NOW)
    assert store.audit() == ()


def test_answers_teach_when_nobody_answers_any_more(
    start: Callable[..., Pipeline], clock: Clock
) -> None:
    pipeline = start()
    store = pipeline.store
    items = bring(pipeline, [text_of(n) for n in range(60)])
    assert not any(matches(store, item) for item in items)
    for item in items[:RANKS_FROM]:
        say(store, item, is_fishing(item))
    tick(pipeline)
    assert store.lessons(SLUG) == ()
    clock.at += timedelta(seconds=6)
    tick(pipeline)
    (row,) = store.lessons(SLUG)
    assert row.is_used and not row.lesson.decides
    scores = {
        item.id: score.score
        for item in items[RANKS_FROM:]
        for score in store.item_topics([item.id])[item.id]
    }
    fishing = [scores[i.id] for i in items[RANKS_FROM:] if is_fishing(i)]
    students = [scores[i.id] for i in items[RANKS_FROM:] if not is_fishing(i)]
    assert min(fishing) > max(students)
    assert not any(matches(store, item) for item in items[RANKS_FROM:])
    tick(pipeline)
    assert len(store.lessons(SLUG)) == 1  # the same answers teach nothing new


def test_enough_answers_decide_and_an_older_lesson_can_be_put_back(
    start: Callable[..., Pipeline], clock: Clock
) -> None:
    pipeline = start()
    store = pipeline.store
    items = bring(pipeline, [text_of(n) for n in range(90)])
    for item in items[:20]:
        say(store, item, is_fishing(item))
    clock.at += timedelta(seconds=6)
    tick(pipeline)
    for item in items[20:DECIDES_FROM]:
        say(store, item, is_fishing(item), clock.at)
    clock.at += timedelta(seconds=6)
    tick(pipeline)
    newest, oldest = store.lessons(SLUG)
    assert newest.lesson.decides and newest.is_used and not oldest.is_used
    assert newest.lesson.after.f1 > newest.lesson.before.f1
    rest = items[DECIDES_FROM:]
    assert {item.id for item in rest if matches(store, item)} == {
        item.id for item in rest if is_fishing(item)
    }
    store.use_lesson(SLUG, oldest.id, "ben", clock.at)
    tick(pipeline)
    assert not any(matches(store, item) for item in rest)
    # a new lesson does not push aside what somebody put back
    for item in rest[:4]:
        say(store, item, is_fishing(item), clock.at)
    clock.at += timedelta(seconds=6)
    tick(pipeline)
    assert [row.is_used for row in store.lessons(SLUG)] == [False, False, True]
    store.use_lesson(SLUG, None, "ben", clock.at)
    tick(pipeline)
    before = {item.id: store.item_topics([item.id]) for item in rest[4:]}
    store.use_lesson(SLUG, store.lessons(SLUG)[0].id, "ben", clock.at)
    tick(pipeline)
    assert {item.id: store.item_topics([item.id]) for item in rest[4:]} != before


def test_answers_outlive_a_change_of_the_definition_and_a_restart(
    start: Callable[..., Pipeline], clock: Clock
) -> None:
    pipeline = start()
    items = bring(pipeline, [text_of(n) for n in range(60)])
    for item in items[:DECIDES_FROM]:
        say(pipeline.store, item, is_fishing(item))
    # the daemon ends before its next tick
    clock.at += timedelta(seconds=6)
    pipeline = start(replace(QUOTAS, any=("quota", "nets"), none=("sturgeon",)))
    tick(pipeline)
    store = pipeline.store
    assert len(store.answers(SLUG)) == DECIDES_FROM
    assert store.lessons(SLUG)[0].lesson.decides
    told = {item.id for item in items if matches(store, item)}
    assert told == {item.id for item in items if is_fishing(item)}
    later = bring(pipeline, [text_of(n) for n in range(60, 80)])
    assert {i.id for i in later if matches(store, i)} == {
        i.id for i in later if is_fishing(i)
    }
    again = start(QUOTAS)
    tick(again)
    assert {i.id for i in later if matches(again.store, i)} == {
        i.id for i in later if is_fishing(i)
    }


def test_old_lessons_go_and_the_one_in_use_stays(
    start: Callable[..., Pipeline],
) -> None:
    store = start().store
    nothing = Measured(None, None)
    for n in range(30):
        store.save_lesson(
            SLUG, "d", Lesson(1.0, {}, n, n, nothing, nothing, False), NOW
        )
        if n == 3:
            store.use_lesson(SLUG, store.lessons(SLUG)[1].id, "ana", NOW)
    rows = store.lessons(SLUG, limit=100)
    assert [row.lesson.yes_count for row in rows] == [*range(29, 9, -1), 2]
    assert [row.lesson.yes_count for row in rows if row.is_used] == [2]


def test_near_misses_are_the_nearest_that_nobody_answered_about(
    start: Callable[..., Pipeline],
) -> None:
    pipeline = start()
    store = pipeline.store
    texts = [
        ("Granby fair opens", "Bakers set a quota, then a quota on pies."),
        ("Thorne library lends more", "It has a quota of novels."),
        (
            "Upton council quarrels over a quota",
            "Mayor leaves the hall, and a quota stays.",
        ),
        ("Holm choir sings", "No such word here."),
    ]
    bring(pipeline, texts)
    since = NOW - timedelta(days=1)
    near = store.nearest_items(SLUG, since)
    assert [item.title for item, _ in near] == [texts[0][0], texts[1][0]]
    assert all(score.score < 0.5 and score.matched for _, score in near)
    say(store, near[0][0], False)
    assert [item.title for item, _ in store.nearest_items(SLUG, since)] == [texts[1][0]]
    assert store.nearest_items(SLUG, NOW + timedelta(hours=1)) == ()
