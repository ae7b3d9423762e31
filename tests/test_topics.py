"""Topics: what a term matches, what a score is made of, what makes a cluster match."""

from __future__ import annotations

import math
import re
import time
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Settings, load_settings, parse_settings
from aggregator.models import Topic, TopicScore
from aggregator.topics import (
    THRESHOLD,
    cluster_score,
    cluster_topics,
    compile_topics,
)

FEEDS = Path(__file__).parent.parent / "feeds.yaml"


def topic(*any_: str, all_: tuple[str, ...] = (), none: tuple[str, ...] = ()) -> Topic:
    return Topic(name="Harbours", slug="harbours", any=any_, all=all_, none=none)


def score(asked: Topic, title: str, summary: str = "") -> TopicScore | None:
    scores = compile_topics([asked]).score(title, summary)
    return scores[0] if scores else None


def points(asked: Topic, title: str, summary: str = "") -> float:
    found = score(asked, title, summary)
    return found.score if found else 0.0


def shipped() -> dict[str, Topic]:
    """The topics of the feeds.yaml that we ship, by name."""
    return {topic.name: topic for topic in load_settings(FEEDS).topics}


# --- what a term matches ----------------------------------------------------


@pytest.mark.parametrize(
    ("term", "text", "matched"),
    [
        ("ai", "New AI rules", ("AI",)),
        ("asylum", "ASYLUM claims rise", ("ASYLUM",)),
        ("migracion", "La migración crece", ("migración",)),
        ("migración", "La migracion crece", ("migracion",)),
        ("migración", "La migracio\u0301n crece", ("migracio\u0301n",)),
        ("deport*", "Deportations and deportees", ("Deportations", "deportees")),
        ("deport*", "Told to deport", ("deport",)),
        ("border wall", "The border\u00a0\n wall", ("border\u00a0\n wall",)),
        ("border wall", "A border-wall plan", ("border-wall",)),
        ("border-wall", "A border wall plan", ("border wall",)),
        (
            "third country removal*",
            "third-country removals",
            ("third-country removals",),
        ),
        ("visa", "Visas and a visa's end", ("Visas", "visa")),
        ("city", "Sanctuary cities", ("cities",)),
        ("coach", "Two coaches", ("coaches",)),
        ("deportación", "Más deportaciones", ("deportaciones",)),
        ("migrant", "A migrant’s tale", ("migrant",)),
        ("migrant rights", "The migrants’ rights", ("migrants’ rights",)),
        ("governor of Texas", "Governors of Texas", ("Governors of Texas",)),
        ("U.S.-Mexico border", "The US-Mexico border", ("US-Mexico border",)),
        ("US-Mexico border", "The U.S.-Mexico border", ("U.S.-Mexico border",)),
        ("DACA", "D.A.C.A. upheld", ("D.A.C.A.",)),
        ("287(g)", "A 287(g) deal", ("287(g",)),
        ("=ICE", "ICE arrests ten", ("ICE",)),
        ("=CBP One", "The CBP One app", ("CBP One",)),
        ("border", "#border_wall", ("border",)),
    ],
)
def test_a_term_matches_whole_words_however_they_are_written(
    term: str, text: str, matched: tuple[str, ...]
) -> None:
    found = score(topic(term), text)
    assert found is not None
    assert found.matched == matched


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("ai", "Training in Spain"),
        ("border", "Bordering on reckless"),
        ("migra*", "An immigrant"),
        ("border wall", "At the border. Wall Street fell"),
        ("border wall", "Chaos at the border - Wall Street Journal"),
        ("border wall", "border the wall"),
        ("Dreamers", "A dreamer"),
        ("us", "It uses"),
        ("it", "Its end"),
        ("=ICE", "Ice on the road, ice in the sea"),
        ("=CBP One", "CBP one of many"),
        (".*", "anything"),
        ("a|b", "a, b"),
        ("(", "("),
        ("***", "anything"),
        ("ﾞ*", "anything"),
    ],
)
def test_a_term_matches_nothing_else(term: str, text: str) -> None:
    assert score(topic(term), text, text) is None


