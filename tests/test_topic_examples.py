"""Examples: a pasted text is a topic; what the stream lends; no stream, no fuss."""

from __future__ import annotations

import math

import pytest

from aggregator.models import Profile, Topic
from aggregator.topics import compile_topics, is_address, learn

PIECE = (
    "The harbour needs a deeper channel. Container ships of the new size cannot berth "
    "at the old quays, the dredgers are rented out, and the pilots refuse to bring "
    "large vessels in at low tide. The port authority should borrow and dredge."
)
BY_EXAMPLE = Topic("Harbours", "harbours", examples=(PIECE,))

HARBOUR = [
    ("Dredgers leave the harbour", "Pilots say large vessels cannot reach the berth."),
    ("Port authority borrows", "The money goes to a deeper channel for ships."),
    ("Container ships wait", "At low tide the stevedores of quay four go home."),
    ("Stevedores strike", "Container ships wait as stevedores walk off the quays."),
]
OTHER = [
    ("Orchestra names a conductor", "She will open the season with a new symphony."),
    ("Snow closes the pass", "Ploughs could not keep the mountain road open."),
    ("Minister resigns", "He had lost the confidence of his own party."),
    ("Chess title decided", "The champion kept the crown in a rapid game."),
    ("Recipe for plum cake", "Stone the plums, beat the eggs and add the flour."),
]


def stream(n: int = 200) -> list[tuple[str, str]]:
    """Harbours in four of a hundred texts."""
    texts = []
    for number in range(n):
        pool = HARBOUR if number % 25 == 0 else OTHER
        title, summary = pool[
            number // 25 % len(pool) if pool is HARBOUR else number % 5
        ]
        texts.append((f"{title}, part {number}", summary))
    return texts


def test_a_pasted_text_is_a_topic() -> None:
    matcher = compile_topics([BY_EXAMPLE])
    scores = {title: matcher.score(title, text) for title, text in HARBOUR + OTHER}
    found = {title: own[0].score if own else 0.0 for title, own in scores.items()}
    assert min(found[t] for t, _ in HARBOUR) > max(found[t] for t, _ in OTHER)


def test_the_words_that_make_a_text_like_the_examples_are_told() -> None:
    found = compile_topics([BY_EXAMPLE]).score(
        "Dredgers leave", "the harbour, and pilots stay with their song"
    )[0]
    assert set(found.matched) == {"Dredgers", "harbour", "pilots"}
    assert dict(found.parts)["examples"] == pytest.approx(found.score)


def test_the_stream_lends_words_that_the_examples_do_not_have() -> None:
    alone = learn([BY_EXAMPLE])["harbours"]
    taught = learn([BY_EXAMPLE], stream())["harbours"]
    assert "steved" not in alone.weights
    assert taught.weights["steved"] > 0
    assert taught.text_count == 200
    assert "sympho" not in taught.weights
    strike = ("Stevedores on strike", "Stevedores say they will not return.")
    assert compile_topics([BY_EXAMPLE], {"harbours": alone}).score(*strike) == ()
    found = compile_topics([BY_EXAMPLE], {"harbours": taught}).score(*strike)
    assert found[0].score > 0.3


def test_what_is_learned_is_a_unit_vector_and_depends_on_no_order() -> None:
    taught = learn([BY_EXAMPLE], stream())["harbours"]
    assert math.isclose(sum(x * x for x in taught.weights.values()), 1, abs_tol=1e-3)
    again = learn([BY_EXAMPLE], reversed(stream()))["harbours"]
    assert again.half == pytest.approx(taught.half)
    assert again.weights == pytest.approx(taught.weights, abs=1e-4)


def test_a_text_that_the_stream_repeats_lends_its_words_once() -> None:
    repeated = stream() + [HARBOUR[3]] * 300
    once = [*stream(), HARBOUR[3]]
    assert learn([BY_EXAMPLE], repeated) == learn([BY_EXAMPLE], once)


def test_an_address_stands_for_the_stored_item() -> None:
    url = "https://news.example/harbour"
    asked = Topic("Harbours", "harbours", examples=(url,))
    assert is_address(url)
    assert not is_address(PIECE)
    assert learn([asked])["harbours"].weights == {}
    known = learn([asked], (), {url: ("", PIECE)})["harbours"]
    assert known.weights == learn([BY_EXAMPLE])["harbours"].weights
    assert compile_topics([asked]).score(*HARBOUR[0]) == ()


def test_terms_and_examples_add_up() -> None:
    both = Topic("Harbours", "harbours", any=("vessel",), examples=(PIECE,))
    found = compile_topics([both]).score(*HARBOUR[0])[0]
    terms = compile_topics([Topic("T", "t", any=("vessel",))]).score(*HARBOUR[0])[0]
    like = compile_topics([BY_EXAMPLE]).score(*HARBOUR[0])[0]
    assert found.score == pytest.approx(1 - (1 - terms.score) * (1 - like.score))


def test_none_and_all_hold_what_is_like_the_examples() -> None:
    asked = Topic("H", "h", none=("pilots",), examples=(PIECE,))
    held = compile_topics([asked]).score(*HARBOUR[0])[0]
    assert (held.is_match, held.score) == (False, 0.25)
    assert compile_topics([asked]).score(*HARBOUR[2])[0].score > 0.25
    wanted = Topic("H", "h", all=("pilots",), examples=(PIECE,))
    assert compile_topics([wanted]).score(*HARBOUR[0])[0].is_match
    assert not compile_topics([wanted]).score(*HARBOUR[2])[0].is_match


def test_an_example_of_function_words_alone_teaches_nothing() -> None:
    asked = Topic("H", "h", examples=("it is as it was and as it will be",))
    profile = learn([asked], stream())["h"]
    assert profile == Profile(asked.examples, {}, profile.half, 200)
    assert compile_topics([asked]).score("It is", "as it was") == ()


def test_each_topic_learns_from_its_own_examples() -> None:
    cake = Topic(
        "Cake", "cake", examples=("Beat the eggs, stone the plums, add flour",)
    )
    plain = Topic("Plain", "plain", any=("eggs",))
    profiles = learn([BY_EXAMPLE, cake, plain], stream())
    assert set(profiles) == {"harbours", "cake"}
    matcher = compile_topics([BY_EXAMPLE, cake, plain], profiles)
    assert [s.slug for s in matcher.score(*OTHER[4])] == ["cake", "plain"]
