"""The site over a real database: what each page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from aggregator.config import Settings
from aggregator.editions import SILENT_ON
from aggregator.models import (
    Decision,
    DecisionKind,
    Grouping,
    Merge,
    Moves,
    TopicScore,
)
from aggregator.store import Store, open_reader, open_store
from tests import sample
from tests.browsing import (
    ROUTES,
    assert_harmless,
    empty_store,
    page,
    save_sample,
    site_over,
    text_of,
)
from web import create_app
from web.filters import score_parts


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sample(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def client(database: Path) -> Iterator[FlaskClient]:
    with site_over(database) as app:
        yield app.test_client()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with empty_store(tmp_path / "own.db") as store:
        yield store


@pytest.fixture
def own(tmp_path: Path, store: Store) -> Iterator[FlaskClient]:
    """Browse the database of `store`."""
    with site_over(tmp_path / "own.db") as app:
        yield app.test_client()


# --- every page


@pytest.mark.parametrize("path", ROUTES)
def test_a_page_is_well_formed_and_has_its_landmarks(
    client: FlaskClient, path: str
) -> None:
    root = page(client, path)
    assert root.get("lang") == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert root.find(f".//{landmark}") is not None, landmark
    skip = root.find(".//body/a")
    assert skip is not None
    assert skip.get("href") == "#main"
    named = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(named) == len(set(named))
    for node in root.iter():
        if reference := node.get("aria-labelledby") or node.get("aria-describedby"):
            assert reference in named


@pytest.mark.parametrize("path", ROUTES)
def test_headings_come_in_order_under_one_h1(client: FlaskClient, path: str) -> None:
    tags = [str(node.tag) for node in page(client, path).iter()]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("path", ROUTES)
def test_tables_times_and_fields_say_what_they_are(
    client: FlaskClient, path: str
) -> None:
    root = page(client, path)
    assert all(th.get("scope") in ("col", "row") for th in root.iter("th"))
    assert all(table.find("caption") is not None for table in root.iter("table"))
    for moment in root.iter("time"):
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment.get("datetime", "")
        )
    labelled = {label.get("for") for label in root.iter("label")}
    for field in (*root.iter("input"), *root.iter("select")):
        assert field.get("id") in labelled


@pytest.mark.parametrize("path", ROUTES)
def test_a_page_brings_no_script_no_inline_style_and_nothing_foreign(
    client: FlaskClient, path: str
) -> None:
    assert_harmless(page(client, path))


def test_every_link_of_the_site_leads_to_a_page(client: FlaskClient) -> None:
    seen: set[str] = set()
    todo = {"/"}
    while todo:
        path = todo.pop()
        seen.add(path)
        if path.endswith((".txt", ".json")):
            assert client.get(path).status_code == 200
            continue
        root = page(client, path)
        links = {a.get("href", "").partition("#")[0] for a in root.iter("a")}
        todo |= {link for link in links if link.startswith("/")} - seen
        assert not any(link.startswith("//") for link in links)
    assert len(seen) > 50


# --- the brief


def test_the_brief_leads_with_the_cluster_of_most_sources(client: FlaskClient) -> None:
    root = page(client, "/")
    tags = ("h2", "h3", "h4")
    headings = [text_of(node) for node in root.iter() if node.tag in tags]
    assert headings[:3] == ["Border policy", "New", sample.STORIES[0].headline]
    assert headings.index("Trade") > headings.index(sample.STORIES[1].headline)
    assert headings.index("Other stories") < headings.index(sample.STORIES[6].headline)


def test_the_brief_says_what_it_rests_on(client: FlaskClient) -> None:
    text = text_of(page(client, "/"))
    assert "The last 24 h, to Friday 6 Mar 2026, 13:30 UTC" in text
    assert "10 of 14 feeds delivered, 3 failing, 1 not heard from" in text
    assert "22 items > 22 reports > 9 clusters" in text
    assert "last poll 13:18 (11 min ago)" in text
    assert "End of the brief" in text


def test_three_sources_own_titles_are_visible_without_a_click(
    client: FlaskClient,
) -> None:
    text = text_of(page(client, "/"))
    for one in sample.STORIES[0].told[-3:]:
        assert one.title in text
    assert "4 more outlets" in text


def test_single_sources_are_labelled_and_a_second_topic_gets_one_line(
    client: FlaskClient,
) -> None:
    text = text_of(page(client, "/"))
    assert "Single source A volunteer kitchen" in text
    assert "Also on this topic, under Border policy: Customs strike leaves" in text
    assert "Nothing in the last 24 h." in text
    assert "Dust storm" not in text


def test_times_stand_in_the_timezone_of_the_settings(database: Path) -> None:
    with site_over(database, timezone=ZoneInfo("America/Chicago")) as app:
        text = text_of(page(app.test_client(), "/"))
    assert "Friday 6 Mar 2026, 07:30 America/Chicago" in text
    assert "first: Continental Wire, Thu 12:30" in text


def test_an_empty_database_gives_pages_that_say_so(own: FlaskClient) -> None:
    assert "Nothing was fetched yet." in text_of(page(own, "/"))
    assert "No clusters yet." in text_of(page(own, "/clusters/"))
    page(own, "/feeds/1")
    assert own.get("/readyz").status_code == 503


def test_without_topics_or_feeds_the_pages_say_what_to_write(tmp_path: Path) -> None:
    open_store(tmp_path / "bare.db").close()
    with site_over(tmp_path / "bare.db", topics=()) as app:
        bare = app.test_client()
        assert "No feeds." in text_of(page(bare, "/"))
        assert "Top stories" in text_of(page(bare, "/"))
        assert "No topics are followed." in text_of(page(bare, "/topics/"))
        assert "feeds.yaml" in text_of(page(bare, "/feeds/"))
        page(bare, "/search?q=x")


@pytest.mark.parametrize(
    ("hours", "alarm"), [(0, ""), (3, "Nothing was fetched since 13:18 (3 h ago)")]
)
def test_polling_that_stands_still_is_cried_out(
    database: Path, hours: int, alarm: str
) -> None:
    with site_over(database) as app:
        app.config["NOW"] = lambda: sample.NOW + timedelta(hours=hours)
        client = app.test_client()
        root = page(client, "/")
        assert alarm in text_of(root)
        assert (root.find(".//*[@role='alert']") is not None) == bool(alarm)
        assert client.get("/readyz").status_code == (503 if alarm else 200)


def test_items_that_wait_are_cried_out(own: FlaskClient, store: Store) -> None:
    sample.save_items(store, sample.STORIES[0].told)
    waits = "7 items wait to be clustered and are missing below."
    assert waits in text_of(page(own, "/"))
    own.application.config["NOW"] = lambda: sample.NOW + timedelta(minutes=30)
    text = text_of(page(own, "/"))
    assert "Clustering fails: 7 items wait since 13:18 (42 min ago)." in text


def test_a_topic_that_is_scored_again_says_so_on_every_page_of_it(
    own: FlaskClient, store: Store
) -> None:
    sample.save_items(store, sample.STORIES[0].told)
    wall = replace(sample.TOPICS[0], any=("wall",))
    store.sync_topics([wall, *sample.TOPICS[1:]], sample.NOW)
    store.begin_rescoring("", "", sample.NOW - timedelta(days=30), sample.NOW)
    pages = (
        "/topics/border-policy",
        "/topics/border-policy/answers",
        "/topics/border-policy/trends",
    )
    for path in pages:
        text = text_of(page(own, path))
        assert "Being scored again: 0% of the last 30 days is done" in text
        assert "scored again" not in text_of(
            page(own, path.replace("border-policy", "trade"))
        )
    assert "being scored again, 0% done" in text_of(page(own, "/topics/"))
    assert "1 topic is being scored again" in text_of(page(own, "/"))
    store.end_rescoring("")
    for path in (*pages, "/topics/", "/"):
        assert "scored again" not in text_of(page(own, path))


def test_the_brief_asks_a_fixed_number_of_questions(database: Path) -> None:
    reader = open_reader(database)
    asked: list[str] = []

    class Counting:
        """Passes every question on to the real reader, and notes it."""

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(reader, name)

    app = create_app(Settings(topics=sample.TOPICS), Counting())
    app.config["NOW"] = lambda: sample.NOW
    page(app.test_client(), "/")
    reader.close()
    # whatever there is: what grows is `told_by`, once for each of the largest clusters
    others = [name for name in asked if name != "told_by"]
    assert len(others) <= 3 * len(sample.TOPICS) + 15
    assert len(asked) - len(others) <= SILENT_ON


def test_a_topic_page_shows_its_definition_and_its_clusters(
    client: FlaskClient,
) -> None:
    text = text_of(page(client, "/topics/border-policy"))
    assert "Any of border asylum migrant* port of entry" in text
    assert "None of border collie" in text
    assert "Dust storm closes the desert highway" in text
    assert "Port Alder" not in text


def test_the_topics_page_counts_clusters(client: FlaskClient) -> None:
    assert "Border policy 5 6 Trade 2 2 Fisheries 0 0" in text_of(
        page(client, "/topics/")
    )


@pytest.mark.parametrize("path", ["/clusters/", "/topics/border-policy"])
def test_paging_shows_every_cluster_once_newest_first(
    own: FlaskClient, store: Store, path: str
) -> None:
    # pairs of equal times, so that a page ends between two of them
    topics = (("border-policy", 0.5, ("border",)),)
    stories = [
        sample.Story(
            f"Story {n}", (), (sample.Told(n % 12, n // 2 + 1, f"Story {n}"),), topics
        )
        for n in range(75)
    ]
    sample.save_stories(store, stories)
    seen: list[str] = []
    link: str | None = path
    pages = 0
    while link:
        root = page(own, link)
        pages += 1
        cards = [
            node for node in root.iter("li") if "card" in node.get("class", "").split()
        ]
        seen += [
            a.get("href", "")
            for card in cards
            for a in [card.find(".//a")]
            if a is not None
        ]
        link = next(
            (a.get("href") for a in root.iter("a") if a.get("rel") == "next"), None
        )
    assert pages == 3
    assert len(seen) == len(set(seen)) == 75


def test_the_clusters_page_can_leave_out_single_sources(client: FlaskClient) -> None:
    assert "single source" in text_of(page(client, "/clusters/"))
    assert "single source" not in text_of(page(client, "/clusters/?sources=2"))


def test_a_cluster_page_says_why_its_items_are_together(client: FlaskClient) -> None:
    root = page(client, "/clusters/2")
    text = text_of(root)
    assert "Opened this cluster nearest was cluster 1 at 0.12 0.34 needed" in text
    assert "Joined at 0.67, 0.34 needed on asylum, senate, hearing" in text
    assert "runner-up cluster 1 at 0.12 margin +0.55" in text
    assert "rule threshold" in text
    assert "asylum 46%" in text
    values = [meter.get("value") for meter in root.iter("meter")]
    assert values[:3] == ["0.460", "0.310", "0.140"]
    times = [node.get("datetime", "") for node in root.findall(".//ol/li/p/span/time")]
    assert times == sorted(times)


def test_a_merged_cluster_leads_to_where_it_went(
    own: FlaskClient, store: Store
) -> None:
    sample.save_stories(store, sample.STORIES[:2])
    store.save_grouping(
        Grouping(decided_at=sample.NOW, moves=(Moves(merges=(Merge(1, 2),)),))
    )
    answer = own.get("/clusters/2")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/clusters/1"
    text = text_of(page(own, "/clusters/1"))
    assert "10 items" in text
    assert "cluster 2, since merged into this one" in text
    assert "Asylum bill clears committee by one vote" in text


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("", "the two agree at 0.42 0.20 needed"),
        ("a lone item", "score 0.42 0.20 needed rule a lone item"),
    ],
)
def test_a_cluster_page_says_why_another_was_merged_into_it(
    own: FlaskClient, store: Store, rule: str, told: str
) -> None:
    sample.save_stories(store, sample.STORIES[:2])
    row = Decision(
        item_id=None,
        cluster_id=1,
        kind=DecisionKind.MERGED,
        score=0.42,
        threshold=0.2,
        runner_up_id=2,
        runner_up_score=0.0,
        margin=0.22,
        shared_terms=(),
        rule=rule,
        config_hash="",
        decided_at=sample.NOW,
    )
    moves = Moves((row,), merges=(Merge(1, 2),))
    store.save_grouping(Grouping(decided_at=sample.NOW, moves=(moves,)))
    text = text_of(page(own, "/clusters/1"))
    assert f"Brought cluster 2 into this one {told}" in text


def test_an_item_page_shows_its_text_with_the_matched_words_marked(
    client: FlaskClient,
) -> None:
    ids = {
        item.get("href"): text_of(item)
        for item in page(client, "/clusters/1").iter("a")
    }
    path = next(
        href for href, title in ids.items() if title == sample.STORIES[0].told[0].title
    )
    root = page(client, path or "")
    assert [mark.text for mark in root.iter("mark")] == ["port of entry", "Asylum"]
    out = next(a for a in root.iter("a") if a.get("rel"))
    assert out.get("href") == "https://outlet4.example/story?h=19.0&x=1"


def test_titles_on_cluster_and_topic_pages_have_their_matched_words_marked(
    client: FlaskClient,
) -> None:
    for path in ("/clusters/1", "/topics/border-policy"):
        marks = {(mark.text or "").lower() for mark in page(client, path).iter("mark")}
        assert "border" in marks, path


def test_a_topic_page_says_what_places_each_cluster(client: FlaskClient) -> None:
    lines = [
        text_of(line)
        for line in page(client, "/topics/border-policy").iter("p")
        if "rank" in (line.get("class") or "").split()
    ]
    assert lines[0].startswith("place 1 by")
    assert re.search(r"\d+ independent \d+ outlets? score 0\.\d\d", lines[0])
    assert all("newest" in line for line in lines)
    assert "ranks by" in lines[-1]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ((("title", 0.5), ("echo", 0.125)), ["title +0.50", "in both +0.12"]),
        ((("summary", 0.5), ("held", -0.25)), ["summary +0.50", "held back -0.25"]),
        (
            (("reports", 2.0), ("of", 3.0), ("yes", 0.2)),
            ["2 of 3 reports", "yes +0.20"],
        ),
        ((), []),
    ],
)
def test_the_parts_of_a_score_are_told_in_words(
    parts: tuple[tuple[str, float], ...], told: list[str]
) -> None:
    assert score_parts(TopicScore("x", 0.5, True, (), parts)) == told


# --- feeds


def test_the_feeds_page_shows_the_worst_first_with_the_whole_error(
    client: FlaskClient,
) -> None:
    root = page(client, "/feeds/")
    rows = [text_of(row) for row in root.findall(".//tbody/tr")]
    assert [row.split()[0] for row in rows[:5]] == [
        "failing",
        "gone",
        "backing",
        "warning",
        "new",
    ]
    assert rows[-1].startswith("switched off")
    assert "Its first words are: “Welcome to the Old Mill Gazette”." in rows[0]
    assert "in 6 h" in rows[2]


def test_a_feed_page_shows_its_poll_log(client: FlaskClient) -> None:
    rows = page(client, "/feeds/").findall(".//tbody/tr//a")
    by_name = {text_of(a): a.get("href", "") for a in rows}
    text = text_of(page(client, by_name["Old Mill Gazette"]))
    assert "3 failures since" in text
    assert "304" in text
    untidy = text_of(page(client, by_name["Lakeside Notes"]))
    assert "2 entries could not be read." in untidy


# --- search


def test_search_marks_what_it_found(client: FlaskClient) -> None:
    root = page(client, "/search?q=asylum+appointments")
    assert {mark.text for mark in root.iter("mark")} >= {"asylum", "appointments"}
    assert "2 items" in text_of(root)


def test_search_keeps_to_a_topic_and_to_days(client: FlaskClient) -> None:
    assert "Nothing holds" in text_of(
        page(client, "/search?q=quake&topic=border-policy")
    )
    assert "1 item" in text_of(page(client, "/search?q=desert"))
    assert "Nothing holds" in text_of(page(client, "/search?q=desert&days=1"))


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '"a" AND',
        "NEAR(",
        "title:",
        "*",
        "a*b",
        "-x",
        "^x",
        "OR",
        "(((",
        "\\",
        "'",
        "%",
        "🛂",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "\0",
        "<b>",
        "{}",
        "a " * 240,
        "x" * 10_000,
    ],
)
def test_search_takes_whatever_is_typed(client: FlaskClient, query: str) -> None:
    answer = client.get(
        "/search", query_string={"q": query, "topic": query, "days": query}
    )
    assert answer.status_code == 200
    assert "<b>" not in answer.get_data(as_text=True).replace("<b>1", "")


def test_bytes_that_are_no_text_are_no_search(client: FlaskClient) -> None:
    assert client.get("/search?q=%ff%fe%00&days=%ff").status_code == 200


def test_a_topic_page_leads_with_what_most_sources_have(client: FlaskClient) -> None:
    root = page(client, "/topics/border-policy")
    text = text_of(root)
    leading, rest = text.split("All clusters, newest first")
    assert "Leading in the last 3 days" in leading
    first, second = (sample.STORIES[n].headline for n in (0, 1))
    assert leading.index(first) < leading.index(second)
    assert "Editorial: count the beds" not in leading
    assert first in rest
