"""feeds.yaml: what is accepted, and how every mistake is named."""

from __future__ import annotations

import time
from datetime import time as clock
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Settings, load_settings, parse_settings
from aggregator.errors import ConfigError

FILE = Path("feeds.yaml")


def parse(text: str | bytes) -> Settings:
    return parse_settings(text.encode() if isinstance(text, str) else text, FILE)


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return [str(problem) for problem in caught.value.args[0]]


def test_a_plain_address_is_a_feed_named_after_it() -> None:
    feed = parse("feeds:\n  - https://www.example.org/news/rss\n").feeds[0]
    assert (feed.url, feed.name) == (
        "https://www.example.org/news/rss",
        "example.org/news/rss",
    )


def test_everything_that_can_be_set_is_read() -> None:
    settings = parse(
        """
        settings:
          poll_interval: 90m
          timezone: America/Chicago
          user_agent_contact: https://example.org/about
          allow_private: [127.0.0.1:9900, 10.1.0.0/16, "[::1]:80", news.lan:8080]
          allowed_hosts: [news.example.org]
          concurrency: 4
          per_host_concurrency: 1
          per_host_spacing: 0s
          cluster_window: 3d
          public_url: https://news.example.org/
          user_header: Remote-User
          limits: {total: 30s}
        feeds:
          - url: https://a.example/feed
            name: "No"
            category: wire
            outlet: House
            every: 15m
            enabled: false
            headers:
              X-Key: abc
        topics:
          - name: "Border policy: la frontera"
            any: [border, migra*]
            all: [policy]
            none: [border collie]
        """
    )
    assert settings.poll_interval == timedelta(minutes=90)
    assert settings.timezone == ZoneInfo("America/Chicago")
    assert settings.allow_private == (
        "127.0.0.1:9900",
        "10.1.0.0/16",
        "[::1]:80",
        "news.lan:8080",
    )
    assert settings.per_host_spacing == timedelta(0)
    assert settings.public_url == "https://news.example.org"
    assert settings.user_header == "Remote-User"
    assert settings.limits.total == timedelta(seconds=30)
    feed = settings.feeds[0]
    assert (feed.name, feed.every, feed.enabled) == ("No", timedelta(minutes=15), False)
    assert feed.headers == {"X-Key": "abc"}
    topic = settings.topics[0]
    assert (topic.slug, topic.any) == (
        "border-policy-la-frontera",
        ("border", "migra*"),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "feeds.yaml:1: the file is empty"),
        ("- a", "feeds.yaml:1: must have the keys"),
        ("settings: {}\n", "feeds.yaml:1: feeds: no feeds"),
        ("feeds:\n", "feeds.yaml:1: feeds: no feeds"),
        (
            "feeds: []\nfeeds: []",
            "feeds.yaml:2: the key 'feeds' stands here again, first in line 1",
        ),
        (
            "feeds: [https://a.b/c]\nfeed: 1",
            "feeds.yaml:2: feed: unknown key; did you mean 'feeds'?",
        ),
        (
            "feeds: [https://a.b/c]\nfamilies: [BBC]",
            "feeds.yaml:2: families: must be 'Name: [outlet or domain, …]' lines",
        ),
        (
            "feeds: [https://a.b/c]\nfamilies:\n  Mill: Quay",
            "feeds.yaml:3: families.Mill: must be a list",
        ),
        (
            "feeds: [https://a.b/c]\nfamilies:\n  Mill: []",
            "feeds.yaml:3: families.Mill: names no outlet",
        ),
        (
            "feeds: [https://a.b/c]\nfamilies:\n  Mill: [Quay]\n  Lake: [A, quay]",
            "feeds.yaml:4: families.Lake[2]: 'quay' is in 'Mill' of line 3 already",
        ),
        (
            "feeds: [https://a.b/c]\nfamilies:\n  Mill:\n  - https://mill.example/",
            "feeds.yaml:4: families.Mill[1]: 'https://mill.example/': write a name",
        ),
        (
            "feeds: [https://a.b/c]\nfamilies:\n  Mill: [no]",
            "families.Mill[1]: must be text, but YAML reads 'no' as true or false",
        ),
        (
            "feeds:\n- htp://a.b/",
            "feeds.yaml:2: feeds[1]: 'htp://a.b/': must begin with http",
        ),
        (
            "feeds:\n- https:///x",
            "feeds.yaml:2: feeds[1]: 'https:///x': is not a valid address",
        ),
        ("feeds:\n- https://a.b:99999/", "is not a valid address"),
        ("feeds:\n- name: x", "feeds.yaml:2: feeds[1]: has no 'url:'"),
        ("feeds:\n- url: [a]", "feeds.yaml:2: feeds[1].url: must be a single value"),
        (
            "feeds:\n- url: https://a.b/c\n  name: no",
            "feeds.yaml:3: feeds[1].name: must be text, but YAML reads 'no' as true or false",
        ),
        (
            "feeds:\n- url: https://a.b/c\n  name: 2024-01-01",
            "as a date; put it in quotes",
        ),
        ("feeds:\n- url: https://a.b/c\n  every: 8d", "'8d': must be from 1s to 7d"),
        ("feeds:\n- url: https://a.b/c\n  every: soon", "'soon': write a duration"),
        ("feeds:\n- url: https://a.b/c\n  every: .inf", "'.inf': write a duration"),
        ("feeds:\n- url: https://a.b/c\n  every: -5m", "'-5m': write a duration"),
        (
            "feeds:\n- url: https://a.b/c\n  headers: {'a b': c}",
            "'a b' is no header name",
        ),
        ('feeds:\n- url: https://a.b/c\n  headers: {A: "x\\ny"}', "must be one line"),
        (
            "feeds:\n- https://a.b/c\n- HTTPS://A.B:443/c",
            "feeds.yaml:3: feeds[2].url: 'HTTPS://A.B:443/c' is the feed of line 2 again",
        ),
        ("feeds:\n- https://a.b/c\n- http://a.b/c/", "is the feed of line 2 again"),
        (
            "feeds:\n- {url: https://a.b/c, name: X}\n- {url: https://d.e/f, name: X}",
            "feeds[2].name: 'X' is the feed of line 2 again",
        ),
        (
            "feeds: [https://a.b/c]\nsettings: {concurrency: 0}",
            "'0': must be a whole number from 1 to 64",
        ),
        (
            "feeds: [https://a.b/c]\nsettings: {timezone: Mars}",
            "'Mars': write an IANA name",
        ),
        (
            "feeds: [https://a.b/c]\nsettings: {timezone: ../../etc/passwd}",
            "write an IANA name",
        ),
        ("feeds: [https://a.b/c]\nsettings: {allow_private: true}", "must be a list"),
        (
            "feeds: [https://a.b/c]\nsettings: {public_url: news.example.org}",
            "'news.example.org': must begin with http:// or https://",
        ),
        (
            "feeds: [https://a.b/c]\nsettings: {public_url: 'https://a.b/?x'}",
            "write the site's address alone",
        ),
        (
            "feeds: [https://a.b/c]\nsettings: {allow_private: [0.0.0.0/0]}",
            "would allow every address",
        ),
        (
            "feeds: [https://a.b/c]\nsettings: {allow_private: [localhost]}",
            "write host:port or a CIDR block",
        ),
        (
            "feeds: [https://a.b/c]\ntopics: [{name: T}]",
            "needs terms under 'any:' or 'all:'",
        ),
        ("feeds: [https://a.b/c]\ntopics: [{any: [a]}]", "has no 'name:'"),
        (
            "feeds: [https://a.b/c]\ntopics: [{name: '!!', any: [a]}]",
            "needs at least one letter",
        ),
        (
            "feeds: [https://a.b/c]\ntopics: [{name: T, any: [a]}, {name: t, any: [b]}]",
            "'t' is the name of another topic",
        ),
        (
            "feeds: [https://a.b/c]\ntopics: [{name: T, any: ['a*b']}]",
            "may have a * at its end only",
        ),
        ("a: &x [1]\nb: *x", "anchors and aliases"),
        (
            "feeds: !!python/object/apply:os.system [id]",
            "the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed",
        ),
        ("feeds:\n\t- a", "feeds.yaml:2: "),
        ("feeds: [https://a.b/c]\n---\nfeeds: []", "feeds.yaml:2: a second document"),
        (b"feeds:\n- caf\xe9", "feeds.yaml:2: byte 12 is not UTF-8"),
        ("[" * 5000, "more than 20 levels deep"),
        ("feeds: [\x00]", "feeds.yaml:1: "),
    ],
)
def test_every_mistake_names_its_line_key_and_value(
    text: str | bytes, problem: str
) -> None:
    assert any(problem in found for found in problems(text)), problems(text)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    found = problems(
        "settings: {poll_interval: 0s}\nfeeds:\n- x\n- https://a.b/c\n- y\ntopic: 1\n"
    )
    assert [line.split(":")[1] for line in found] == ["1", "3", "5", "6"]


