"""Cases H001 to H059: formats, conditional requests, and HTTP in general."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from aggregator.models import Outcome
from tests.hostile import Asked, Play, reply
from tests.hostile_case import (
    Case,
    Check,
    Seen,
    always,
    in_turn,
    item,
    items,
    redirect,
    rss,
)

HOUR = timedelta(hours=1)
_XML = "application/xml"
_ATOM = "application/atom+xml"


def conditional(body: str, **validators: str) -> Play:
    """Return a play that says 304 to its own validators and 200 to anything else."""

    def play(asked: Asked) -> bytes:
        known = {
            "ETag": asked.headers.get("if-none-match"),
            "Last_Modified": asked.headers.get("if-modified-since"),
        }
        if all(known[name] == value for name, value in validators.items()):
            return reply(b"", "304 Not Modified", Content_Type="")
        return reply(body, **validators)

    return play


def sends(header: str, *values: str | None) -> Check:
    """Check what every request carried in a header."""
    return lambda seen: _equal(
        [asked.headers.get(header) for asked in seen.asked], list(values)
    )


def _equal(found: object, expected: object) -> None:
    assert found == expected


def waits(least: timedelta, most: timedelta | None = None) -> Check:
    """Check how long the first answer puts the next request off."""

    def check(seen: Seen) -> None:
        assert least <= seen.gap <= (most or least)
        assert seen.first.outcome is not Outcome.BACKOFF or len(seen.asked) == 1

    return check


def has(test: Callable[[Seen], bool]) -> Check:
    """Check anything."""

    def check(seen: Seen) -> None:
        assert test(seen)

    return check


def links(*expected: str) -> Check:
    """Check the addresses of the entries."""
    return lambda seen: _equal([e.url for e in seen.entries.values()], list(expected))


def _links_page(extra: str) -> str:
    entries = "".join(
        f"<entry><id>urn:{n}</id><title>E{n}</title><link href='{href}'/>{more}</entry>"
        for n, (href, more) in enumerate(
            [("a", ""), ("../x/b", ""), ("https://other.example/c", "")]
        )
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom' {extra}><title>T</title>{entries}</feed>"


_RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{ns}"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title></channel>{items}</rdf:RDF>'
)
_ATOM03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title>
<entry><id>1</id><title>A</title><issued>2026-07-01T10:00:00Z</issued></entry>
<entry><id>2</id><title>B</title><modified>2026-07-01T11:00:00Z</modified></entry></feed>"""
_XHTML = """<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>
<entry><id>1</id><title>A</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>One <b>bold</b></p><p>two</p></div></content></entry>
<entry><id>2</id><title>B</title><summary>plain</summary></entry></feed>"""
_JSON = '{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[%s]}'
_JSON_ITEMS = ",".join(
    f'{{"id":"{n}","title":"J{n}","content_text":"x"}}' for n in range(3)
)

FORMATS = (
    Case("H001", "RSS 2.0, both validators", "ok", 5, conditional(rss(items(5)), ETag='"a"', Last_Modified="Wed, 01 Jul 2026 10:00:00 GMT"),
         check=sends("if-modified-since", None, *["Wed, 01 Jul 2026 10:00:00 GMT"] * 2)),
    Case("H002", "Atom 1.0", "ok", 3, always(_links_page(""), kind=_ATOM)),
    Case("H003", "Atom 0.3", "ok", 2, always(_ATOM03, kind=_ATOM), check=has(lambda s: all(e.published_at for e in s.entries.values()))),
    Case("H004", "RSS 0.90", "ok", 2, always(_RDF.format(ns="http://my.netscape.com/rdf/simple/0.9/", items=item("A", link="https://e.example/a") + item("B", link="https://e.example/b")), kind=_XML)),
    Case("H005", "RSS 0.91 with DOCTYPE", "ok", 2, always('<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:{canary}/rss-0.91.dtd">'
         f'<rss version="0.91"><channel><title>T</title>{items(2)}</channel></rss>')),
    Case("H006", "RSS 0.92, descriptions only", "ok", 2, always(rss(item(text="One thing happened.") + item(text="Another thing happened.")))),
    Case("H007", "RSS 1.0", "ok", 3, always(_RDF.format(ns="http://purl.org/rss/1.0/", items="".join(
         f'<item rdf:about="https://e.example/{n}"><title>R{n}</title><link>https://e.example/{n}</link><dc:date>2026-07-01T10:00:00Z</dc:date></item>' for n in range(3))), kind="application/rdf+xml"),
         check=has(lambda s: all(e.published_at for e in s.entries.values()))),
    Case("H008", "JSON Feed", "ok", 3, always(_JSON % _JSON_ITEMS, kind="application/feed+json")),
    Case("H009", "JSON Feed as application/json", "ok", 3, always(_JSON % _JSON_ITEMS, kind="application/json")),
    Case("H010", "Atom with XHTML", "ok", 2, always(_XHTML, kind=_ATOM), check=has(lambda s: "One bold two" in [e.summary for e in s.entries.values()])),
    Case("H011", "xml:base", "ok", 3, always(_links_page("xml:base='https://base.example/feed/'"), kind=_ATOM),
         check=links("https://base.example/feed/a", "https://base.example/x/b", "https://other.example/c")),
    Case("H012", "relative links", "ok", 2, always(rss(item("A", link="/a") + item("B", link="b?x=1"))),
         check=has(lambda s: all(e.url.startswith("http://127.0.0.1:") for e in s.entries.values()))),
    Case("H013", "HTML in CDATA", "ok", 2, always(rss(item("<![CDATA[Tom &amp; Jerry]]>") + item("<![CDATA[a < b]]>"))), check=has(lambda s: s.titles == ["Tom & Jerry", "a < b"])),
    *(
        Case(f"H0{number}", f"served as {kind or 'nothing'}", "warn", 2, always(rss(items(1) + item("Café — naïve", guid="x")), kind=kind), "served",
             has(lambda s: "Café — naïve" in s.titles))
        for number, kind in [(14, "application/xhtml+xml"), (15, "text/plain"), (16, "application/octet-stream"), (17, ""), (18, "text/html")]
    ),
    Case("H019", "no items", "ok", 0, always(rss(""))),
)  # fmt: skip

