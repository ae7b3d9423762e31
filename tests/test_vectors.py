"""Words in any script become unit rows, and what was learned can be stored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction import FeatureHasher

from aggregator.clustering.vectors import StreamingTfidf
from aggregator.words.stopwords import (
    LANGUAGES,
    function_words,
    function_words_of,
    language_of,
)
from aggregator.words.tokens import fold, stem, strip_signature, tokens

TEXTS = [
    ("Quake hits Chile", "A strong earthquake of magnitude 6.1 hit Chile."),
    ("Chile quake kills two - Reuters", "Two people died in the quake."),
    ("Budget vote delayed", ""),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Senate's 12th vote: 1,000 dead", ["senate", "12th", "vote", "1000", "dead"]),
        ("U.S. and U.K. agree", ["us", "and", "uk", "agree"]),
        ("6.1-magnitude", ["6.1", "magnitude"]),
        ("Präsident São José", ["prasident", "sao", "jose"]),
        ("प्रधानमंत्री मोदी", ["प्रधानमंत्री", "मोदी"]),
        ("東京訪問", ["東京", "京訪", "訪問"]),
        ("대통령 선거", ["대통령", "선거"]),
        ("Ёлка в Москве", ["елка", "в", "москве"]),
        ("… — !?", []),
        ("", []),
    ],
)
def test_words_are_found_in_any_script(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_accents_and_case_fold_away() -> None:
    assert fold("ÉLECTION") == fold("Election") == "election"


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Court clears Thaksin in insult case - Reuters", "Court clears Thaksin in insult case"),
        ("Court clears Thaksin in insult case | World | CNN", "Court clears Thaksin in insult case"),
        ("Storm Ida - live", "Storm Ida - live"),
        ("Trump – Putin talks end", "Trump – Putin talks end"),
    ],
)  # fmt: skip
def test_the_outlets_signature_is_stripped(title: str, bare: str) -> None:
    assert strip_signature(title) == bare


def test_function_words_are_those_of_one_language() -> None:
    german = tokens("Der Krieg war nach einem Jahr nicht zu Ende")
    english = tokens("The war in the east is not over")
    assert "war" in function_words(german)
    assert "war" not in function_words(english)
    assert not function_words(["barack", "obama"])


@given(
    st.lists(
        st.sampled_from([*function_words_of("de"), *function_words_of("nl"), "brücke"])
    )
)
def test_a_texts_language_is_that_of_most_function_words(words: list[str]) -> None:
    counts = {
        language: sum(word in function_words_of(language) for word in words)
        for language in LANGUAGES
    }
    found = language_of(words)
    assert counts.get(found, 0) == max(counts.values())


def test_rows_have_length_one_or_none_at_all() -> None:
    X = StreamingTfidf().partial_fit_transform([*TEXTS, ("", ""), ("the of", "!")])
    lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
    np.testing.assert_allclose(lengths, [1, 1, 1, 0, 0], atol=1e-6)
    assert X.dtype == np.float32


def test_a_number_behind_a_hyphen_is_part_of_its_word() -> None:
    """ "Covid" and "19" were two words, so that all news of the plague was one event."""
    named = StreamingTfidf().words("Covid-19 cases rise", "Covid: a league of 19 clubs")
    assert list(named.values()) == ["covid", "cases", "rise", "league", "19", "clubs"]


def test_a_preposition_is_no_word_that_texts_share() -> None:
    """ "Around" was half of what put a Channel crossing into a cluster on Del Rio."""
    texts = [
        ("Boats carry around 100 across the Channel", "Rescuers met them near Harwick."),
        ("Families camp around a bridge across the river", "Food is scarce near Tolland."),
    ]  # fmt: skip
    X = StreamingTfidf().partial_fit_transform(texts)
    assert (X[0] @ X[1].T).sum() == 0.0


def test_nothing_is_needed_before_the_first_row() -> None:
    assert StreamingTfidf().transform(TEXTS).shape == (3, 2**22)
    assert StreamingTfidf().transform([]).shape == (0, 2**22)


def test_a_thousand_identical_texts_break_nothing() -> None:
    X = StreamingTfidf().partial_fit_transform([TEXTS[0]] * 1000)
    assert np.isfinite(X.data).all()


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    tfidf = StreamingTfidf().fit(TEXTS * 30)
    row = tfidf.transform([("quake votes", "")])
    columns = {w: column for column, w in tfidf.words("quake votes", "").items()}
    assert row[0, columns["votes"]] > row[0, columns["quake"]]


def test_the_words_of_an_item_stand_for_the_columns_of_its_row() -> None:
    tfidf = StreamingTfidf()
    for title, summary in TEXTS:
        words = tfidf.words(title, summary)
        row = tfidf.transform([(title, summary)])
        assert set(words) == set(row.indices.tolist())
    assert tfidf.words("", "") == {}


def test_a_column_is_named_by_its_first_word() -> None:
    named = StreamingTfidf().words("Sanctions bite", "The sanctioned bank bites back")
    assert list(named.values()) == ["sanctions", "bite", "bank", "bites", "back"]


@given(st.lists(st.tuples(st.text(), st.text()), max_size=12), st.integers(0, 12))
@settings(deadline=None, max_examples=50)
def test_learning_in_halves_is_learning_at_once(
    texts: list[tuple[str, str]], cut: int
) -> None:
    whole = StreamingTfidf(n_features=2**12).partial_fit(texts)
    halves = StreamingTfidf(n_features=2**12).partial_fit(texts[:cut])
    halves.partial_fit(texts[cut:])
    for one, other in zip(whole.state(), halves.state(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_changes_name_only_what_changed_since_they_were_asked_for() -> None:
    tfidf = StreamingTfidf().partial_fit(TEXTS[:2])
    first = dict(zip(*(part.tolist() for part in tfidf.changes()[:2]), strict=True))
    assert tfidf.changes()[0].size == 0
    tfidf.partial_fit(TEXTS[2:])
    columns, counts, n_documents = tfidf.changes()
    assert set(columns.tolist()) == set(tfidf.words(*TEXTS[2]))
    assert n_documents == 3
    stored = first | dict(zip(columns.tolist(), counts.tolist(), strict=True))
    again = StreamingTfidf().restore(list(stored), list(stored.values()), n_documents)
    assert (again.transform(TEXTS) != tfidf.transform(TEXTS)).nnz == 0


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=20))
def test_a_word_has_the_column_that_the_hasher_gives_it(words: list[str]) -> None:
    hasher = FeatureHasher(2**22, input_type="string", alternate_sign=False)
    for column, word in StreamingTfidf().words(" ".join(words), "").items():
        assert hasher.transform([[stem(word)]]).indices.tolist() == [column]


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_english_is_cut_into_words_as_any_other_text(text: str) -> None:
    assert tokens(text) == tokens(f"{text} ж")[:-1]


@pytest.mark.parametrize("sign", "'’‘")
def test_a_possessive_is_known_by_any_quote(sign: str) -> None:
    """With a single left quote, "Bank\u2018s" was two words, of which one was "s"."""
    assert tokens(f"The bank{sign}s owner \u2014 \u201ca fool\u201d") == [
        "the",
        "bank",
        "owner",
        "a",
        "fool",
    ]
