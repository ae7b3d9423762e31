"""Cases H170 to H226: what entries are, when they were, and what they say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from aggregator.models import Outcome
from tests.hostile import Play, reply
from tests.hostile_case import NOW, Case, Check, Seen, always, in_turn, item, items, rss


def changing(make: object) -> Play:
    """Return a play whose document depends on how often it was asked for."""
    return lambda asked: reply(rss(make(asked.number)))  # type: ignore[operator]


def _three(number: int, **templates: str) -> str:
    """Return three items with {n} and {number} filled in."""
    return "".join(
        item(
            **{
                name: said.format(n=n, number=number)
                for name, said in templates.items()
            }
        )
        for n in range(3)
    )


def dated(*dates: str) -> Play:
    return always(
        rss(
            "".join(
                item(f"D{n}", guid=f"{n}", date=date) for n, date in enumerate(dates)
            )
        )
    )


def all_dates(*expected: datetime | None) -> Check:
    def check(seen: Seen) -> None:
        assert [entry.published_at for entry in seen.entries.values()] == list(expected)

    return check


def has_titles(*expected: str) -> Check:
    def check(seen: Seen) -> None:
        assert seen.titles == list(expected)

    return check


def no_link(seen: Seen) -> None:
    assert all(entry.url == "" for entry in seen.entries.values())


_NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
_SPELLINGS = [
    "https://e.example/story", "http://e.example/story", "https://E.example:443/story", "https://e.example/story#top",
    "https://e.example/story?utm_source=rss", "https://e.example/story?fbclid=1", "https://e.example/story?", "https://e.example/./story",
]  # fmt: skip

IDENTITY = (
    Case("H170", "one guid for all", "ok", 5, always(rss("".join(item(f"T{n}", guid="same", link=f"https://e.example/{n}") for n in range(5))))),
    Case("H170b", "one guid for all, no links", "ok", 5, always(rss("".join(item(f"T{n}", guid="same") for n in range(5))))),
    Case("H172", "no guid", "ok", 3, changing(lambda k: _three(k, title="T{n} edited {number}", link="https://e.example/{n}"))),
    Case("H173", "no guid, no link", "ok", 3, changing(lambda k: _three(k, title="T{n}", text="About {n}."))),
    Case("H174", "empty items", "ok", 1, always(rss(item("A") + "<item/><item></item>" + item(" ", text="&lt;p&gt;&lt;/p&gt;"))), check=lambda s: _skipped(s, 3)),
    Case("H175", "items said twice", "ok", 3, always(rss(items(3) + items(3)))),
    Case("H176", "link changes every time", "ok", 3, changing(lambda k: _three(k, title="T{n}", link="https://e.example/{n}?utm_id={number}&amp;b=1")), check=lambda s: _links(s, [f"https://e.example/{n}?b=1" for n in range(3)])),
    Case("H177", "eight spellings of a link", "ok", (1, 3), always(rss("".join(item("Same story", link=link) for link in _SPELLINGS)))),
    Case("H178", "title edited every time", "ok", 3, changing(lambda k: _three(k, title="T{n} v{number}", guid="{n}")), check=has_titles("T0 v3", "T1 v3", "T2 v3")),
    Case("H186", "order changes", "ok", 10, lambda asked: reply(rss("".join(sorted(items(10).splitlines(keepends=True), reverse=asked.number % 2 == 0))))),
    Case("H188", "guids that differ in case", "ok", 2, always(rss(item("A", guid="AbC") + item("B", guid="abc")))),
    Case("H189", "untidy guids", "ok", 3, changing(lambda k: item("A", guid=" \n1\t" * (k % 2) or "1") + item("B", guid="not a link") + item("C", guid="javascript:alert(1)")), check=no_link),
    Case("H190", "long guid and link", "ok", 1, always(rss(item("A", guid="g" * 100_000, link="https://e.example/" + "x" * 100_000))), check=no_link),
    Case("H191", "the feed moves", "ok", 3, {"": lambda asked: reply(rss(_three(1, title="T{n}", guid="{n}"))) if asked.number == 1 else reply(b"", "302 Found", Location="/H191/else/where"),
         "/else/where": changing(lambda k: _three(k, title="T{n}", guid="{n}"))}),
    Case("H192", "entry goes and comes back edited", "ok", 3, in_turn(reply(rss(items(3))), reply(rss(items(1))), reply(rss(items(3).replace("Story 1<", "Story 1, edited<")))), check=has_titles("Story 0", "Story 1, edited", "Story 2")),
    Case("H193", "http and https twins", "ok", 1, always(rss(item("A", link="http://e.example/a") + item("A", link="https://e.example/a")))),
)  # fmt: skip


def _skipped(seen: Seen, count: int) -> None:
    assert seen.first.skipped_count == count


def _links(seen: Seen, expected: list[str]) -> None:
    assert [entry.url for entry in seen.entries.values()] == expected


_SAME_INSTANT = [
    "Wed, 01 Jul 2026 12:00:00 GMT", "Wed, 1 Jul 26 14:00 +0200", "2026-07-01T12:00:00Z", "2026-07-01T14:00:00.123+02:00",
    "Wed, 01 Jul 2026 08:00:00 EDT", "Wed Jul  1 12:00:00 2026", "1 July 2026 12:00 UTC", "July 1, 2026 12:00 PM",
    "20260701T120000Z", "2026/07/01 12:00", "Wednesday, 01-Jul-26 12:00:00 GMT", "Wed, 01 Jul 2026 12:00:00 +0000 (UTC)",
]  # fmt: skip

DATES = (
    Case("H180", "dates in the future", "ok", 4, dated("Wed, 01 Jul 2099 12:00:00 GMT", "2500-01-01", "Sat, 04 Jul 2026 13:00:00 GMT", "Fri, 03 Jul 2026 10:00:00 GMT"),
         check=all_dates(None, None, None, datetime(2026, 7, 3, 10, tzinfo=UTC))),
    Case("H181", "dates long ago", "ok", 6, dated("Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01", "1066-10-14", "Mon, 01 Jan 1601 00:00:00 GMT", "Fri, 31 Dec 1999 23:59:59 GMT", "-0044-03-15"),
         check=all_dates(None, None, None, None, datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), None)),
    Case("H182", "dates that are none", "ok", 5, dated("soon", "0000-00-00 00:00:00", "Wed, 32 Jul 2026 25:61:61 GMT", "{{date}}", "９９９９"), check=all_dates(*[None] * 5)),
    Case("H183", "offsets that are none", "ok", 4, dated("2026-07-01T12:00:00+99:99", "Wed, 01 Jul 2026 12:00:00 -12345", "Wed, 01 Jul 2026 12:00:00 IST", "Wed, 01 Jul 2026 12:00:00 +1500"), check=all_dates(*[None] * 4)),
    Case("H184", "many formats", "ok", len(_SAME_INSTANT), dated(*_SAME_INSTANT), check=all_dates(*[_NOON] * len(_SAME_INSTANT))),
    Case("H185", "edges of the calendar", "ok", 6, dated("2024-02-29T00:00:00Z", "2025-02-29", "2016-12-31T23:59:60Z", "2026-07-01T24:00:00Z", "Fri, 31 Dec 10000 00:00:00 GMT", "9999-12-31T23:59:59-14:00"),
         check=all_dates(datetime(2024, 2, 29, tzinfo=UTC), None, datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC), None, None)),
)  # fmt: skip

_ALERT = "alert(1)"


def no_markup(seen: Seen) -> None:
    """No element, handler or script address is left in what pages will show."""
    for entry in seen.entries.values():
        assert entry.url == "" or entry.url.startswith("http")
        for text in (entry.summary, entry.author, *entry.categories):
            assert "<script" not in text and "onerror=" not in text


def escaped(html: str) -> str:
    return html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_ACTIVE = (
    f"<script>{_ALERT}</script><img src=x onerror={_ALERT}><iframe srcdoc='<script>{_ALERT}</script>'></iframe><form action='javascript:{_ALERT}'><button formaction=x>b</button></form>"
    f"<object data=x></object><style>*{{}}</style><video onloadstart={_ALERT}></video><a href='javascript:{_ALERT}'>link</a><meta http-equiv=refresh content=0>words"
)
_BAD_LINKS = [
    "javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "  javascript:alert(1)", "java\tscript:alert(1)", "feed:https://e.example/",
    "https://", "http://[", "http://[::1", "https://e.example:99999/", "https://e.example:x/", "https://e ex.example/", "mailto:a@e.example", "tel:1",
]  # fmt: skip
_ROUND_TRIP = [
    "👨‍👩‍👧‍👦 family", "🇩🇪🇫🇷", "e\u0301 accents", "\U0001f3fd\u200d tone", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "Ελληνικά νέα", "עברית חדשות", "العربية أخبار", "हिन्दी समाचार", "ไทย ข่าว", "한국어 뉴스",
    "'; DROP TABLE items;--", 'a" OR "1"="1', "NEAR(a b) * ^ {x}", "100% _ \\ /", "title:x AND NOT y",
    "None", "null", "undefined", "NaN", "true", "../../etc/passwd", "0", "feed", "{{ 7*7 }}", "${x}", "%s%n",
]  # fmt: skip
_SURROGATES = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1",
        "title": "T\ud800",
        "items": [
            {"id": "1", "title": "a\ud83dz"},
            {"id": "\udc00", "content_text": "b\udfff"},
            {"id": "3", "title": "sound"},
        ],
    }
)

CONTENT = (
    Case("H200", "script in a title", "ok", 2, always(rss(item(escaped(f"<script>{_ALERT}</script>A"), guid="1") + item(f"<![CDATA[B<script>{_ALERT}</script>]]>", guid="2"))), check=has_titles("A", "B")),
    Case("H201", "image handler in a title", "ok", 1, always(rss(item(escaped(f"<img src=x onerror={_ALERT}>A")))), check=has_titles("A")),
    Case("H202", "everything that is active", "ok", 1, always(rss(item("A", text=escaped(_ACTIVE)))), check=lambda s: _summaries(s, ["b linkwords"])),
    Case("H203", "links that are no links", "ok", 15, always(rss("".join(item(f"L{n}", guid=f"{n}", link=escaped(link)) for n, link in enumerate(_BAD_LINKS)))), check=lambda s: _only_http(s)),
    Case("H204", "script link in entities", "ok", 1, always(rss(item("A", text=escaped(f'<a href="&#106;avascript:{_ALERT}">x</a>')))), check=lambda s: _summaries(s, ["x"])),
    Case("H205", "SVG", "ok", 1, always(rss(item("A", text=escaped(f"<svg><a xlink:href='javascript:{_ALERT}'><set attributeName=href to='javascript:x'/>s</a></svg>t")))), check=lambda s: _summaries(s, ["t"])),
    Case("H206", "comment that is none", "ok", 1, always(rss(item("A", text=escaped(f"<!--><img src=x onerror={_ALERT}>-->")))), check=no_markup),
    Case("H208", "script everywhere else", "ok", 1, always(rss(item("A", more="".join(f"<{tag}>{escaped(f'<script>{_ALERT}</script>x')}</{tag}>" for tag in ["author", "category", "source", "comments"])),).replace(
         "<title>T</title>", f"<title>{escaped(f'<script>{_ALERT}</script>T')}</title>")), check=lambda s: _feed_title(s, "T")),
    Case("H210", "header injection", "ok", 2, always(rss(item("A&#13;&#10;Set-Cookie: x", guid="1") + item("B%0d%0aX: y", guid="2"))), check=has_titles("A Set-Cookie: x", "B%0d%0aX: y")),
    Case("H212", "invisible and reversed text", "ok", 4, always(rss("".join(item(title, guid=f"{n}") for n, title in enumerate(["\u202eevil\u202c", "a\u2066b", "\u200b\u200b", "x\u00ady"])))),
         check=has_titles("evil", "ab", "(untitled)", "xy")),
    Case("H213", "terminal escapes", "ok", 2, always(json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "a\x1b[2Jb"}, {"id": "2", "title": "c\x9b31md\x07"}]}), kind="application/json"),
         check=has_titles("a[2Jb", "c31md")),
    Case("H214", "exact round trip", "ok", len(_ROUND_TRIP), always(rss("".join(item(escaped(title), guid=f"{n}") for n, title in enumerate(_ROUND_TRIP)))), check=has_titles(*_ROUND_TRIP)),
    Case("H217", "log lines", "ok", 1, always(rss(item("A&#10;2026-07-02 ERROR poll feed=1"))), check=has_titles("A 2026-07-02 ERROR poll feed=1")),
    Case("H218", "lone surrogates", "ok", 3, always(_SURROGATES, kind="application/feed+json"), check=has_titles("az", "b", "sound")),
    Case("H221", "two thousand equal titles", "ok", 2_000, always(rss("".join(item("Same", guid=f"{n}") for n in range(2_000))))),
    Case("H224", "odd links", "ok", 5, always(rss("".join(item(f"L{n}", link=link) for n, link in enumerate(["//e.example/x", "?q=1", "#top", "https://bücher.example/ü", "HTTPS://E.EXAMPLE/%7Ex"])))),
         check=lambda s: _only_http(s)),
    Case("H225", "numbers", "ok", 1, always(rss(f"<ttl>{'9' * 40}</ttl>" + item("A", more=f'<enclosure url="https://e.example/a" length="{"9" * 40}"/>'))), check=lambda s: _hour(s)),
    Case("H225b", "numbers in JSON", "ok", 2, always('{"version":"https://jsonfeed.org/version/1","items":[{"id":1e400,"title":"A"},{"id":' + "9" * 10_000 + ',"title":"B"}]}', kind="application/json"), check=has_titles("A", "B")),
    Case("H226", "unchanged bytes", "ok", 3, always(rss(items(3))), check=lambda s: _outcomes(s, ["ok", "not_modified", "not_modified"])),
)  # fmt: skip


def _summaries(seen: Seen, expected: list[str]) -> None:
    assert [entry.summary for entry in seen.entries.values()] == expected
    no_markup(seen)


def _only_http(seen: Seen) -> None:
    for entry in seen.entries.values():
        assert entry.url == "" or entry.url.startswith(("http://", "https://"))


def _feed_title(seen: Seen, title: str) -> None:
    assert seen.first.title == title
    no_markup(seen)


def _hour(seen: Seen) -> None:
    assert seen.first.next_poll_at is not None
    assert (seen.first.next_poll_at - NOW).total_seconds() == 3_600


def _outcomes(seen: Seen, expected: list[str]) -> None:
    assert [poll.outcome for poll in seen.polls] == [Outcome(name) for name in expected]


CASES = IDENTITY + DATES + CONTENT
