"""Trying a definition before it counts: at the command line and on the site."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from aggregator import cli
from aggregator.config import Settings, load_settings, parse_topic, topic_yaml
from aggregator.models import (
    Entry,
    FeedConfig,
    Group,
    Name,
    Near,
    Outcome,
    Pattern,
    Poll,
    Topic,
)
from aggregator.passes.groups import GroupPass
from aggregator.pipeline import utc_now
from aggregator.store import Store, open_store
from aggregator.trials import try_topics
from web import create_app

from .browsing import page, text_of

NOW = utc_now()
FEED = FeedConfig("https://a.example/feed", "Wire", category="wire")
QUAYS = Topic("Harbours", "harbours", any=("quay",))
TEXTS = (
    ("Crack in the old quay", "Engineers look at the wall."),
    ("Crane topples over", "Nobody was hurt, the harbour master says."),
    ("Orchestra names a conductor", "She opens the season in May."),
)
EXAMPLE = (
    "A crane toppled in the harbour, the harbour master says, and nobody was hurt."
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory whose three clusters were scored by `QUAYS`."""
    folder = tmp_path / "data"
    folder.mkdir()
    store = open_store(folder / "aggregator.db")
    store.sync_feeds([FEED], NOW)
    store.sync_topics([QUAYS], NOW)
    (feed,) = store.feeds()
    entries = tuple(
        Entry(
            str(n),
            f"https://x.example/{n}",
            *text,
            "",
            "",
            published_at=NOW - timedelta(days=2 * n, hours=1),
        )
        for n, text in enumerate(TEXTS)
    )
    store.save_poll(Poll(feed.id, NOW, NOW, Outcome.OK, None, entries=entries))
    groups = GroupPass(store, Settings(topics=(QUAYS,)), lambda: NOW, threading.Event())
    groups.topics.learn()
    groups.topics.run()
    groups.run()
    store.close()
    return folder


@pytest.fixture
def store(data: Path) -> Iterator[Store]:
    store = open_store(data / "aggregator.db")
    yield store
    store.close()


def tried(data: Path, topics: str, *options: str) -> Result:
    config = data.parent / "feeds.yaml"
    feeds = "feeds: [{url: 'https://a.example/feed', name: Wire, category: wire}]\n"
    config.write_text(f"{feeds}topics:\n{topics}", encoding="utf-8")
    arguments = ["topics", "try", str(config), "--data", str(data), *options]
    return CliRunner().invoke(cli.main, arguments)


# --- what changes -----------------------------------------------------------


def test_clusters_gained_and_lost_are_told_with_the_words_of_now_and_then(
    store: Store,
) -> None:
    cranes = Topic("Harbours", "harbours", any=("crane",))
    (trial,) = try_topics(store, [cranes], since=NOW - timedelta(days=14))
    assert (trial.now_count, trial.then_count, trial.cluster_count) == (1, 1, 3)
    (gained,), (lost,) = trial.gained, trial.lost
    assert gained.cluster.headline == TEXTS[1][0]
    assert (gained.now.matched, gained.then.matched) == ((), ("Crane",))
    assert lost.cluster.headline == TEXTS[0][0]
    assert (lost.now.matched, lost.then.is_match) == (("quay",), False)
    assert (trial.is_new, trial.share) == (False, 2.0)


def test_the_running_definition_changes_nothing(store: Store) -> None:
    (trial,) = try_topics(store, [QUAYS], since=NOW - timedelta(days=14))
    assert (trial.now_count, trial.gained, trial.lost, trial.share) == (1, (), (), 0)


def test_only_clusters_of_the_window_are_looked_at(store: Store) -> None:
    (trial,) = try_topics(store, [QUAYS], since=NOW - timedelta(days=3))
    assert trial.cluster_count == 2