def test_a_text_without_a_term_has_no_score() -> None:
    assert compile_topics([topic("border")]).score("Rain", "and wind") == ()
    assert compile_topics([topic("border")]).score("", "") == ()
    assert compile_topics([]).score("Border", "border") == ()
    assert compile_topics([topic()]).score("Border", "border") == ()


def test_each_topic_that_a_text_touches_has_a_score_in_the_topics_order() -> None:
    matcher = compile_topics(
        [
            Topic(name="B", slug="b", any=("wall",)),
            Topic(name="C", slug="c", any=("nothing of the kind",)),
            Topic(name="A", slug="a", any=("wall", "border wall")),
        ]
    )
    scores = matcher.score("A border wall", "and a wall")
    assert [found.slug for found in scores] == ["b", "a"]


def test_matched_words_stand_title_first_longest_and_once() -> None:
    asked = topic("border", "border wall", "asylum", "migrant")
    found = score(
        asked, "Asylum at the border wall", "Migrants and ASYLUM at a Border, migrants"
    )
    assert found is not None
    assert found.matched == ("Asylum", "border wall", "Migrants", "Border")


@given(st.text(max_size=200), st.text(max_size=200))
def test_matched_words_stand_in_the_text_and_scores_stay_between_0_and_1(
    title: str, summary: str
) -> None:
    matcher = compile_topics(
        [topic("a*", "e", "s", "1", none=("b",)), topic("İ*", "ß")]
    )
    for found in matcher.score(title, summary):
        assert 0 < found.score < 1
        assert all(word in title or word in summary for word in found.matched)


@given(st.text(min_size=1, max_size=40))
def test_a_term_of_any_characters_matches_itself_or_has_no_words(term: str) -> None:
    plain = term.lstrip("=").rstrip("*")
    found = score(topic(plain), plain)
    joined = "".join(plain.split())
    if joined.isalnum() and joined.isascii():
        assert found is not None


# --- any, all, none ---------------------------------------------------------


def test_a_term_of_none_keeps_a_text_under_the_threshold() -> None:
    asked = topic("border", none=("border collie",))
    held = score(asked, "Border collie crosses border", "At the border")
    assert held is not None
    assert not held.is_match
    assert held.score == THRESHOLD / 2
    assert dict(held.parts)["held"] < 0


def test_every_term_of_all_must_be_present() -> None:
    asked = topic("tariff", all_=("Mexico", "Trump"))
    one = score(asked, "Tariff on Mexico", "More tariffs")
    both = score(asked, "Tariff on Mexico", "Trump wants tariffs")
    assert one is not None
    assert both is not None
    assert (one.is_match, both.is_match) == (False, True)
    assert one.score < THRESHOLD <= both.score


def test_all_without_any_of_the_terms_of_any_is_no_match() -> None:
    assert score(topic("tariff", all_=("Mexico",)), "Mexico", "Mexico") is None


def test_a_topic_without_any_matches_on_all_alone() -> None:
    found = score(topic(all_=("Mexico", "tariff")), "Mexico tariffs")
    assert found is not None
    assert found.is_match


def test_a_term_that_is_wanted_and_unwanted_gives_no_score() -> None:
    assert score(topic("border", none=("border",)), "Border", "border") is None


def test_the_same_term_written_twice_counts_once() -> None:
    twice = topic("asylum", "Asylum", "ASYLUM", all_=("asylum",))
    assert points(twice, "Asylum") == points(topic("asylum"), "Asylum")


def test_the_order_of_terms_does_not_matter() -> None:
    text = "Border wall", "The border, the asylum seekers and the wall"
    forth = topic("border", "border wall", "asylum seeker", "wall")
    back = topic("wall", "asylum seeker", "border wall", "border")
    assert points(forth, *text) == points(back, *text)


# --- what a score is made of ------------------------------------------------


def test_a_term_in_the_title_is_a_match_and_one_mention_in_the_summary_is_none() -> (
    None
):
    in_title = score(topic("border"), "Border closed", "")
    in_passing = score(topic("border"), "Senate adjourns", "A border bill waits")
    assert in_title is not None
    assert in_passing is not None
    assert (in_title.is_match, in_passing.is_match) == (True, False)