_LONG = '"' + "e" * 3_000 + '"'

CONDITIONAL = (
    Case("H020", "ETag only", "ok", 3, conditional(rss(items(3)), ETag='"a b\'c"'), check=sends("if-none-match", None, '"a b\'c"', '"a b\'c"')),
    Case("H021", "odd Last-Modified", "ok", 3, conditional(rss(items(3)), Last_Modified="Wed, 1 Jul 26 9:00 CEST"), check=sends("if-modified-since", None, *["Wed, 1 Jul 26 9:00 CEST"] * 2)),
    Case("H022", "validators change, the body does not", "ok", 3, lambda asked: reply(rss(items(3)), ETag=f'"{asked.number}"'), check=sends("if-none-match", None, '"1"', '"2"')),
    Case("H023", "weak ETag", "ok", 3, conditional(rss(items(3)), ETag='W/"x"'), check=sends("if-none-match", None, 'W/"x"', 'W/"x"')),
    Case("H024", "ETag without quotes", "ok", 3, conditional(rss(items(3)), ETag="bare-1"), check=sends("if-none-match", None, "bare-1", "bare-1")),
    Case("H025", "long ETag", "ok", 3, conditional(rss(items(3)), ETag=_LONG), check=sends("if-none-match", None, _LONG, _LONG)),
    Case("H026", "304 at first", "error", 0, always(b"", "304 Not Modified", ETag='"x"'), "304 to an unconditional request", sends("if-none-match", None, None, None)),
    Case("H027", "no validators", "ok", 3, always(rss(items(3))), check=sends("if-modified-since", None, None, None)),
    Case("H028", "304 with a body", "ok", 3, lambda asked: reply(rss(items(3)), ETag='"1"') if asked.number == 1 else reply(rss(items(9)), "304 Not Modified"),
         check=has(lambda s: s.last.outcome is Outcome.NOT_MODIFIED)),
    Case("H029", "304 with a newer ETag", "ok", 3, lambda asked: reply(rss(items(3)), ETag='"1"') if asked.number == 1 else reply(b"", "304 Not Modified", ETag=f'"{asked.number}"'),
         check=sends("if-none-match", None, '"1"', '"2"')),
    Case("H042v", "validators behind a redirect", "ok", 3, {"": redirect("/H042v/to"), "/to": conditional(rss(items(3)), ETag='"r"')},
         check=sends("if-none-match", None, None, None, '"r"', None, '"r"')),
)  # fmt: skip


def told(status: str, words: str, **headers: str) -> Play:
    return always(words, status, "text/html", **headers)


