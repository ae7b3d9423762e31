"""topics: of feeds.yaml: what can be written, and what is said of every mistake."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from aggregator.config import Settings, parse_settings
from aggregator.errors import ConfigError
from aggregator.models import Group, Name, Near, Pattern, Topic

FEEDS = """
feeds:
  - {url: https://a.example/feed, name: Wire, category: wire}
  - {url: https://b.example/feed, name: Port News, category: ports}
  - {url: https://c.example/feed, name: Quay Times, category: ports}
topics:
"""


def read(topics: str) -> Settings:
    text = FEEDS + textwrap.indent(textwrap.dedent(topics), "  ")
    return parse_settings(text.encode(), Path("feeds.yaml"))


def topic(text: str) -> Topic:
    return read(text).topics[0]


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return "\n".join(map(str, caught.value.args[0]))


def test_every_form_of_a_term_is_read() -> None:
    found = topic(
        """
        - name: Harbours
          any:
            - quay
            - {term: berth, boost: 2, min_repeat: 3}
            - {name: Port Authority, aliases: ["=PA", la autoridad]}
            - {near: [crane, steel beam, 8], boost: 0.5}
            - {regex: '\\bpier \\d+'}
            - {all: [Mexico, {any: [tariff, duty]}], none: [tea]}
          all: [{none: [bird]}]
          none: [{all: [bird, crane]}]
          near: [ship, tide, 4]
          regex: [dredg, 'tug(boat)?s']
          examples:
            - https://a.example/story
            - >-
              The harbour needs a deeper channel
              for the ships of the new size.
          stem: en
          language: [en, es]
          min_repeat: 2
          threshold: 0.4
        """
    )
    assert found == Topic(
        "Harbours",
        "harbours",
        any=(
            "quay",
            Name(("berth",), 2.0, 3),
            Name(("Port Authority", "=PA", "la autoridad")),
            Near(("crane", "steel beam"), 8, 0.5),
            Pattern(r"\bpier \d+"),
            Group(all=("Mexico", Group(any=("tariff", "duty"))), none=("tea",)),
            Near(("ship", "tide"), 4),
            Pattern("dredg"),
            Pattern("tug(boat)?s"),
        ),
        all=(Group(none=("bird",)),),
        none=(Group(all=("bird", "crane")),),
        examples=(
            "https://a.example/story",
            "The harbour needs a deeper channel for the ships of the new size.",
        ),
        stem=("en",),
        languages=("en", "es"),
        min_repeat=2,
        threshold=0.4,
    )


def test_a_plain_definition_is_what_it_always_was() -> None:
    found = topic("- {name: T, any: [a, b*], all: [c], none: ['=D']}")
    assert found == Topic("T", "t", ("a", "b*"), ("c",), ("=D",))


def test_several_nears_and_examples_alone_make_a_topic() -> None:
    assert topic("- {name: T, near: [[a, b, 2], [c, d, e, 3]]}").any == (
        Near(("a", "b"), 2),
        Near(("c", "d", "e"), 3),
    )
    assert topic("- {name: T, examples: [one two three four five]}").any == ()


def test_feeds_and_categories_name_the_feeds_that_a_topic_is_for() -> None:
    found = topic("- {name: T, any: [a], feeds: [Wire], categories: [ports]}")
    assert found.feeds == ("Wire", "Port News", "Quay Times")
    assert found.categories == ("ports",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "- name: T\n  anny: [a]",
            "feeds.yaml:8: topics[1].anny: unknown key; did you mean 'any'?",
        ),
        ("- name: T\n  min_repeat: 2", "topics[1]: needs terms under 'any:' or 'all:'"),
        (
            "- name: T\n  any: [a]\n  threshold: 2",
            "feeds.yaml:9: topics[1].threshold: '2': must be from 0.1 to 0.9",
        ),
        (
            "- name: T\n  any: [a]\n  threshold: high",
            "feeds.yaml:9: topics[1].threshold: 'high': must be a number from 0.1 to 0.9",
        ),
        (
            "- name: T\n  any:\n  - {regex: '(a)\\1'}",
            "feeds.yaml:9: topics[1].any[1].regex: '(a)\\1': invalid escape sequence",
        ),
        ("- {name: T, regex: '(?=a)b'}", "no references back, no look-around"),
        ("- {name: T, regex: 'a*'}", "matches nothing at all"),
        ("- {name: T, regex: '((a{1,100}){1,100}){1,100}'}", "topics[1].regex"),
        ("- {name: T, regex: '" + "a" * 501 + "'}", "must have at most 500 characters"),
        (
            "- {name: T, any: [{near: [a, b]}]}",
            "topics[1].any[1].near: write terms and a number of words, such as [border, wall, 8]",
        ),
        ("- {name: T, any: [{near: [a, b, c]}]}", "such as [border, wall, 8]"),
        ("- {name: T, any: [{near: [a, b, 90]}]}", "whole number from 1 to 50"),
        ("- {name: T, any: [{near: [a, a, 9]}]}", "needs two terms or more"),
        (
            "- {name: T, any: [{near: [a, b, 2], regex: a}]}",
            "needs one of term, name, near, regex, any, all, none, and has more than one",
        ),
        ("- {name: T, any: [{boost: 2}]}", "and has none"),
        ("- {name: T, any: [{nea: [a, b, 2]}]}", "did you mean 'near'?"),
        (
            "- {name: T, any: [{term: a, aliases: [b]}]}",
            "topics[1].any[1].aliases: unknown",
        ),
        ("- {name: T, any: [{term: a, boost: 99}]}", "must be from 0.1 to 10"),
        ("- {name: T, any: [{term: a, min_repeat: 0}]}", "whole number from 1 to 20"),
        ("- {name: T, any: [{any: [a], near: [b, c, 1]}]}", "unknown key"),
        (
            "- {name: T, any: [[a, b]]}",
            "must be a term, or a group such as {all: [a, b]}",
        ),
        (
            "- {name: T, any: [a, {none: [b]}]}",
            "says only what must not be there; put it under 'all:'",
        ),
        (
            "- {name: T, any: [{all: [a, {any: [b, 'c*d']}]}]}",
            "topics[1].any[1].all[2].any[2]: 'c*d': may have a * at its end only",
        ),
        (
            "- {name: T, any: [a], feeds: [Wires]}",
            "no feed of this name; did you mean 'Wire'?",
        ),
        (
            "- {name: T, any: [a], categories: [xyz]}",
            "'xyz': no feed in it; there are: ports, wire",
        ),
        (
            "- {name: T, any: [a], stem: xx}",
            "topics[1].stem[1]: 'xx': write one of ar, ca",
        ),
        ("- {name: T, any: [a], stem: no}", "put it in quotes"),
        ("- {name: T, any: [a], language: hu}", "write one of en, es, fr"),
        ("- {name: T, examples: [too short]}", "write a text of 5 words or more"),
        ("- {name: T, examples: ['https:///x']}", "is not a valid address"),
        (
            "- {name: T, examples: [" + "word " * 4001 + "]}",
            "at most 20,000 characters",
        ),
        ("- {name: Try!, any: [a]}", "/topics/try is another page of the site"),
        ("- {name: Compare, any: [a]}", "/topics/compare is another page of the site"),
        ("- T", "must be 'key: value' lines with a 'name:'"),
    ],
)
def test_every_mistake_in_a_topic_names_its_line_and_the_way_out(
    text: str, said: str
) -> None:
    assert said in problem(text)


def test_all_mistakes_of_a_topic_are_told_at_once() -> None:
    told = problem(
        """
        - name: T
          any:
            - {near: [a]}
            - {regex: '('}
          stem: zz
          feeds: [None of these]
        """
    )
    assert [line.split(":")[1] for line in told.splitlines()] == [
        "10",
        "11",
        "12",
        "13",
    ]