def test_four_mentions_in_the_summary_are_a_match_and_three_are_none() -> None:
    asked = topic("border", "asylum")
    assert points(asked, "", "border asylum border") < THRESHOLD
    assert points(asked, "", "border asylum border asylum") >= THRESHOLD


def test_a_score_grows_with_mentions_but_not_with_a_chant() -> None:
    asked = topic("border", "asylum")
    assert points(asked, "", "border") < points(asked, "", "border border")
    assert points(asked, "", "border border") < points(
        asked, "", "border asylum asylum"
    )
    assert points(asked, "", "border " * 3) == points(asked, "", "border " * 60)


def test_a_mention_far_down_a_long_text_weighs_little() -> None:
    asked = topic("border")
    early = points(asked, "", "border " + "word " * 2000)
    late = points(asked, "", "word " * 2000 + "border")
    assert late < early / 10


def test_a_narrower_term_weighs_more_than_the_word_within_it() -> None:
    asked = topic("border", "border wall")
    assert points(asked, "", "the border") < points(asked, "", "the border wall")
    assert points(asked, "", "the border wall") < points(asked, "", "border, border")
    assert points(asked, "The border") < points(asked, "The border wall")


def test_a_term_in_title_and_summary_weighs_more_than_two_terms() -> None:
    asked = topic("border", "asylum")
    echo = score(asked, "Border closed", "At the border")
    apart = score(asked, "Border closed", "On asylum")
    assert echo is not None
    assert apart is not None
    assert echo.score > apart.score
    assert [name for name, _ in echo.parts] == ["title", "summary", "echo"]


def test_the_parts_add_up_to_the_score() -> None:
    asked = topic("border", "border wall", "asylum", none=("collie",))
    for text in (
        ("Border wall and asylum", ""),
        ("border", "asylum border"),
        ("border collie", ""),
    ):
        found = score(asked, *text)
        assert found is not None
        assert math.isclose(sum(part for _, part in found.parts), found.score)


# --- clusters ---------------------------------------------------------------


def test_one_off_hand_mention_does_not_pull_a_cluster_in() -> None:
    assert cluster_score([0.9, 0, 0, 0, 0]) < THRESHOLD
    assert cluster_score([0.8, 0.3, 0, 0, 0, 0]) < THRESHOLD


def test_a_cluster_is_about_what_half_of_its_items_are_about() -> None:
    assert cluster_score([0.8, 0, 0.7, 0.6, 0, 0]) == pytest.approx(0.7)
    assert cluster_score([0.6]) == 0.6
    assert cluster_score([]) == 0


@given(st.lists(st.floats(0, 1), min_size=1))
def test_a_cluster_score_lies_between_its_items_and_ignores_their_order(
    scores: list[float],
) -> None:
    score = cluster_score(scores)
    assert sum(scores) / len(scores) <= score + 1e-9
    assert score <= max(scores) + 1e-9
    assert score == cluster_score(scores[::-1])


def of_reports(*items: tuple[int, float]) -> TopicScore | None:
    """A cluster's score, of items given as (report, score); 0 is no score."""
    scores = [
        (
            report,
            (TopicScore("x", value, value >= THRESHOLD, ("word",)),) if value else (),
        )
        for report, value in items
    ]
    found = cluster_topics(scores, {"x": THRESHOLD})
    return found[0] if found else None


def test_one_text_in_ten_outlets_is_one_voice_in_a_cluster() -> None:
    copies = [(1, 0.9)] * 10
    found = of_reports(*copies, (2, 0), (3, 0), (4, 0))
    assert found is not None
    assert (found.score, found.is_match) == (0.45, False)
    assert found.parts == (("reports", 1.0), ("of", 4.0))
    thinned = of_reports(*[(1, 0.2)] * 10, (2, 0.9), (3, 0.8), (4, 0.7))
    assert thinned is not None
    assert thinned.is_match