def test_a_new_topic_gains_all_it_finds_and_changes_nothing_that_runs(
    store: Store,
) -> None:
    new = Topic("Cranes", "cranes", any=("crane",))
    (trial,) = try_topics(store, [new], since=NOW - timedelta(days=14))
    assert (trial.is_new, len(trial.gained), trial.share) == (True, 1, 0.0)


def test_examples_are_tried_as_well(store: Store) -> None:
    new = Topic("Cranes", "cranes", examples=(EXAMPLE,))
    (trial,) = try_topics(store, [new], since=NOW - timedelta(days=14))
    assert [change.cluster.headline for change in trial.gained] == [TEXTS[1][0]]


def test_a_trial_that_is_late_says_how_far_it_went(store: Store) -> None:
    (trial,) = try_topics(
        store, [QUAYS], since=NOW - timedelta(days=14), is_late=lambda: True
    )
    assert (trial.cluster_count, trial.since) == (1, NOW - timedelta(hours=1))


def test_a_trial_stores_nothing(store: Store) -> None:
    before = store.cluster_topics(1), store.scored_definitions(), store.topic_profiles()
    new = Topic("Harbours", "harbours", any=("crane",), examples=(EXAMPLE,))
    try_topics(store, [new], since=NOW - timedelta(days=14))
    after = store.cluster_topics(1), store.scored_definitions(), store.topic_profiles()
    assert before == after


# --- the command ------------------------------------------------------------


def test_the_command_tells_what_changes_and_why_and_fails_beyond_the_bound(
    data: Path,
) -> None:
    result = tried(data, "- {name: Harbours, any: [crane]}")
    assert result.exit_code == 1
    assert "Harbours: 1 of 3 clusters now, 1 then (+1 -1, 200%)" in result.output
    assert f"+ cluster 2: {TEXTS[1][0]}" in result.output or "Crane" in result.output
    assert "now 0.00; then 0.6" in result.output
    assert "by quay; then 0.00" in result.output


def test_a_change_within_the_bound_passes(data: Path) -> None:
    grown = "- {name: Harbours, any: [quay, crane]}"
    assert tried(data, grown).exit_code == 1
    assert tried(data, grown, "--max-change", "100").exit_code == 0
    assert tried(data, grown, "--since", "1d").exit_code == 0


def test_topics_that_run_as_they_are_are_named_and_not_scored(data: Path) -> None:
    result = tried(data, "- {name: Harbours, any: [quay]}")
    assert (result.exit_code, result.output) == (0, "run as they are: harbours\n")


def test_a_topic_gone_from_the_file_loses_all_it_has(data: Path) -> None:
    result = tried(data, "- {name: Cranes, any: [crane]}")
    assert result.exit_code == 1
    assert "Cranes: 0 of 3 clusters now, 1 then (+1 -0, new)" in result.output
    assert "harbours (gone from the file): 1 of 3 clusters now, 0 then" in result.output


def test_mistakes_and_a_missing_database_exit_with_2(data: Path) -> None:
    wrong = tried(data, "- {name: Harbours, any: [{regex: '('}]}")
    assert wrong.exit_code == 2
    assert "feeds.yaml:3: topics[1].any[1].regex" in wrong.output
    missing = tried(data, "- {name: T, any: [a]}", "--data", str(data / "none"))
    assert missing.exit_code == 2
    assert tried(data, "- {name: T, any: [a]}", "--since", "soon").exit_code == 2


def test_a_trial_as_json_is_one_object_a_topic(data: Path) -> None:
    result = tried(data, "- {name: Harbours, any: [crane]}", "--json")
    row = json.loads(result.output)
    assert (row["topic"], row["now"], row["then"], row["share"]) == (
        "harbours",
        1,
        1,
        2,
    )
    assert row["gained"][0]["then"]["matched"] == ["Crane"]
    assert row["lost"][0]["now"]["matched"] == ["quay"]