def test_a_password_in_an_address_is_not_shown() -> None:
    found = problems("feeds:\n- ftp://user:s3cret@a.b/c\n")
    assert "s3cret" not in found[0]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "none.yaml")
    assert "none.yaml: No such file" in str(caught.value.args[0][0])


def test_five_thousand_feeds_are_read_in_seconds() -> None:
    text = "feeds:\n" + "".join(
        f"- url: https://h{n}.example/feed\n  name: Feed {n}\n  category: c\n"
        for n in range(5000)
    )
    began = time.process_time()
    assert len(parse(text).feeds) == 5000
    assert time.process_time() - began < 10


@given(st.binary(max_size=200))
def test_any_bytes_give_settings_or_problems(data: bytes) -> None:
    try:
        parse(b"feeds: [https://a.b/c]\n" + data)
    except ConfigError as error:
        assert error.args[0]


def test_the_shipped_file_has_no_mistake() -> None:
    settings = load_settings(Path(__file__).parents[1] / "feeds.yaml")
    assert len(settings.feeds) >= 40
    assert [topic.name for topic in settings.topics] == [
        "Border policy",
        "Drug cartels and trafficking",
        "Gun policy",
        "US-Latin America relations",
    ]


def test_families_are_read_by_name_with_outlets_and_domains() -> None:
    settings = parse(
        "feeds: [https://a.b/c]\nfamilies:\n  Mill Group: [The Mill, mill.example]\n"
    )
    assert settings.families == {"Mill Group": ("The Mill", "mill.example")}


