"""Which items carry the same text: planted copies, look-alikes, and what may come."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.copies.copytext import read
from aggregator.copies.families import SHIPPED, Families, is_domain
from aggregator.copies.finder import CopyFinder
from aggregator.copies.reports import fold, keep_origins
from aggregator.demo import load_week
from aggregator.models import Carrier, Evidence, Item
from tests.copyfixtures import EVENTS, NOW, item, planted


def found(items: list[Item], families: Families | None = None) -> dict[int, Carrier]:
    carriers = CopyFinder().reports(items, (families or Families()).of)
    return {carrier.item_id: carrier for carrier in carriers}


def origins(items: list[Item]) -> list[int]:
    carriers = found(items)
    return [carriers[one.id].origin_id for one in items]


TEXT = EVENTS[0][0].text
OTHER = EVENTS[0][1].text


# --- planted copies


def test_planted_copies_are_found_and_look_alikes_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pairs = hits = differing = false = 0
    for seed in range(20):
        clusters, text_of = planted(seed)
        for cluster in clusters:
            carriers = found(cluster)
            for one, other in itertools.combinations(cluster, 2):
                same = carriers[one.id].origin_id == carriers[other.id].origin_id
                if text_of[one.id] == text_of[other.id]:
                    pairs, hits = pairs + 1, hits + same
                else:
                    differing, false = differing + 1, false + same
    with capsys.disabled():
        print(
            f"\ncopies: {hits} of {pairs} planted pairs found ({hits / pairs:.2%}), "
            f"{false} of {differing} others taken for copies ({false / differing:.2%})"
        )
    assert hits / pairs >= 0.95
    assert false / differing < 0.01


def test_the_demo_weeks_wire_texts_are_one_report_each_and_nothing_else_is() -> None:
    events: dict[str, list[Item]] = {}
    for number, told in enumerate(load_week().items, 1):
        minutes = -int((told.age or timedelta(0)).total_seconds() // 60)
        one = item(
            number,
            told.title,
            told.summary,
            source=told.outlet,
            author=told.author,
            minutes=minutes,
        )
        events.setdefault(told.event, []).append(one)
    copied = {}
    for event, items in events.items():
        reports = fold(items, found(items))
        sizes = sorted(1 + len(report.copies) for report in reports)
        if sizes[-1] > 1:
            copied[event] = sizes
    assert len(copied) == 12
    assert copied["border-towers"] == [5]
    assert copied["seizure-port"][-1] == 2
    (towers,) = fold(events["border-towers"], found(events["border-towers"]))
    assert (towers.first.source, towers.outlet_count) == ("cpa", 5)
    assert [copy.lag for copy in towers.copies] == [
        timedelta(minutes=minutes) for minutes in (25, 38, 56, 80)
    ]


# --- one rule each


def test_ten_outlets_with_one_wire_text_are_one_report_with_ten_carriers() -> None:
    items = [
        item(n, f"Headline number {n}", f"LIMA (AP) — {TEXT}") for n in range(1, 11)
    ]
    carriers = found(items)
    assert {carrier.origin_id for carrier in carriers.values()} == {1}
    assert {carrier.voice for carrier in carriers.values()} == {"Associated Press"}
    assert len({carrier.family for carrier in carriers.values()}) == 10
    assert carriers[1].evidence is Evidence.ORIGIN
    assert carriers[7].evidence is Evidence.TEXT


def test_the_first_in_time_is_the_origin_whatever_the_order_of_ids() -> None:
    late, early = item(1, "A", TEXT, minutes=90), item(2, "B", TEXT, minutes=5)
    assert origins([late, early]) == [2, 2]


def test_two_texts_of_one_agency_are_two_reports_of_one_voice() -> None:
    items = [item(1, "A", f"LIMA (AP) — {TEXT}"), item(2, "B", f"LIMA (AP) — {OTHER}")]
    carriers = found(items)
    assert origins(items) == [1, 2]
    assert {carrier.voice for carrier in carriers.values()} == {"Associated Press"}


def test_an_agency_is_known_by_the_initials_of_its_outlet() -> None:
    items = [
        item(1, "A", OTHER, source="Continental Press Agency"),
        item(2, "B", f"LIMA (CPA) — {TEXT}"),
    ]
    assert found(items)[2].voice == "Continental Press Agency"


@pytest.mark.parametrize(
    ("summary", "author", "agency"),
    [
        ("ISLAMABAD (Reuters) -The bank will pay for it.", "", "Reuters"),
        ("MADRID, 23 Ago. (EUROPA PRESS) - El banco pagará.", "", "Europa Press"),
        ("(AP) — The bank will pay for it.", "", "Associated Press"),
        ("The bank will pay for it. (AFP)", "", "Agence France-Presse"),
        ("The bank will pay for it — Reuters", "", "Reuters"),
        ("东京（共同）银行将支付。", "", "Kyodo"),
        ("The bank will pay for it.", "Jo Ray and AP", "Associated Press"),
        ("The bank will pay for it.", "The Associated Press", "Associated Press"),
        ("The bank (founded 1907) will pay for it.", "A. P. Reuterswärd", ""),
        ("Voters in Peru (population 34 million) - and Chile - agree.", "", ""),
        ("", "", ""),
    ],
)
def test_agencies_are_read_from_datelines_ends_and_bylines(
    summary: str, author: str, agency: str
) -> None:
    assert read(item(1, "A headline", summary, author=author)).agency == agency


def test_a_quote_in_two_articles_does_not_make_them_copies() -> None:
    quote = (
        "“"
        + "we shall not rest until every bridge on this river is safe to cross " * 2
        + "”"
    )
    first = f"The minister spoke in Port Ansel on Monday. {quote} Engineers disagreed."
    second = f"Bridge tolls rise again next year, the ministry said. {quote} Drivers protest."
    assert origins([item(1, "A", first), item(2, "B", second)]) == [1, 2]


def test_headlines_alone_are_copies_when_they_are_nearly_equal() -> None:
    title = "Ferry with 212 aboard runs aground off Cape Morrow"
    variants = [title, title + " - The Mill", title.upper()]
    assert origins([item(n, text) for n, text in enumerate(variants, 1)]) == [1, 1, 1]
    others = [title.replace("212", "112"), title.replace("runs", "never ran"), "Ferry"]
    items = [item(n, text) for n, text in enumerate([title, *others], 1)]
    assert origins(items) == [1, 2, 3, 4]


def test_a_headline_alone_never_makes_two_texts_one() -> None:
    title = "Ferry with 212 aboard runs aground off Cape Morrow"
    items = [item(1, title, TEXT), item(2, title), item(3, title, OTHER)]
    assert origins(items) == [1, 1, 3]


def test_one_address_in_two_feeds_is_one_report() -> None:
    url = "https://mill.example/ferry"
    items = [item(1, "A", TEXT, url=url), item(2, "B", OTHER, url=url)]
    assert found(items)[2].evidence is Evidence.ADDRESS


def test_an_outlet_behind_an_aggregating_feed_is_its_own_copy() -> None:
    title = "Ferry with 212 aboard runs aground off Cape Morrow"
    items = [
        item(1, title, TEXT, source="The Mill", feed=1),
        item(2, f"{title} - The Mill", OTHER, source="The Mill", feed=2),
        item(3, title, OTHER.upper()[:40], source="The Quay", feed=3),
    ]
    assert found(items)[2].evidence is Evidence.SOURCE


def test_a_text_joins_those_that_were_cut_from_either_end() -> None:
    half = len(TEXT) // 2
    items = [item(1, "A", TEXT[:half]), item(2, "B", TEXT[half:]), item(3, "C", TEXT)]
    carriers = found(items)
    assert origins(items) == [1, 1, 1]
    assert carriers[2].evidence is Evidence.CHAIN


# --- bounds


def test_the_order_of_arrival_changes_nothing() -> None:
    clusters, _ = planted(3)
    for cluster in clusters:
        shuffled = cluster.copy()
        random.Random(1).shuffle(shuffled)  # noqa: S311  # the same each time
        assert found(cluster) == found(shuffled)


@pytest.mark.parametrize("text", ["", "the", "🙂", TEXT, "的" * 50])
def test_thousands_of_equal_items_cost_no_more_than_their_number(text: str) -> None:
    items = [
        item(n, "A headline with enough words in it", text) for n in range(1, 4001)
    ]
    began = time.perf_counter()
    assert set(origins(items)) == {1}
    assert time.perf_counter() - began < 10


def test_a_thousand_different_texts_with_common_phrases_are_compared_with_few() -> None:
    rng = random.Random(5)  # noqa: S311  # the same each time
    words = [f"word{n}" for n in range(300)]
    phrase = "the government said in a statement on Thursday that"
    items = [
        item(n, f"Title {n}", f"{phrase} {' '.join(rng.choices(words, k=50))}")
        for n in range(1, 1001)
    ]
    began = time.perf_counter()
    assert origins(items) == list(range(1, 1001))
    assert time.perf_counter() - began < 10


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=300)), max_size=8))
def test_any_text_is_some_report(texts: list[tuple[str, str]]) -> None:
    items = [item(n, *text) for n, text in enumerate(texts, 1)]
    carriers = found(items)
    assert set(carriers) == {one.id for one in items}
    for carrier in carriers.values():
        assert carriers[carrier.origin_id].origin_id == carrier.origin_id
        assert 0.0 <= carrier.containment <= 1.0


@pytest.mark.parametrize(
    "text", ["(" * 5000, '"' * 5000, "A " * 5000, "— " * 5000, "read more " * 500]
)
def test_hostile_text_is_read_in_no_time(text: str) -> None:
    began = time.perf_counter()
    read(item(1, text[:1000], text, author=text[:1000]))
    assert time.perf_counter() - began < 0.5


def test_an_edited_item_is_read_again() -> None:
    finder, families = CopyFinder(), Families()
    items = [item(1, "A", TEXT), item(2, "B", OTHER)]
    assert len({c.origin_id for c in finder.reports(items, families.of)}) == 2
    items[1] = replace(items[1], summary=TEXT)
    assert len({c.origin_id for c in finder.reports(items, families.of)}) == 1


def test_a_report_that_began_before_the_items_at_hand_keeps_its_first() -> None:
    items = [item(n, "A headline with enough words in it", TEXT) for n in (5, 6, 7)]
    kept = keep_origins(tuple(found(items).values()), {5: 1, 6: 1})
    assert [carrier.origin_id for carrier in kept] == [1, 1, 1]
    assert kept[0].evidence is Evidence.CHAIN


# --- families


def test_editions_of_one_publisher_are_one_family_and_others_themselves() -> None:
    families = Families()
    assert families.of("BBC World") == families.of("BBC Mundo") == "BBC"
    assert families.of("Some feed", "https://feeds.bbci.co.uk/news/1") == "BBC"
    assert families.of("cnnespanol.cnn.com") == families.of("CNN") == "CNN"
    assert families.of("AP") == "Associated Press"
    assert families.of("The Mill") == "The Mill"
    assert families.of("The Mill", "https://mill.example/x") == "The Mill"
    assert families.of("The Mill", "http://[bad/") == "The Mill"


def test_families_of_the_operator_add_to_those_that_ship_and_win() -> None:
    families = Families({"Mill Group": ("The Mill", "quay.example", "BBC Mundo")})
    assert families.of("the mill") == "Mill Group"
    assert families.of("Quay", "https://www.quay.example/1") == "Mill Group"
    assert families.of("BBC Mundo") == "Mill Group"
    assert families.of("BBC World") == "BBC"


def test_no_outlet_ships_in_two_families() -> None:
    seen: dict[str, str] = {}
    for family, parts in SHIPPED.items():
        for part in (family, *parts.split("; ")):
            assert part.strip() == part
            assert part
            owner = seen.setdefault(part.casefold(), family)
            assert owner == family, part
            if is_domain(part):
                assert part == part.lower()


def test_the_reports_of_a_cluster_say_who_was_first_and_how_late_others_were() -> None:
    items = [
        item(1, "A", TEXT, source="Quay", minutes=0),
        item(2, "B", OTHER, source="Mill", minutes=10),
        item(3, "C", TEXT, source="Lake", minutes=30),
        item(4, "D", TEXT, source="Quay", minutes=95),
    ]
    first, second = fold(items, found(items))
    assert (first.first.at, first.outlet_count) == (NOW, 2)
    assert [(c.item.id, c.lag) for c in first.copies] == [
        (3, timedelta(minutes=30)),
        (4, timedelta(minutes=95)),
    ]
    assert (second.first.id, second.copies) == (2, ())
    assert len(fold(items, {})) == 4
