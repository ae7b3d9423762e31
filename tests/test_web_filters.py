"""Template filters: times as people read them, and text cut for marking."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import sample
from web import filters


@pytest.mark.parametrize(
    ("url", "is_linked"),
    [
        ("https://a.example/x?y=1&z=2#f", True),
        ("HTTP://a.example/", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("javascript://a.example/%0aalert(1)", False),
        (" https://a.example/", False),
        ("https://a.example/\u2028x", False),
        ("https:\\\\a.example", False),
        ("//a.example/", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_linked(url: str, is_linked: bool) -> None:
    assert filters.web_url(url) == (url if is_linked else "")


def test_an_excerpt_is_cut_at_its_marks() -> None:
    assert filters.excerpt_parts("a \x02b\x03 c \x02d\x03") == [
        ("a ", False),
        ("b", True),
        (" c ", False),
        ("d", True),
    ]


@given(st.text(alphabet="ab<\x02\x03"))
def test_an_excerpt_loses_nothing_but_its_marks(text: str) -> None:
    parts = filters.excerpt_parts(text)
    assert "".join(part for part, _ in parts) == re.sub("[\x02\x03]", "", text)


@given(st.text(alphabet="ab .*("), st.lists(st.text(alphabet="ab .*(", max_size=3)))
def test_marking_words_loses_nothing(text: str, words: list[str]) -> None:
    assert "".join(part for part, _ in filters.word_parts(text, words)) == text


def test_words_are_marked_as_words() -> None:
    parts = filters.word_parts("Aid to aides: AID", ["aid"])
    assert [text for text, is_marked in parts if is_marked] == ["Aid", "AID"]


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(seconds=61), "1 min ago"),
        (timedelta(minutes=119), "1 h ago"),
        (timedelta(hours=25), "25 h ago"),
        (timedelta(hours=50), "2 d ago"),
        (timedelta(seconds=-5), "in a moment"),
        (timedelta(minutes=-48), "in 48 min"),
    ],
)
def test_ages_are_said_in_their_largest_unit(offset: timedelta, words: str) -> None:
    assert filters.ago(sample.NOW - offset, sample.NOW) == words