@pytest.mark.parametrize(
    ("brief", "at", "window"),
    [
        ("{at: 12:30, window: 12h}", clock(12, 30), timedelta(hours=12)),
        ('{at: "07:05"}', clock(7, 5), timedelta(hours=24)),
        ("{enabled: false}", clock(7), timedelta(hours=24)),
    ],
)
def test_the_brief_has_settings_of_its_own(
    brief: str, at: clock, window: timedelta
) -> None:
    text = f"settings:\n  brief: {brief}\nfeeds: [https://a.example/feed]\n"
    found = parse_settings(text.encode(), Path("feeds.yaml")).brief
    assert (found.at, found.window) == (at, window)
    assert found.enabled == ("false" not in brief)


@pytest.mark.parametrize(
    ("brief", "said"),
    [
        ("{at: 25:00}", "write a time of day from 00:00 to 23:59, such as 07:00"),
        ("{at: noon}", "write a time of day from 00:00 to 23:59, such as 07:00"),
        ("{window: 2m}", "must be from 1h to 7d"),
        ("{silense: 3h}", "unknown key; did you mean 'silence'?"),
        ("07:00", "must be 'key: value' lines"),
    ],
)
def test_a_mistake_in_the_brief_is_named(brief: str, said: str) -> None:
    text = f"settings:\n  brief: {brief}\nfeeds: [https://a.example/feed]\n"
    with pytest.raises(ConfigError) as caught:
        parse_settings(text.encode(), Path("feeds.yaml"))
    (problem,) = caught.value.args[0]
    assert str(problem).startswith("feeds.yaml:2: settings.brief")
    assert said in str(problem)