STATUS = (
    Case("H030", "429 for an hour", "backoff", 0, told("429 Too Many Requests", "x", Retry_After="7200"), "rate limited until", waits(2 * HOUR)),
    Case("H031", "429 with a date", "backoff", 0, told("429 Too Many Requests", "x", Retry_After="Thu, 02 Jul 2026 14:00:00 GMT", Date="Thu, 02 Jul 2026 11:00:00 GMT"), "until", waits(3 * HOUR)),
    Case("H032", "503 for two minutes", "backoff", 0, told("503 Service Unavailable", "x", Retry_After="120"), "until", waits(HOUR)),
    Case("H033", "429 without a word", "backoff", 0, told("429 Too Many Requests", "x"), "until", waits(2 * HOUR)),
    Case("H034", "429 for 10^12 s", "backoff", 0, told("429 Too Many Requests", "x", Retry_After="1000000000000"), "until", waits(timedelta(days=31))),
    Case("H035", "429 with nonsense", "backoff", 0, told("429 Too Many Requests", "x", Retry_After="when it rains"), "until", waits(2 * HOUR)),
    Case("H036", "500 for ever", "error", 0, told("500 Internal Server Error", "x", ETag='"err"'), "HTTP 500", sends("if-none-match", None, None, None)),
    Case("H037", "500, 500, then well", "error", 3, in_turn(reply(b"x", "500 Oops"), reply(b"x", "500 Oops"), reply(rss(items(3)))), "500",
         has(lambda s: s.last.outcome is Outcome.OK and s.last.failure_count == 0 and not s.last.error)),
    Case("H038", "404", "error", 0, told("404 Not Found", "x"), "HTTP 404", has(lambda s: [p.failure_count for p in s.polls] == [1, 2, 3])),
    Case("H039", "410", "gone", 0, told("410 Gone", "x"), "gone", has(lambda s: len(s.asked) == 1 and s.first.next_poll_at is None)),
    Case("H040", "403", "error", 0, told("403 Forbidden", "x"), "HTTP 403"),
    Case("H041", "401", "error", 0, told("401 Unauthorized", "x", WWW_Authenticate='Basic realm="x"'), "HTTP 401", sends("authorization", None, None, None)),
    *(
        Case(f"H0{number}", status, "ok", 3, {"": redirect(f"/H0{number}/new", status), "/new": always(rss(items(3)))},
             check=has(lambda s, permanent=permanent: s.feed.permanent_url.endswith("/new") == permanent and s.asked[-2].path == s.asked[0].path))
        for number, status, permanent in [(42, "301 Moved Permanently", True), (43, "302 Found", False), (44, "308 Permanent Redirect", True), (45, "307 Temporary Redirect", False)]
    ),
    Case("H046", "redirect to itself", "error", 0, redirect("/H046"), "circle"),
    Case("H047", "a loop of two", "error", 0, {"": redirect("/H047/b"), "/b": redirect("/H047")}, "circle"),
    Case("H048", "thirty hops", "error", 0, {"": redirect("/H048/0"), **{f"/{n}": redirect(f"/H048/{n + 1}") for n in range(30)}}, "more than 5 times"),
    Case("H049", "redirect to nowhere", "error", 0, always(b"", "302 Found"), "nowhere"),
    Case("H050", "relative redirect", "ok", 2, {"": redirect("H050/x/../b"), "/b": always(rss(items(2)))}),
    Case("H051", "redirect to a file", "error", 0, redirect("file:///etc/passwd", "301 Moved Permanently"), "only http and https"),
    *(
        Case(f"H052{letter}", f"redirect to {to}", "error", 0, redirect(to), words)
        for letter, to, words in [("a", "ftp://e.example/", "http"), ("b", "javascript:alert(1)", "http"), ("c", "data:text/xml,<rss/>", "http"), ("d", "gopher://127.0.0.1:{canary}/_x", "http"), ("e", "http://", "")]
    ),
    Case("H053", "controls in a redirect", "ok|error", 0, redirect("/H053/x%0d%0aX-Bad:%201\x0bz"), check=has(lambda s: all("x-bad" not in a.headers for a in s.asked))),
    Case("H054", "max-age=7200", "ok", 3, always(rss(items(3)), Cache_Control="public, max-age=7200"), check=waits(2 * HOUR)),
    Case("H055", "cookies", "ok", 2, always(rss(items(2)), Set_Cookie="id=1; Path=/"), check=sends("cookie", None, None, None)),
    Case("H056", "password in a redirect", "ok|error", (0, 2), {"": redirect("http://u:s3cret-056@127.0.0.1:1/H056/b", "301 Moved Permanently")}, check=has(lambda s: "s3cret" not in repr(s.polls))),
    Case("H057", "226", "ok", 4, in_turn(reply(rss(items(3)), ETag='"1"'), reply(rss(items(1, "New")), "226 IM Used", IM="feed", ETag='"2"'))),
    Case("H058", "206 that nobody asked for", "error", 0, always(rss(items(2)), "206 Partial Content", ETag='"p"', Content_Range="bytes 0-9/99"), "206", sends("if-none-match", None, None, None)),
    Case("H059", "a clock that is wrong", "ok", 2, always(rss(items(2)), Date="Sat, 01 Jan 2000 00:00:00 GMT", Expires="Sat, 01 Jan 2000 02:00:00 GMT"), check=waits(2 * HOUR)),
)  # fmt: skip

CASES = FORMATS + CONDITIONAL + STATUS
