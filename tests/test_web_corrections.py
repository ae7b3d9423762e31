"""Correcting clusters on the site and by its API: what is offered, taken and refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient

from aggregator.config import Settings
from aggregator.models import CorrectionKind
from tests.browsing import assert_harmless, page, text_of
from tests.newsroom import EVENTS, Newsroom
from tests.sample import NOW
from web import create_app

Desk = tuple[FlaskClient, Newsroom]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    room = Newsroom(tmp_path / "room.db")
    room.tell("ferry", 5)
    room.tell("quake", 4)
    room.tick()
    app = create_app(Settings(user_header="Remote-User"), *[room.store] * 3)
    app.config["NOW"] = lambda: NOW
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    client.environ_base["HTTP_REMOTE_USER"] = "Ana"
    yield client, room
    room.close()


def say(client: FlaskClient, cluster: int, **form: object) -> int:
    return client.post(f"/clusters/{cluster}/correct", data=form).status_code


def buttons(root: Element) -> list[str]:
    return [text_of(button) for button in root.iter("button")]


def test_a_merge_waits_for_the_tick_and_can_be_undone(desk: Desk) -> None:
    client, room = desk
    ferry, quake = room.only("ferry"), room.only("quake")
    assert (
        say(client, ferry, kind="merge", other=f"http://localhost/clusters/{quake}")
        == 303
    )
    root = page(client, f"/clusters/{ferry}")
    assert_harmless(root)
    assert "A correction is being applied" in text_of(root)
    assert "is being applied" in text_of(root)
    room.tick()
    root = page(client, f"/clusters/{ferry}")
    assert "being applied" not in text_of(root)
    assert "This cluster and cluster 2 are one event Ana" in text_of(root)
    assert "Put here by Ana" in text_of(root)
    assert client.get(f"/clusters/{quake}").location == f"/clusters/{ferry}"
    assert client.post("/corrections/1/undo").status_code == 303
    assert "is being undone" in text_of(page(client, f"/clusters/{ferry}"))
    assert client.post("/corrections/1/undo").status_code == 409
    room.tick()
    assert room.only("quake") == quake
    assert "undone by Ana" in text_of(page(client, f"/clusters/{ferry}"))
    log = text_of(page(client, "/audit/"))
    assert "Ana asked to merge cluster 2 and cluster 1" in log
    assert "Ana took back a merge of cluster 1" in log


def test_checked_items_are_split_off_and_moved(desk: Desk) -> None:
    client, room = desk
    ferry, quake = room.only("ferry"), room.only("quake")
    root = page(client, f"/clusters/{ferry}")
    checks = [node for node in root.iter("input") if node.get("type") == "checkbox"]
    assert [node.get("value") for node in checks] == ["1", "2", "3", "4", "5"]
    assert {node.get("form") for node in checks} == {"checked"}
    assert say(client, ferry, kind="split", item=[2, 3], other="") == 303
    assert say(client, ferry, kind="move", item=[4], other=quake) == 303
    assert say(client, ferry, alone=5, other="7") == 303
    room.tick()
    here = room.places()
    assert here[2] == here[3]
    assert here[4] == quake
    assert len({here[1], here[2], here[4], here[5]}) == 4
    child = room.store.cluster(here[2] or 0)
    assert child.split_from == ferry


def test_pinning_and_keys(desk: Desk) -> None:
    client, room = desk
    root = page(client, "/clusters/1")
    keys = {node.get("accesskey") for node in root.iter("button")} - {None}
    assert keys == {"m", "s", "p", "x"}
    assert say(client, 1, kind="pin") == 303
    assert "pinned" not in text_of(next(root.iter("h1")))
    room.tick()
    root = page(client, "/clusters/1")
    assert "Cluster 1 pinned" in text_of(root)
    assert "Pin" not in buttons(root)
    assert [b for b in buttons(root) if b.startswith("Unpin")]
    assert say(client, 1, kind="pin") == 409
    client.post("/corrections/1/undo")
    room.tick()
    assert "Cluster 1 pinned" not in text_of(page(client, "/clusters/1"))


def test_the_nearest_clusters_are_offered(desk: Desk) -> None:
    client, room = desk
    words = EVENTS["ferry"].split()[:3] + EVENTS["quake"].split()[:2]
    room.tell(" ".join(words), 3)
    room.tick()
    near = [room.store.near_clusters(id) for id in (1, 2)]
    assert any(near)
    id = 1 if near[0] else 2
    (other, score) = near[id - 1][0]
    text = text_of(page(client, f"/clusters/{id}"))
    assert f"cluster {other.id}, " in text
    assert f"{score:.2f}" in text
    assert f"Merge with cluster {other.id}" in text


def test_what_the_engine_merged_can_be_parted_under_its_old_address(desk: Desk) -> None:
    client, room = desk
    room.tell("river flood levee", 2)
    room.tell("flood", 1, start=3)
    room.tick()
    room.tell("flood", 9)
    room.tick()
    merges = [row for row in room.store.ledger() if row.kind == "merged"]
    if not merges:
        pytest.fail("the engine merged nothing")
    kept, gone = merges[-1].cluster_id, merges[-1].other_id
    text = text_of(page(client, f"/clusters/{kept}"))
    assert f"Not the same event as cluster {gone}" in text
    brought = room.store.brought_along(kept or 0, gone or 0)
    assert say(client, kept or 0, kind="unmerge", other=gone) == 303
    room.tick()
    here = room.places()
    assert {here[id] for id in brought} == {gone}
    assert room.store.cluster(gone or 0).merged_into is None
    assert say(client, kept or 0, kind="unmerge", other=gone) == 409
    room.undo(1)
    assert {room.places()[id] for id in brought} == {kept}


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"kind": "merge"}, 409, "Say which other cluster"),
        ({"kind": "merge", "other": "ninety"}, 409, "'ninety' names no cluster"),
        ({"kind": "merge", "other": "99"}, 409, "There is no cluster 99"),
        ({"kind": "merge", "other": "1"}, 409, "Both are cluster 1"),
        ({"kind": "merge", "other": "٢"}, 409, "names no cluster"),
        ({"kind": "split"}, 409, "No item is checked"),
        ({"kind": "split", "item": ["7"]}, 409, "Item 7 is not in cluster 1"),
        ({"kind": "split", "item": ["x"]}, 409, "'x' is no item"),
        ({"kind": "split", "item": ["9" * 30]}, 409, "is no item"),
        ({"kind": "move", "item": ["1"]}, 409, "Say which other cluster"),
        ({"kind": "unmerge", "other": "2"}, 409, "Nothing of cluster 2"),
        ({"kind": "eat"}, 400, "Bad request"),
        ({}, 400, "Bad request"),
    ],
)
def test_what_cannot_be_taken_says_why(
    desk: Desk, form: dict[str, object], status: int, said: str
) -> None:
    client, room = desk
    answer = client.post("/clusters/1/correct", data=form)
    assert answer.status_code == status
    assert said in answer.get_data(as_text=True).replace("&#39;", "'")
    assert room.store.waiting_corrections() == ()
    assert room.store.audit() == ()


def test_brackets_without_end_are_a_mistake_and_no_crash(desk: Desk) -> None:
    client, room = desk
    answer = client.post(
        "/api/clusters/1/merge", data="[" * 200_000, content_type="application/json"
    )
    assert answer.status_code == 400
    assert room.store.waiting_corrections() == ()


def test_the_api_takes_the_same(desk: Desk) -> None:
    client, room = desk
    answer = client.post("/api/clusters/1/merge", json={"other": 2})
    assert answer.status_code == 202
    assert answer.location == "/api/corrections/1"
    assert answer.get_json()["status"] == "waits"
    room.tick()
    found = client.get("/api/corrections/1").get_json()
    assert (found["status"], found["result"], found["who"]) == ("followed", 1, "Ana")
    assert client.post("/api/corrections/1/undo", json={}).status_code == 202
    assert client.post("/api/corrections/1/undo", json={}).status_code == 409
    room.tick()
    assert client.get("/api/corrections/1").get_json()["status"] == "undone"
    assert client.post("/api/clusters/1/split", json={"items": [2]}).status_code == 202
    assert (
        client.post("/api/clusters/1/part", json={"other": "/clusters/2"}).status_code
        == 202
    )
    assert client.post("/api/clusters/1/pin", json={}).status_code == 202
    room.tick()
    assert room.places()[2] not in (1, 2)
    assert dict(room.store.bonds().pins).keys() == {1}
    assert CorrectionKind.PART in {c.asked.kind for c in room.store.corrections(1)}


@pytest.mark.parametrize(
    ("path", "said", "status", "error"),
    [
        ("clusters/1/merge", [], 400, "JSON object"),
        ("clusters/1/merge", {"with": 2}, 400, "'with': unknown key"),
        ("clusters/1/merge", {"other": True}, 400, "'True' names no cluster"),
        ("clusters/1/split", {"items": 3}, 400, "send a list"),
        ("clusters/1/split", {"items": [-1]}, 400, "'-1' is no item"),
        ("clusters/1/split", {"items": [1, 2, 3, 4, 5]}, 409, "All 5 items"),
        ("clusters/1/merge", {"other": 77}, 409, "no cluster 77"),
    ],
)
def test_the_api_refuses_with_a_reason(
    desk: Desk, path: str, said: object, status: int, error: str
) -> None:
    client, _ = desk
    answer = client.post(f"/api/{path}", json=said)
    assert answer.status_code == status
    assert error in answer.get_json()["error"]


def test_unknown_things_are_not_found(desk: Desk) -> None:
    client, _ = desk
    assert client.post("/api/clusters/9/pin", json={}).status_code == 404
    assert client.post("/api/clusters/1/eat", json={}).status_code == 404
    assert client.post("/api/corrections/9/undo", json={}).status_code == 404
    assert client.get("/api/corrections/9").status_code == 404
    assert say(client, 9, kind="pin") == 404


def test_other_sites_correct_nothing(desk: Desk) -> None:
    client, room = desk
    client.environ_base["HTTP_ORIGIN"] = "http://evil.example"
    assert say(client, 1, kind="pin") == 403
    assert client.post("/api/clusters/1/pin", json={}).status_code == 403
    assert room.store.waiting_corrections() == ()


def test_a_site_that_cannot_write_offers_nothing(desk: Desk) -> None:
    _, room = desk
    room.correct(CorrectionKind.PIN, 1)
    client = create_app(Settings(), room.store).test_client()
    root = page(client, "/clusters/1")
    assert [f for f in root.iter("form") if f.get("method") == "post"] == []
    assert [n for n in root.iter("input") if n.get("type") == "checkbox"] == []
    assert "This cluster is pinned" in text_of(root)
    headers = {"Origin": "http://localhost"}
    answer = client.post(
        "/clusters/1/correct", data={"kind": "split", "alone": "1"}, headers=headers
    )
    assert answer.status_code == 405