def test_a_report_counts_by_the_carrier_that_has_most_of_the_topic() -> None:
    found = of_reports((1, 0.3), (1, 0.8), (1, 0))
    assert found is not None
    assert (found.score, found.parts) == (0.8, (("reports", 1.0), ("of", 1.0)))


def test_a_cluster_matches_from_the_threshold_of_its_topic() -> None:
    scores = [(1, (TopicScore("x", 0.4, True),))]
    assert cluster_topics(scores, {"x": 0.4})[0].is_match
    assert not cluster_topics(scores, {"x": 0.41})[0].is_match
    assert not cluster_topics(scores, {})[0].is_match


# --- speed ------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit", ["border ", "border-", "a.", "e\u0301", " ", "x", "U.S.'s ", "border wall "]
)
def test_the_time_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    matcher = compile_topics(
        [topic("border", "border wall", "b*", "U.S. border border")]
    )

    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = math.inf
        for _ in range(3):
            started = time.process_time()
            matcher.score("", text)
            best = min(best, time.process_time() - started)
        return best

    assert seconds(160_000) < 40 * max(seconds(10_000), 0.0005)


def test_a_term_of_a_hundred_words_is_compiled_at_once() -> None:
    long_term = "cities " * 100
    assert points(topic(long_term), long_term) > THRESHOLD


# --- the topics that we ship ------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Border policy", "Senators near a deal on immigration reform"),
        ("Border policy", "ICE agents arrest twelve at a meatpacking plant"),
        ("Border policy", "Judge halts deportations under the Alien Enemies Act"),
        ("Border policy", "Patrulla Fronteriza detiene a 40 migrantes"),
        ("Border policy", "Asylum-seekers wait in Matamoros"),
        ("Drug cartels and trafficking", "Sinaloa cartel leader pleads guilty"),
        ("Drug cartels and trafficking", "Decomisan dos toneladas de cocaína"),
        ("Gun policy", "House passes universal background checks"),
        ("Gun policy", "Court strikes down assault-weapons ban"),
        ("US-Latin America relations", "White House weighs tariffs on Mexico"),
        (
            "US-Latin America relations",
            "Panamá responde a Trump por el Canal de Panamá",
        ),
    ],
)
def test_a_plain_headline_of_a_shipped_topic_matches(name: str, title: str) -> None:
    found = score(shipped()[name], title)
    assert found is not None
    assert found.is_match


@pytest.mark.parametrize(
    "title",
    [
        "Ice storm closes roads across Ohio",
        "Doctors Without Borders leaves the clinic",
        "Spring bird migration peaks along the coast",
        "Visa and Mastercard settle with shops",
        "Training for teachers starts in August",
        "Young gun scores twice as the visitors win",
        "Bone migraine and other words that were never written",
    ],
)
def test_a_headline_that_only_sounds_like_a_shipped_topic_does_not_match(
    title: str,
) -> None:
    scores = compile_topics(shipped().values()).score(title, "")
    assert not any(found.is_match for found in scores)


def test_the_shipped_feeds_are_many_and_each_stands_there_once() -> None:
    settings = load_settings(FEEDS)
    urls = [feed.url.split("://", 1)[1].rstrip("/") for feed in settings.feeds]
    assert 45 <= len(urls) <= 60
    assert len(set(urls)) == len(urls)
    assert [topic.name for topic in settings.topics] == [
        "Border policy",
        "Drug cartels and trafficking",
        "Gun policy",
        "US-Latin America relations",
    ]


def test_every_setting_stands_commented_in_the_shipped_file_with_its_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NTFY", "ntfy://phone")
    text = FEEDS.read_text("utf-8")
    opened = re.sub(r"^  # (\w+: |  - )", r"  \1", text, flags=re.MULTILINE)
    shown = set(re.findall(r"^  (\w+): ", opened, flags=re.MULTILINE))
    settings = parse_settings(opened.encode(), FEEDS)
    keys = {field.name for field in fields(Settings)}
    assert shown == keys - {"path", "feeds", "topics", "families"}
    default = Settings()
    # shown by an example: by default there is none
    for key in shown - {"user_agent_contact", "user_header", "deliver", "quiet_hours"}:
        assert getattr(settings, key) == getattr(default, key), key
