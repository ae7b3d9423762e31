"""What answers teach: a model that starts as the definition and never breaks its rules."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.models import Lesson, Measured, TopicScore
from aggregator.topics.answered import Example, is_enough
from aggregator.topics.lessons import DECIDES_FROM, learn_lesson
from aggregator.topics.revision import overrule, revise, revised

NOTHING = Measured(None, None)
STEMS = ("harbor", "ferry", "quota", "trawle", "budget", "vote")

scores = st.floats(0.0, 1.0)
thresholds = st.floats(0.1, 0.9)
vectors = st.dictionaries(st.sampled_from(STEMS), st.floats(0.0, 1.0))
weights = st.dictionaries(st.sampled_from(STEMS), st.floats(-20.0, 20.0))


def lesson(
    slope: float = 1.0,
    weights: Mapping[str, float] | None = None,
    *,
    decides: bool = False,
) -> Lesson:
    return Lesson(slope, weights or {}, 5, 5, NOTHING, NOTHING, decides)


def scored(score: float, threshold: float = 0.5) -> TopicScore:
    return TopicScore("t", score, score >= threshold, ("quota",), (("title", score),))


def unit(*stems: str) -> dict[str, float]:
    return {stem: 1.0 / math.sqrt(len(stems)) for stem in stems}


def fishing(count: int, seed: int = 7) -> list[Example]:
    """Answers of somebody who wants fishing quotas and not those of students.

    The definition, the one word "quota", is in doubt about all of them.
    """
    dice = random.Random(seed)  # noqa: S311  # repeatable
    found = []
    for key in range(count):
        is_yes = key % 2 == 0
        subject = ("trawle", "harbor") if is_yes else ("vote", "budget")
        score = dice.uniform(0.3, 0.7)
        vector = unit("quota", *dice.sample(subject, 1), dice.choice(STEMS[:2]))
        found.append(Example(key, vector, score, score >= 0.5, is_yes))
    return found


@given(scores, thresholds)
def test_a_model_that_learned_nothing_is_the_definition(
    score: float, threshold: float
) -> None:
    kept = min(max(score, 0.01), 0.99)
    assert revised(score, threshold, 1.0, 0.0) == pytest.approx(kept)


@given(scores, thresholds, st.floats(-1e6, 1e6), st.floats(-1e9, 1e9))
def test_no_weight_is_too_heavy_to_be_added_up(
    score: float, threshold: float, slope: float, words: float
) -> None:
    assert 0.0 <= revised(score, threshold, slope, words) <= 1.0


@given(scores, thresholds, st.floats(-3, 3), weights, vectors, st.booleans())
def test_a_revised_score_is_a_score_and_its_parts_add_up(
    score: float,
    threshold: float,
    slope: float,
    words: Mapping[str, float],
    vector: Mapping[str, float],
    decides: bool,
) -> None:
    found = scored(score, threshold)
    given = revise(found, threshold, lesson(slope, words, decides=decides), vector)
    assert 0.0 <= given.score <= 1.0
    assert given.is_match == (given.score >= threshold)
    assert math.fsum(value for _, value in given.parts) == pytest.approx(given.score)
    if not decides:
        assert given.is_match == found.is_match


@given(st.floats(0.0, 0.5), weights, vectors, st.booleans())
def test_what_the_definition_holds_down_no_answer_lifts(
    score: float, words: Mapping[str, float], vector: Mapping[str, float], decides: bool
) -> None:
    held = TopicScore("t", score, False, parts=(("title", 0.9), ("held", score - 0.9)))
    assert revise(held, 0.5, lesson(1.0, words, decides=decides), vector) == held


@given(scores, thresholds, st.booleans())
def test_an_answer_counts_for_what_it_was_about(
    score: float, threshold: float, is_yes: bool
) -> None:
    given = overrule(scored(score, threshold), is_yes, threshold)
    assert given.is_match is is_yes
    assert math.fsum(value for _, value in given.parts) == pytest.approx(given.score)


def test_answers_teach_the_words_that_tell_one_from_the_other() -> None:
    taught = learn_lesson(fishing(60), 0.5)
    assert taught.weights["trawle"] > 0.3
    assert taught.weights["vote"] < -0.3
    assert (taught.yes_count, taught.no_count) == (30, 30)
    vector_yes, vector_no = unit("quota", "trawle"), unit("quota", "vote")
    doubt = scored(0.5)
    assert revise(doubt, 0.5, taught, vector_yes).score > 0.55
    assert revise(doubt, 0.5, taught, vector_no).score < 0.45


def test_what_is_held_out_says_what_was_gained() -> None:
    taught = learn_lesson(fishing(60), 0.5)
    assert taught.decides
    assert taught.before.f1 < 0.7
    assert taught.after.f1 > 0.9


def test_a_model_that_does_worse_on_what_was_held_out_does_not_decide() -> None:
    # the definition is right about all of them, and the words are drawn by lot
    dice = random.Random(3)  # noqa: S311  # repeatable
    examples = [
        Example(key, unit(*dice.sample(STEMS, 2)), score, score >= 0.5, score >= 0.5)
        for key, score in ((n, dice.choice((0.49, 0.51))) for n in range(80))
    ]
    taught = learn_lesson(examples, 0.5)
    assert taught.before.f1 == 1.0
    assert taught.after.f1 < 1.0
    assert not taught.decides


def test_few_answers_rank_and_do_not_decide() -> None:
    taught = learn_lesson(fishing(DECIDES_FROM - 2), 0.5)
    assert taught.after.f1 > taught.before.f1
    assert not taught.decides


@pytest.mark.parametrize(
    ("yes", "no", "enough"),
    [(5, 5, True), (7, 3, True), (8, 2, False), (5, 4, False), (20, 0, False)],
)
def test_answers_of_both_kinds_are_needed(yes: int, no: int, enough: bool) -> None:
    assert is_enough(yes, no) is enough


def test_the_reports_of_one_cluster_are_one_answer() -> None:
    lone = fishing(40)
    many = lone[:-1] + [
        Example(39, lone[39].vector, lone[39].score, False, False, 0.25)
        for _ in range(4)
    ]
    one, other = learn_lesson(lone, 0.5), learn_lesson(many, 0.5)
    assert (other.yes_count, other.no_count) == (20, 20)
    for stem, weight in one.weights.items():
        assert other.weights[stem] == pytest.approx(weight, abs=0.02)


@given(st.permutations(fishing(12)))
def test_the_order_of_answers_changes_nothing(examples: Sequence[Example]) -> None:
    one, other = learn_lesson(fishing(12), 0.5), learn_lesson(examples, 0.5)
    assert other.slope == pytest.approx(one.slope, abs=1e-3)
    assert dict(other.weights) == pytest.approx(dict(one.weights), abs=1e-3)
    assert other.after == one.after


def test_answers_that_contradict_each_other_still_make_a_model() -> None:
    """Full Newton steps swung ever wider on texts drawn by lot, up to an overflow."""
    dice = random.Random(1)  # noqa: S311  # repeatable
    words = [f"w{n}" for n in range(2_000)]
    examples = [
        Example(n, unit(*dice.sample(words, 45)), dice.random(), False, n % 2 == 0)
        for n in range(80)
    ]
    taught = learn_lesson(examples, 0.5)
    assert math.isfinite(taught.slope)
    assert all(abs(weight) < 10.0 for weight in taught.weights.values())


def test_texts_without_a_word_teach_what_their_scores_say() -> None:
    examples = [
        Example(n, {}, 0.8 if n % 2 else 0.2, n % 2 == 1, n % 2 == 1) for n in range(20)
    ]
    taught = learn_lesson(examples, 0.5)
    assert dict(taught.weights) == {}
    assert taught.slope > 1.0
    assert taught.after.f1 == 1.0
