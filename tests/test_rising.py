"""Which words rise: what this week's reports hold and the weeks before did not."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from aggregator.models import ReportText
from aggregator.trends.rising import rising_words

AT = datetime(2026, 3, 6, tzinfo=UTC)


def reports(*rows: tuple[int, str], times: int = 1) -> list[ReportText]:
    return [ReportText(n, AT, text) for _ in range(times) for n, text in rows]


BEFORE = reports(
    (1, "Senate debates the border wall budget"),
    (2, "Border officers ask for more staff"),
    (3, "The wall stands and the desert does not care"),
    (4, "Judge hears the case of the asylum rule"),
    times=8,
)


def words(week: list[ReportText], before: list[ReportText] = BEFORE) -> list[str]:
    return [word.text for word in rising_words(week, before)]


def test_a_word_that_is_new_rises_and_one_as_usual_does_not() -> None:
    week = reports(
        (11, "Ferry strike shuts the border"),
        (12, "The ferry crews at the wall"),
        (13, "Border officers and a ferry"),
        (11, "Border budget waits for the ferry"),
    )
    found = rising_words(week, BEFORE)
    assert [word.text for word in found] == ["ferry"]
    assert (found[0].report_count, found[0].before_count) == (4, 0)
    assert found[0].cluster_ids == (11, 12, 13)  # the one with most reports first
    assert found[0].score > 1.96


def test_a_word_of_two_reports_does_not_rise() -> None:
    week = reports((11, "Ferry strike"), (12, "Ferry crews"), (13, "The wall"))
    assert words(week) == []


def test_grammar_does_not_rise_in_any_language() -> None:
    week = reports(
        (11, "Cierran el puente de la frontera por la noche"),
        (12, "El puente abre de nuevo y la fila es de horas"),
        (13, "Sin el puente no hay paso para los camiones"),
        times=2,
    )
    assert "puente" in words(week)
    assert not {"el", "la", "de", "los"} & set(words(week))


def test_two_words_that_stand_together_are_shown_as_one() -> None:
    week = reports(
        (11, "Painted Draw contract goes to builder"),
        (12, "Who owns Painted Draw"),
        (13, "At Painted Draw the wall begins"),
        (14, "Painted Draw ranchers object"),
    )
    assert words(week) == ["painted draw"]


def test_numbers_do_not_rise() -> None:
    week = reports((11, "412 crossings"), (12, "412 trucks"), (13, "412 again"))
    assert "412" not in words(week)


def test_nothing_rises_where_there_was_nothing_before() -> None:
    week = reports((11, "Ferry strike"), (12, "Ferry crews"), (13, "Ferry talks"))
    assert words(week, []) == []
    assert words([], BEFORE) == []


@given(
    st.lists(st.text("abc de", max_size=20), max_size=12),
    st.lists(st.text("abc de", max_size=20), max_size=12),
)
def test_what_rises_is_in_enough_reports_and_best_first(
    week: list[str], before: list[str]
) -> None:
    found = rising_words(
        reports(*enumerate(week)), reports(*enumerate(before)), limit=5
    )
    assert len(found) <= 5
    assert all(word.report_count >= 3 for word in found)
    scores = [word.score for word in found]
    assert scores == sorted(scores, reverse=True)
