"""Yes and no on the site: what is asked, who said what, and what answers taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient

from aggregator.models import Lesson, Measured, TopicScore
from aggregator.store import Store
from tests import sample
from tests.browsing import (
    assert_harmless,
    desk_over,
    page,
    save_sample,
    site_over,
    text_of,
)
from tests.sample import NOW

SLUG = "border-policy"
QUEUE = f"/topics/{SLUG}/answers"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[FlaskClient, Store]]:
    with desk_over(save_sample(tmp_path), user_header="Remote-User") as given:
        yield given


def post(client: FlaskClient, path: str, **fields: object) -> int:
    return client.post(path, data=fields, headers={"Remote-User": "Ana"}).status_code


def forms(root: Element, action: str) -> list[Element]:
    return [form for form in root.iter("form") if form.get("action") == action]


def lesson(decides: bool) -> Lesson:
    return Lesson(
        1.2,
        {"asylum": 0.8, "<b>bold</b>": 0.5, "ferry": -0.6},
        21,
        22,
        Measured(0.5, 0.8),
        Measured(0.75, None),
        decides,
    )


def test_an_item_and_a_cluster_ask_about_each_topic_and_show_what_was_said(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    item = store.cluster_items(1)[0].id
    for kind, id in (("items", item), ("clusters", 1)):
        root = page(client, f"/{kind}/{id}")
        asked = [
            topic.slug
            for topic in sample.TOPICS
            if forms(root, f"/topics/{topic.slug}/answers")
        ]
        assert asked == [topic.slug for topic in sample.TOPICS]
        pressed = [b for b in root.iter("button") if b.get("aria-pressed")]
        assert pressed == []
        assert post(client, QUEUE, **{kind[:-1]: id, "answer": "no"}) == 303
        root = page(client, f"/{kind}/{id}")
        (button,) = [b for b in root.iter("button") if b.get("aria-pressed")]
        assert (button.get("value"), button.get("name")) == ("no", "answer")
    assert store.answers_on(item_id=item) == {SLUG: False}
    assert store.answers_on(cluster_id=1) == {SLUG: False}
    log = text_of(page(client, "/audit/"))
    assert f"Ana said no to item {item}" in log
    assert "Ana said no to cluster 1" in log


def test_the_queue_shows_near_misses_and_goes_on_to_the_next(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    assert "Nothing came near in the last 14 days." in text_of(page(client, QUEUE))
    items = [
        store.cluster_items(card.cluster.id)[0]
        for card in store.clusters()
        if not any(t.slug == SLUG and t.is_match for t in card.topics)
    ][:3]
    store.save_topic_scores(
        {
            item.id: (TopicScore(SLUG, 0.3 + n / 20, False, ("the",)),)
            for n, item in enumerate(items)
        },
        {},
    )
    for left in (3, 2, 1):
        root = page(client, QUEUE)
        assert_harmless(root)
        asked = forms(root, QUEUE)
        assert len(asked) == left
        keys = {b.get("accesskey"): b.get("value") for b in asked[0].iter("button")}
        assert keys == {"y": "yes", "n": "no"}
        fields = {i.get("name") or "": i.get("value") for i in asked[0].iter("input")}
        assert fields == {"item": str(items[left - 1].id), "back": "queue"}
        answer = client.post(QUEUE, data={**fields, "answer": "yes"})
        assert (answer.status_code, answer.location) == (303, QUEUE)
    text = text_of(page(client, QUEUE))
    assert "Nothing came near" in text
    assert text.count("Take back") == 3


def test_the_brief_asks_about_its_near_misses_and_leads_back_to_itself(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    card = next(
        card
        for card in store.clusters(since=NOW - timedelta(hours=12))
        if not any(t.slug == SLUG for t in card.topics)
    )
    id = card.cluster.id
    store.save_topic_scores({}, {id: (TopicScore(SLUG, 0.45, False, ("the",)),)})
    (form,) = forms(page(client, "/"), QUEUE)
    fields = {i.get("name") or "": i.get("value") for i in form.iter("input")}
    assert fields == {"cluster": str(id), "back": "brief"}
    answer = client.post(QUEUE, data={**fields, "answer": "no"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert forms(page(client, "/"), QUEUE) == []


def test_an_answer_is_taken_back(desk: tuple[FlaskClient, Store]) -> None:
    client, store = desk
    post(client, QUEUE, cluster=1, answer="yes")
    (answer,) = store.answers(SLUG)
    assert post(client, f"{QUEUE}/{answer.id}/take-back") == 303
    assert store.answers(SLUG) == ()
    assert post(client, f"{QUEUE}/{answer.id}/take-back") == 404


def test_lessons_say_what_was_gained_and_can_be_changed(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    store.save_lesson(SLUG, "d", lesson(False), NOW)
    store.save_lesson(SLUG, "d", lesson(True), NOW)
    root = page(client, QUEUE)
    assert_harmless(root)
    text = text_of(root)
    assert "21 yes, 22 no precision 50%, recall 80% precision 75%, recall –" in text
    assert "for: asylum, <b>bold</b> against: ferry decides" in text
    newest, oldest = store.lessons(SLUG)
    lessons = f"/topics/{SLUG}/lessons"
    assert post(client, lessons, lesson=oldest.id) == 303
    assert [row.is_used for row in store.lessons(SLUG)] == [False, True]
    assert "The newest lesson is put aside" in text_of(page(client, QUEUE))
    assert post(client, lessons) == 303
    assert [row.is_used for row in store.lessons(SLUG)] == [False, False]
    assert post(client, lessons, lesson=newest.id + 9) == 404
    assert [row.is_used for row in store.lessons(SLUG)] == [False, False]


def test_a_lesson_learned_on_an_older_definition_is_told_with_its_dates(
    desk: tuple[FlaskClient, Store],
) -> None:
    client, store = desk
    topic = f"/topics/{SLUG}"
    running = sample.TOPICS[0].definition
    store.save_lesson(SLUG, running, lesson(True), NOW - timedelta(days=9))
    for path in (topic, QUEUE):
        assert "older definition" not in text_of(page(client, path))
    (row,) = store.lessons(SLUG)
    assert store.lesson_in_use(SLUG) == row
    older = replace(sample.TOPICS[0], any=("wall",))
    store.save_lesson(SLUG, older.definition, lesson(True), NOW - timedelta(days=8))
    store.sync_topics([older], NOW - timedelta(days=2))
    store.sync_topics(sample.TOPICS, NOW - timedelta(days=1))
    store.sync_topics(sample.TOPICS, NOW)
    assert store.defined_at(SLUG) == NOW - timedelta(days=1)
    post(client, QUEUE, cluster=1, answer="yes")
    root = page(client, topic)
    assert_harmless(root)
    said = text_of(root)
    assert (
        "Learned on an older definition: what 43 answers taught (26 Feb, 13:30) "
        "decides what is on this topic, and was learned before the definition changed "
        "(Thu 13:30). It serves until answers teach a new one: ten, three of either "
        "kind. There are 1 yes and 0 no." in said
    )
    assert "As it is since Thu 13:30" in said
    assert text_of(page(client, QUEUE)).count("on an older definition") == 1
    store.save_lesson(SLUG, running, lesson(True), NOW)
    assert "older definition" not in text_of(page(client, topic))
    old_id = store.lessons(SLUG)[1].id
    assert post(client, f"{topic}/lessons", lesson=old_id) == 303
    assert "it serves until another is used." in text_of(page(client, topic))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"answer": "yes"}, 400),
        ({"item": 1, "cluster": 1, "answer": "yes"}, 400),
        ({"item": 1}, 400),
        ({"item": 1, "answer": "maybe"}, 400),
        ({"item": "1 OR 1", "answer": "yes"}, 400),
        ({"item": 2**63, "answer": "yes"}, 400),
        ({"item": 999, "answer": "yes"}, 404),
        ({"cluster": 999, "answer": "no"}, 404),
    ],
)
def test_what_cannot_be_answered_changes_nothing(
    desk: tuple[FlaskClient, Store], fields: dict[str, object], status: int
) -> None:
    client, store = desk
    assert post(client, QUEUE, **fields) == status
    assert store.answers(SLUG) == ()
    assert post(client, "/topics/nothing/answers", item=1, answer="yes") == 404
    assert client.get("/topics/nothing/answers").status_code == 404


def test_a_site_that_cannot_write_asks_nothing(tmp_path: Path) -> None:
    with site_over(save_sample(tmp_path)) as app:
        client = app.test_client()
        for path in ("/clusters/1", "/items/1", QUEUE):
            assert forms(page(client, path), QUEUE) == []
