"""Texts that are alike and report other events, through the real `Grouper`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.grouping import Grouper
from aggregator.grouping.ledger import MANY_EVENTS
from aggregator.models import Decision, Item
from aggregator.topics import TopicScorer, compile_topics
from aggregator.words.titles import (
    is_roundup,
    read_title,
    titled,
    without_template,
    written,
)

BEGIN = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
Text = tuple[str, str]


def items_of(texts: Sequence[Text], hours: float = 2.0) -> list[Item]:
    return [
        Item(
            id=number,
            feed_id=1,
            feed_name="",
            source=f"outlet {number}",
            url="",
            title=title,
            summary=summary,
            author="",
            published_at=None,
            first_seen_at=BEGIN,
            at=BEGIN + timedelta(hours=hours * number),
        )
        for number, (title, summary) in enumerate(texts, 1)
    ]


class Desk:
    """Groups texts in batches and says where each of them is, and why."""

    def __init__(self, texts: Sequence[Text], batch: int = 500) -> None:
        self.grouper = Grouper(TopicScorer(compile_topics(())), timedelta(days=10))
        self.joins: list[Decision] = []
        self.headlines: dict[int, str] = {}
        place: dict[int, int] = {}
        items = items_of(texts)
        known = {item.id: item for item in items}
        for start in range(0, len(items), batch):
            members: dict[int, list[Item]] = {}
            for item in items[:start]:
                members.setdefault(place[item.id], []).append(item)
            assignment = self.grouper.assign(items[start : start + batch], BEGIN)
            self.joins += assignment.joins
            place |= {j.item_id or 0: j.cluster_id or 0 for j in assignment.joins}
            for moves in assignment.moves:
                for split in moves.splits:
                    place |= dict.fromkeys(split.item_ids, split.child_id)
                for merge in moves.merges:
                    place = {
                        item: merge.kept_id if id == merge.gone_id else id
                        for item, id in place.items()
                    }
            plan = self.grouper.plan([assignment], members, known, {}, BEGIN)
            self.headlines |= {c.state.id: c.headline for c in plan.clusters}
        self.labels = [place[item.id] for item in items]

    @property
    def rules(self) -> list[str]:
        return [join.rule for join in self.joins]


def are_apart(labels: Sequence[int], *sizes: int) -> bool:
    """Say whether groups of these sizes, one after the other, share no cluster."""
    groups, start = [], 0
    for size in sizes:
        groups.append(set(labels[start : start + size]))
        start += size
    return sum(map(len, groups)) == len(set().union(*groups))


PACKAGES = [
    ("Council adopts {} sanctions package", "Envoys backed new trade curbs on Norland after talks."),
    ("{} sanctions package against Norland agreed", "Envoys agreed on new trade curbs after long talks."),
    ("Norland condemns {} sanctions package", "New trade curbs that envoys agreed on are illegal, it says."),
    ("What is in the {} sanctions package", "Envoys agreed on new trade curbs on Norland."),
]  # fmt: skip
PAQUETES = [
    ("El Consejo aprueba el {} paquete de sanciones", "Los embajadores respaldan nuevas restricciones comerciales a Norlandia."),
    ("Norlandia condena el {} paquete de sanciones", "Considera ilegales las nuevas restricciones comerciales de los embajadores."),
    ("Qué incluye el {} paquete de sanciones", "Los embajadores pactaron nuevas restricciones comerciales a Norlandia."),
]  # fmt: skip
ROUNDS = [
    ("{} of peace talks opens in Harwick", "Delegations of Norland and Ostmoor met behind closed doors."),
    ("Delegations leave {} of Harwick peace talks", "Norland and Ostmoor met behind closed doors."),
    ("{} of peace talks ends without a deal", "Delegations of Norland and Ostmoor left Harwick."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "one", "other"),
    [
        (PACKAGES, "12th", "13th"),
        (PACKAGES, "twelfth", "thirteenth"),
        (PACKAGES, "twelfth", "13th"),
        (PAQUETES, "12.º", "13.º"),
        (PAQUETES, "duodécimo", "decimotercer"),
        (ROUNDS, "Round 2", "Round 3"),
        (ROUNDS, "Second round", "Third round"),
    ],
)
def test_the_next_in_a_series_is_another_event(
    texts: list[Text], one: str, other: str
) -> None:
    told = [(t.format(n), s.format(n)) for n in (one, other) for t, s in texts]
    desk = Desk(told)
    assert are_apart(desk.labels, len(texts), len(texts))
    assert any("another in the series" in rule for rule in desk.rules)
    assert len(set(desk.labels)) < len(told)


def test_dates_are_no_series() -> None:
    assert not read_title("Norland votes on 12th May", "").numbers
    assert not read_title("Police shot 12 in Harwick", "").numbers
    assert not read_title("Covid 19 wave reaches Harwick", "").numbers


MEETINGS = [
    ("Ibarra meets {} in Harwick", "Ibarra and {} spoke for two hours in Harwick about trade."),
    ("Ibarra meets {} in Harwick", "The talks of Ibarra with {} in Harwick were about trade."),
]  # fmt: skip


def test_the_same_place_with_other_actors_is_another_event() -> None:
    told = [
        (t.format(n), s.format(n)) for n in ("Lozano", "Brandt") for t, s in MEETINGS
    ]
    desk = Desk(told)
    assert are_apart(desk.labels, 2, 2)
    assert len(set(desk.labels)) == 2
    assert any("same headline about others" in rule for rule in desk.rules)


def test_a_ledger_row_names_the_cluster_that_was_refused() -> None:
    desk = Desk([(t.format(n), s) for n in ("12th", "13th") for t, s in PACKAGES])
    rule = next(rule for rule in desk.rules if rule)
    assert rule.startswith(f"not cluster {desk.labels[0]}, which it is more like: ")
    assert rule.endswith("13 and not 12")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("US strikes Norland", "United States strikes Norland"),
        ("Thailand raises rates", "Thai raises rates"),
        ("Ibarra meets Lozano in Harwick", "Ibarra meets Ana Lozano in Harwick"),
    ],
)
def test_other_names_of_one_thing_keep_nothing_apart(one: str, other: str) -> None:
    summary = "Norland, Thailand, Ibarra and Lozano were in the news again on Monday."
    assert len(set(Desk([(one, summary), (other, summary)]).labels)) == 1


EVENTS = [
    ("Ferry sinks off Harwick", "The Aurora went down in a storm; all were rescued."),
    ("Norland parliament passes budget", "Lawmakers agreed after a long night."),
    ("Comet visible over Ostmoor", "Astronomers expect clear skies until Sunday."),
    ("Nurses end strike in Tolland", "A new wage deal was signed by both sides."),
    ("Museum recovers stolen sketches", "Three suspects were held at the border."),
]  # fmt: skip


@pytest.mark.parametrize(
    "suffix",
    [" - Reuters", " | BBC News", " – The Harwick Gazette", " :: Norland Online", " • Radio Ostmoor"],
)  # fmt: skip
def test_the_outlets_name_pulls_nothing_together(suffix: str) -> None:
    bare = Desk(EVENTS)
    signed = Desk([(title + suffix, summary) for title, summary in EVENTS])
    assert len(set(bare.labels)) == len(EVENTS)
    assert signed.labels == bare.labels
    assert set(signed.headlines.values()) == {title for title, _ in EVENTS}
    headlines = Desk([(title + suffix, "") for title, _ in EVENTS])
    assert len(set(headlines.labels)) == len(EVENTS)


@pytest.mark.parametrize(
    "title",
    [
        "Harwick storm live: ferry service stops",
        "LIVE | Harwick storm",
        "Live Harwick updates for 17 September",
        "Norland budget – as it happened",
        "Ferry sinks off Harwick – Norland politics live",
        "Ferry sinks off Harwick - live",
        "Tuesday briefing: what the budget costs",
        "Evening news bulletin | 3 March",
        "Norland in five: budget, comet and a ferry",
        "Comet seen, budget passed and other world headlines",
        "Tormenta en Harwick, minuto a minuto",
    ],
)
def test_a_page_that_tells_many_events_says_so(title: str) -> None:
    assert is_roundup(title)
    assert read_title(title, "").is_roundup, "what its end says, too"


@pytest.mark.parametrize(
    "title",
    [
        "Where young Norlanders want to live",
        "Broadcaster will not air the parade live",
        "Museum shows food and live art",
        "Palace bars reporters from press briefing",
        "Press briefing: minister denies deal",
        "Court rules in five cases",
        "The brief history of Harwick",
    ],
)
def test_a_title_is_no_roundup_for_a_word_of_one(title: str) -> None:
    """Any "live" or "briefing" made a page of an event a roundup of many."""
    assert not is_roundup(title)
    assert without_template(title) == title


def test_a_roundup_joins_the_event_it_is_about_but_none_that_it_touches() -> None:
    ferry = [(f"Ferry Aurora sinks off Harwick, {n} rescued", "The ferry Aurora sank near Harwick harbour.") for n in (12, 14, 15)]  # fmt: skip
    about = "Live: ferry Aurora sinks off Harwick", "The Aurora sank near the harbour."
    summary = "Lawmakers agreed on pensions; the museum has its drawings back; a ferry sank near Harwick."  # fmt: skip
    touching = (
        "Norland in five: budget vote, nurses, a comet and stolen sketches",
        summary,
    )
    desk = Desk([*ferry, about, touching], batch=1)
    assert desk.labels[:4] == [desk.labels[0]] * 4
    assert desk.labels[4] != desk.labels[0]
    last = desk.joins[-1]
    assert last.threshold / 2 < last.score < last.threshold, "another would have joined"
    assert last.rule == MANY_EVENTS
    assert not desk.rules[3]


def test_a_live_page_may_join_but_neither_bridges_nor_leads() -> None:
    ferry = [(f"Ferry sinks off Harwick, {n} rescued", "The ferry Aurora sank near Harwick harbour.") for n in (12, 14, 15, 18)]  # fmt: skip
    budget = [(f"Norland parliament passes budget, {n} votes to spare", "The Norland budget passed after a long debate in parliament.") for n in (2, 3, 4, 5)]  # fmt: skip
    live = [(f"{word} ferry rescue off Harwick, budget vote in Norland", "Aurora ferry passengers rescued; Norland parliament votes on the budget.") for word in ("Live:", "Live updates:", "Morning briefing:", "Roundup:")]  # fmt: skip
    for order in ([*ferry, *live, *budget], [*live, *ferry, *budget]):
        desk = Desk(order, batch=3)
        where = dict(zip([title for title, _ in order], desk.labels, strict=True))
        one = {where[title] for title, _ in ferry}
        other = {where[title] for title, _ in budget}
        assert not one & other
        assert all(not is_roundup(desk.headlines[id]) for id in one | other)


BRIEFINGS = [
    ("Morning briefing: ferry sinks, comet seen", "The Aurora went down; astronomers expect clear skies."),
    ("Morning briefing: nurses return to work", "A wage deal ends the longest walkout in Tolland."),
    ("Morning briefing: sketches found", "The museum has its Sorollas back; three held."),
    ("Morning briefing: budget night", "Lawmakers agreed at dawn after a long debate."),
]  # fmt: skip


@pytest.mark.parametrize(
    "texts",
    [
        BRIEFINGS,
        [(title, "") for title, _ in BRIEFINGS],
        [(f"Weather forecast for {p}", "") for p in ("Harwick", "Tolland", "Ostmoor")],
        [(f"Resumen del día: {t}", "") for t in ("huelga de trenes", "sismo en la sierra", "final de copa")],
    ],
)  # fmt: skip
def test_a_template_is_no_event(texts: list[Text]) -> None:
    assert len(set(Desk(texts).labels)) == len(texts)


def test_what_is_like_both_neighbours_does_not_chain_them() -> None:
    """A is like B and B like C, A and C are not alike: they end up in two clusters."""
    a = [(f"Dam breaks above Tolland after rain, {n} missing", "Flood water from the broken dam reached Tolland.") for n in (3, 5, 7, 9)]  # fmt: skip
    b = [("Tolland mayor blamed for dam that broke, faces recall vote", "The mayor of Tolland had cut dam repairs; a recall vote is set.")]  # fmt: skip
    c = [(f"Mayor faces recall vote over parking fees, {n} petitions", "A recall vote on the mayor follows petitions about parking fees.") for n in (2, 4, 6, 8)]  # fmt: skip
    labels = Desk([*a, *b, *c], batch=3).labels
    assert not set(labels[:4]) & set(labels[5:])


@given(st.text(), st.text())
def test_any_title_can_be_read_and_kept(title: str, summary: str) -> None:
    read = read_title(title, summary)
    assert titled(written(read)) == read
    without_template(title)


def test_ids_are_minted_once() -> None:
    texts = [(t.format(n), s) for n in ("12th", "13th", "14th") for t, s in PACKAGES]
    desk = Desk([*texts, *EVENTS, *BRIEFINGS], batch=2)
    opened = [j.cluster_id for j in desk.joins if j.kind == "opened"]
    assert len(set(opened)) == len(opened)
    known = desk.grouper.clusterer.next_id_
    desk.grouper.restore((), known - 1, (0, b"", b""))
    assert desk.grouper.clusterer.next_id_ == known
