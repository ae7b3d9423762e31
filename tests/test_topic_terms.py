"""Terms that are more than words: groups, near, names, patterns, stems, scope."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.models import Group, Name, Near, Pattern, Term, Topic, TopicScore
from aggregator.topics import THRESHOLD, compile_topics


def topic(*any_: Term, **more: object) -> Topic:
    return Topic(name="Harbours", slug="harbours", any=any_, **more)  # type: ignore[arg-type]


def score(asked: Topic, title: str, summary: str = "", feed: str = "") -> TopicScore:
    scores = compile_topics([asked]).score(title, summary, feed)
    return scores[0] if scores else TopicScore("", 0.0, False)


# --- groups -----------------------------------------------------------------


def test_a_group_is_one_term_made_of_others() -> None:
    asked = topic("quay", Group(all=("Mexico", Group(any=("tariff", "customs duty")))))
    assert score(asked, "Mexico answers the tariffs").is_match
    assert score(asked, "Mexico and a customs duty").is_match
    assert score(asked, "A quay in Ohio").is_match
    assert score(asked, "Mexico answers").score == 0
    assert score(asked, "A tariff in Ohio").score == 0


def test_terms_of_a_group_that_does_not_hold_are_no_evidence() -> None:
    asked = topic("quay", Group(all=("Mexico", "tariff")))
    alone = score(topic("quay"), "A quay in Mexico")
    assert score(asked, "A quay in Mexico").score == alone.score
    assert score(asked, "A quay in Mexico").matched == ("quay",)
    assert score(asked, "A tariff on Mexico").matched == ("tariff", "Mexico")


def test_none_in_a_group_concerns_that_group_alone() -> None:
    asked = topic("quay", Group(any=("crane",), none=("bird",)))
    assert score(asked, "A crane falls").is_match
    assert score(asked, "A crane, the bird").score == 0
    assert score(asked, "A quay and a crane, the bird").is_match


def test_none_takes_groups_and_all_takes_what_must_not_be_there() -> None:
    asked = topic("quay", none=(Group(all=("bird", "crane")),))
    assert score(asked, "A bird on the quay").is_match
    assert not score(asked, "A crane, the bird, on the quay").is_match
    absent = topic("quay", all=(Group(none=("bird",)),))
    assert score(absent, "On the quay").is_match
    held = score(absent, "A bird on the quay")
    assert (held.is_match, held.score) == (False, THRESHOLD / 2)


# --- near -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("wall at the border", True),
        ("border wall", True),
        ("border one two three wall", True),
        ("border one two three four wall", False),
        ("border and another border", False),
        ("Walls along all borders", True),
    ],
)
def test_near_terms_stand_so_many_words_apart_at_most(text: str, matches: bool) -> None:
    assert score(topic(Near(("border", "wall"), 4)), text).is_match is matches


def test_near_takes_phrases_and_more_than_two_terms() -> None:
    asked = topic(Near(("border", "steel wall", "Texas"), 6))
    found = score(asked, "In Texas a steel wall on the border is rusty")
    assert found.is_match
    assert found.matched == ("Texas a steel wall on the border",)
    assert score(asked, "In Texas a wall on the border").score == 0


def test_terms_of_near_stand_in_one_text_and_not_in_title_and_summary() -> None:
    assert score(topic(Near(("border", "wall"), 9)), "The border", "A wall").score == 0


def test_a_word_serves_one_place_of_near() -> None:
    once = score(topic(Near(("border", "wall"), 5)), "", "border wall border")
    twice = score(topic(Near(("border", "wall"), 5)), "", "border wall border wall")
    assert once.score < twice.score


# --- names, boosts, repeats -------------------------------------------------


def test_a_name_is_one_term_under_all_its_spellings() -> None:
    ice = Name(("Immigration and Customs Enforcement", "=ICE", "la migra"))
    assert score(topic(ice), "ICE was here").is_match
    assert score(topic(ice), "La Migra was here").is_match
    assert score(topic(ice), "ice was here").score == 0
    echo = score(topic(ice), "ICE was here", "Said Immigration and Customs Enforcement")
    assert "echo" in dict(echo.parts)


def test_a_term_counts_as_often_as_its_boost_says() -> None:
    plain, strong, weak = (
        score(topic(Name(("quay",), boost=boost)), "A quay", "at the quay")
        for boost in (1.0, 3.0, 0.2)
    )
    assert weak.score < plain.score < strong.score
    assert plain == score(topic("quay"), "A quay", "at the quay")
    assert not score(topic(Name(("quay",), boost=0.2)), "A quay").is_match


def test_a_term_that_must_be_repeated_is_not_there_before() -> None:
    asked = topic(Name(("quay",), min_repeat=2))
    assert score(asked, "A quay").score == 0
    assert score(asked, "A quay", "At the quay").is_match


def test_a_topic_that_wants_several_mentions_holds_a_text_with_fewer() -> None:
    asked = topic("quay", "crane", min_repeat=2)
    one, two = score(asked, "A quay"), score(asked, "A quay and a crane")
    assert (one.is_match, one.score) == (False, THRESHOLD / 2)
    assert two.is_match


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_a_topic_sets_its_own_threshold(threshold: float) -> None:
    asked = topic("quay", threshold=threshold)
    for text in (("A quay", ""), ("", "a quay"), ("A quay", "quay quay quay")):
        found = score(asked, *text)
        assert found.is_match is (found.score >= threshold)
    assert score(topic("quay", threshold=0.2), "", "a quay").is_match
    held = score(topic("quay", threshold=0.2, none=("x",)), "A quay x")
    assert held.score == pytest.approx(0.1)


# --- patterns ---------------------------------------------------------------


def test_a_pattern_matches_as_written_in_any_case() -> None:
    asked = topic(Pattern(r"\bberths? \d+\b"))
    found = score(asked, "BERTH 12 is closed")
    assert (found.is_match, found.matched) == (True, ("BERTH 12",))
    assert score(asked, "A berth").score == 0
    assert score(topic(Pattern(r"(?-i)\bICE\b")), "ice").score == 0
    assert score(topic(Pattern("münchen")), "In München").matched == ("München",)


def test_a_pattern_that_would_run_for_ever_elsewhere_takes_no_time() -> None:
    asked = topic(Pattern("(a+)+$"), Pattern("(.*)*x"), Pattern("(a|aa)+b"))
    matcher = compile_topics([asked])
    began = time.perf_counter()
    matcher.score("", "a" * 20_000 + "!")
    assert time.perf_counter() - began < 5  # centuries, if it backtracked


def test_patterns_of_several_topics_find_what_is_theirs() -> None:
    one = Topic("One", "one", any=(Pattern("qu.y"),))
    two = Topic("Two", "two", any=(Pattern("cr.ne"), Pattern("qu.*ne")))
    matcher = compile_topics([one, two])
    assert [s.slug for s in matcher.score("A quay", "")] == ["one"]
    assert [s.slug for s in matcher.score("A quay, a crane", "")] == ["one", "two"]
    assert matcher.score("Nothing", "") == ()


# --- stems ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "text", "languages"),
    [
        ("deport", "Deportation begins; they were deported", ("en",)),
        ("raiding homes", "They raided home after home", ("en",)),
        ("deportación", "Los deportados", ("es",)),
        ("Dreamers", "A dreamer", ("en",)),
        ("Abschiebung", "Abschiebungen beginnen", ("de", "en")),
    ],
)
def test_a_stemmed_topic_matches_other_forms_of_its_words(
    term: str, text: str, languages: tuple[str, ...]
) -> None:
    assert score(topic(term, stem=languages), text).is_match
    assert score(topic(term), text).score == 0


def test_stems_leave_other_topics_and_written_cases_alone() -> None:
    matcher = compile_topics(
        [
            Topic("Stemmed", "stemmed", any=("deport", "=ICE"), stem=("en",)),
            Topic("Plain", "plain", any=("deport",)),
        ]
    )
    assert [s.slug for s in matcher.score("Deported", "")] == ["stemmed"]
    assert matcher.score("Iced tea, ice", "") == ()


def test_a_stem_never_joins_ai_and_training() -> None:
    assert score(topic("ai", stem=("en",)), "Training aids in Spain").score == 0


# --- scope ------------------------------------------------------------------


def test_a_topic_can_be_for_some_feeds_only() -> None:
    asked = topic("quay", feeds=("Wire", "Port News"))
    assert score(asked, "A quay", feed="Wire").is_match
    assert score(asked, "A quay", feed="Other").score == 0
    assert score(topic("quay"), "A quay", feed="Other").is_match


def test_a_topic_can_be_for_some_languages_only() -> None:
    asked = topic("quay", "puerto", languages=("en",))
    assert score(asked, "The quay is closed", "and it will be so").is_match
    assert score(asked, "Puerto cerrado", "en el norte de la ciudad").score == 0
    assert score(asked, "Quay").is_match  # of any language


# --- whatever they are, scores are scores -----------------------------------

plain_terms = st.text("abc *=", min_size=1, max_size=6)
term_lists = st.lists(
    st.recursive(
        st.one_of(
            plain_terms,
            st.builds(
                Name,
                st.lists(plain_terms, min_size=1, max_size=2).map(tuple),
                st.floats(0.1, 10),
                st.integers(1, 3),
            ),
            st.builds(Near, st.just(("a", "b")), st.integers(1, 5)),
            st.builds(Pattern, st.sampled_from(["a+b", "c"])),
        ),
        lambda terms: st.builds(
            Group, *[st.lists(terms, max_size=2).map(tuple) for _ in range(3)]
        ),
        max_leaves=6,
    ),
    max_size=3,
).map(tuple)


@given(
    term_lists,
    term_lists,
    term_lists,
    st.text("abc ", max_size=30),
    st.text("abc ", max_size=30),
)
def test_any_definition_gives_scores_between_0_and_1_whose_parts_add_up(
    any_: tuple[Term, ...],
    all_: tuple[Term, ...],
    none: tuple[Term, ...],
    title: str,
    summary: str,
) -> None:
    asked = topic(*any_, all=all_, none=none, stem=("en",))
    for found in compile_topics([asked]).score(title, summary):
        assert 0 < found.score <= 1
        assert found.is_match is (found.score >= THRESHOLD)
        assert math.isclose(sum(part for _, part in found.parts), found.score)
        assert all(word in title or word in summary for word in found.matched)


def test_what_a_definition_says_can_be_read() -> None:
    terms = [
        Name(("ICE", "la migra"), boost=2),
        Near(("border", "wall"), 8, min_repeat=2),
        Pattern("a+"),
        Group(any=("a", "b"), none=("c",)),
    ]
    assert list(map(str, terms)) == [
        "ICE / la migra ×2",
        "border … wall within 8 words, 2 times",
        "/a+/",
        "(any of a, b; none of c)",
    ]


def test_a_definition_is_the_same_where_the_same_texts_score_alike() -> None:
    one, other = topic("quay", Near(("a", "b"), 3)), topic("quay", Near(("a", "b"), 4))
    assert one.definition == topic("quay", Near(("a", "b"), 3)).definition
    assert one.definition != other.definition
    assert topic("a").definition != topic("a", threshold=0.4).definition
    assert topic(Name(("a",))).definition != topic(Near(("a",), 1)).definition