def test_a_trial_against_scores_that_are_made_again_says_so(
    data: Path, store: Store, client: FlaskClient
) -> None:
    store.sync_topics([replace(QUAYS, any=("crane",))], NOW)
    told = "harbours is being scored again, 0% done: what it has now is not all new yet"
    assert told in tried(data, "- {name: Harbours, any: [quay]}").output
    said = ask(client, "name: Harbours\nany: [quay]")
    assert "Being scored again: 0% of the last 30 days is done" in said


def test_an_example_that_is_not_stored_is_told_with_its_line(
    data: Path, store: Store
) -> None:
    config = data.parent / "feeds.yaml"
    config.write_text(
        """
feeds: [{url: 'https://a.example/feed', name: Wire}]
topics:
- name: Harbours
  examples:
  - https://x.example/0
  - https://x.example/none
  - The harbour needs a deeper channel, and its pilots say so.
"""
    )

    def checked(*options: str) -> Result:
        return CliRunner().invoke(cli.main, ["check", str(config), *options])

    there = checked("--data", str(data))
    assert there.exit_code == 0
    assert (
        f"{config}:7: topics.examples of 'Harbours': no item with the address "
        f"https://x.example/none is stored in {data / 'aggregator.db'}, so it teaches "
        "nothing\n" in there.output
    )
    assert "x.example/0" not in there.output
    assert there.output.endswith("1 feeds, 1 topics, no mistakes\n")
    without = checked("--data", str(data / "none"))
    assert without.output == f"{config}: 1 feeds, 1 topics, no mistakes\n"
    (data / "broken").mkdir()
    (data / "broken" / "aggregator.db").write_text("no database")
    broken = checked("--data", str(data / "broken"))
    assert broken.exit_code == 0
    assert "examples were not looked up" in broken.output
    site = create_app(load_settings(config), store)
    site.config["NOW"] = lambda: NOW
    said = text_of(page(site.test_client(), "/topics/harbours"))
    assert (
        "1 example is not stored and teaches nothing: https://x.example/none "
        "(feeds.yaml, line 7)." in said
    )


def test_where_examples_stand_is_nothing_of_a_definition() -> None:
    here, there = (
        replace(QUAYS, examples=("A pier.",), example_lines=(line,)) for line in (4, 9)
    )
    assert here == there
    assert here.definition == there.definition


# --- the site ---------------------------------------------------------------


@pytest.fixture
def client(store: Store) -> FlaskClient:
    app = create_app(Settings(feeds=(FEED,), topics=(QUAYS,)), store)
    app.config["NOW"] = lambda: NOW
    return app.test_client()


def ask(client: FlaskClient, definition: str) -> str:
    return text_of(page(client, f"/topics/try?definition={quote(definition)}"))


def test_a_definition_can_be_tried_on_the_site(client: FlaskClient) -> None:
    said = ask(client, "name: Harbours\r\nany: [crane]\r\n")
    assert "1 of 3 clusters would be on Harbours" in said
    assert "1 would come, 1 would go" in said
    assert TEXTS[0][0] in said
    assert TEXTS[1][0] in said
    assert TEXTS[2][0] not in said


@pytest.mark.parametrize(
    ("site", "is_tried"),
    [
        ("cross-site", False),
        ("same-site", False),
        ("none", True),
        ("same-origin", True),
        ("", True),
    ],
)
def test_a_page_of_another_site_cannot_have_a_definition_tried(
    client: FlaskClient, site: str, is_tried: bool
) -> None:
    definition = quote("name: T\nany: [crane]")
    path = f"/topics/try?definition={definition}"
    answer = client.get(path, headers={"Sec-Fetch-Site": site} if site else {})
    said = answer.get_data(as_text=True)
    assert answer.status_code == (200 if is_tried else 403)
    assert ("of 3 clusters" in said) == is_tried
    assert ("Not tried yet." in said) != is_tried
    assert "any: [crane]</textarea>" in said
    empty = client.get("/topics/try", headers={"Sec-Fetch-Site": "cross-site"})
    assert empty.status_code == 200


def test_a_topic_can_be_pasted_as_it_stands_in_feeds_yaml(client: FlaskClient) -> None:
    said = ask(client, "  - name: Cranes\n    any: [crane]\n    feeds: [Wire]\n")
    assert "a topic that does not run yet" in said
    assert "1 of 3" in ask(client, "topics:\n- {name: Cranes, any: [crane]}")


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ("name: T\nany: ['(', {regex: '(a)\\1'}]", "line:2: topic.any[1]: '('"),
        ("name: T\nany: [a]\nfeeds: [Other]", "line:3: topic.feeds: 'Other': no feed"),
        ("name: [", "line:2: did not find"),
        ("- {name: A, any: [a]}\n- {name: B, any: [b]}", "must be one topic"),
        ("#", "is empty"),
        ("quay", "must be 'key: value' lines"),
        ("a: &x [1]", "anchors and aliases"),
        ("x" * 20_001, "at most 20,000 characters"),
    ],
)
def test_mistakes_of_a_definition_are_told_on_the_page(
    client: FlaskClient, definition: str, said: str
) -> None:
    assert said in ask(client, definition)


def test_the_form_begins_with_the_topic_that_runs(client: FlaskClient) -> None:
    form = page(client, "/topics/try?topic=harbours")
    (area,) = form.iter("textarea")
    assert "".join(area.itertext()) == 'name: "Harbours"\nany: ["quay"]\n'


def test_one_trial_runs_at_a_time(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.trial.PATIENCE_S", 0.01)
    with client.application.extensions["trial"]:
        assert client.get("/topics/try?definition=name: T").status_code == 200
        answer = client.get("/topics/try?definition={name: T, any: [a]}")
    assert answer.status_code == 503


# --- a topic as text --------------------------------------------------------

words = st.text("abcé '\"#:,{}[]-", min_size=1, max_size=9).map(
    lambda t: f"x{t}".strip()
)
plain = st.builds(lambda text, star: text + star, words, st.sampled_from(["", "*"]))
extras = {"boost": st.sampled_from([1.0, 0.5, 3.0]), "min_repeat": st.integers(1, 3)}
terms = st.recursive(
    st.one_of(
        plain,
        st.builds(
            Name,
            st.lists(plain, min_size=2, max_size=3, unique=True).map(tuple),
            **extras,
        ),
        st.builds(
            Near,
            st.lists(plain, min_size=2, max_size=3, unique=True).map(tuple),
            st.integers(1, 50),
            **extras,
        ),
        st.builds(Pattern, st.sampled_from([r"\bpier \d+", 'a"b']), **extras),
    ),
    lambda inner: st.builds(
        Group,
        st.lists(inner, min_size=1, max_size=2, unique=True).map(tuple),
        st.lists(inner, max_size=2, unique=True).map(tuple),
        st.lists(inner, max_size=2, unique=True).map(tuple),
    ),
    max_leaves=5,
)
lists = st.lists(terms, max_size=25, unique=True).map(tuple)


@given(
    lists.filter(bool),
    lists,
    lists,
    st.lists(
        st.text("ab \"'#:\n", min_size=1).map(
            lambda t: f"one two three four five {t}".strip()
        ),
        max_size=2,
        unique=True,
    ).map(tuple),
    st.integers(1, 3),
    st.sampled_from([0.5, 0.25, 0.9]),
)
def test_a_topic_written_as_text_is_read_as_the_same_topic(
    any_: tuple[str, ...],
    all_: tuple[str, ...],
    none: tuple[str, ...],
    examples: tuple[str, ...],
    min_repeat: int,
    threshold: float,
) -> None:
    topic = Topic(
        'Quays: the "old" ones',
        "quays-the-old-ones",
        any_,
        all_,
        none,
        examples,
        stem=("en", "no"),
        languages=("es",),
        feeds=("Wire",),
        categories=("wire",),
        min_repeat=min_repeat,
        threshold=threshold,
    )
    assert parse_topic(topic_yaml(topic).encode(), "x", [FEED]) == topic
