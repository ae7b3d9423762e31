"""Cases H110 to H169: XML that hurts, what is no feed at all, and encodings."""

from __future__ import annotations

from tests.hostile import Play, reply
from tests.hostile_case import Case, Check, Seen, always, in_turn, item, items, rss

_A = item("A", guid="a")
_MARK = "SECRET-OF-THE-MACHINE"


def dtd(declarations: str, title: str = "&x;") -> Play:
    return always(
        f'<?xml version="1.0"?><!DOCTYPE rss [{declarations}]><rss version="2.0"><channel><title>{title}</title>{_A}</channel></rss>'
    )


def before_root(prolog: str) -> Play:
    return always(
        f'<?xml version="1.0"?>{prolog}<rss version="2.0"><channel><title>T</title>{_A}</channel></rss>'
    )


def _nothing_leaked(seen: Seen) -> None:
    assert "root:" not in repr(seen.polls) and _MARK not in repr(seen.polls)


_LAUGHS = '<!ENTITY l0 "ha">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
)

_ATTRIBUTES = " ".join(f"a{n}='x'" for n in range(30_000))

BOMBS = (
    Case("H110", "billion laughs", "error", 0, dtd(_LAUGHS, "&l9;"), "entities"),
    Case("H111", "quadratic entities", "error", 0, dtd(f'<!ENTITY x "{"y" * 50_000}">', "&x;" * 5_000), "entities"),
    Case("H112", "external entity: file", "error", 0, dtd('<!ENTITY x SYSTEM "file:///etc/passwd">'), "entities", _nothing_leaked),
    Case("H113", "external entity: http", "error", 0, dtd('<!ENTITY x SYSTEM "http://127.0.0.1:{canary}/x">'), "entities"),
    Case("H114", "external DTD", "ok", 1, before_root('<!DOCTYPE rss SYSTEM "http://127.0.0.1:{canary}/x.dtd">')),
    Case("H115", "parameter entities", "error", 0, dtd('<!ENTITY % p SYSTEM "http://127.0.0.1:{canary}/p"> %p;'), "entities"),
    Case("H116", "deep nesting", "ok|warn|error", (0, 1), always(rss(_A.replace("A<", "<a>" * 100_000 + "A" + "</a>" * 100_000 + "<")))),
    Case("H117", "deep HTML", "ok", 1, always(rss(item("A", text="&lt;div&gt;" * 50_000 + "x")))),
    Case("H118", "many attributes", "ok|error", (0, 1), always(rss(f"<item {_ATTRIBUTES}><title>A</title></item>"))),
    Case("H119", "many namespaces", "ok|error", (0, 1), always(rss("").replace("<rss", "<rss " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(5_000))))),
    Case("H120", "XML declaration that backtracks", "ok", 1, always('<?xml version="1.0" ' + 'encoding="encoding=' * 3_000 + f'"?><rss version="2.0"><channel><title>T</title>{_A}</channel></rss>')),
    Case("H121", "a megabyte of blank lines", "ok", 1, before_root("\n" * 1_000_000)),
    Case("H122", "unfinished declarations", "error", 0, before_root("<!ENTITY a\n" * 15_000), "entities"),
    Case("H123", "endless author", "ok", 1, always(rss(item("A", more=f"<author>{'a' * 200_000}@</author>")))),
    Case("H124", "style that backtracks", "ok", 1, always(rss(item("A", text=f"&lt;p style=\"{'url(' * 60_000}\"&gt;x")))),
    Case("H125", "XInclude", "ok", 1, always(rss(item("A", more='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'))), check=_nothing_leaked),
    Case("H126", "many comments", "ok", 1, before_root("<!-- -->" * 300_000)),
    Case("H126b", "many comments inside", "ok", 1, always(rss("<!-- -->" * 100_000 + _A))),
    Case("H127", "unfinished comment", "error", 0, before_root("<!-- " + "- " * 300_000), ""),
    Case("H128", "CDATA inside out", "ok|warn", (1, 3), always(rss(item("<![CDATA[A ]]>]]&gt;<![CDATA[ B]]>") + item("<![CDATA[<![CDATA[C]]>") + item("D]]>")))),
    Case("H129", "recursive entities", "error", 0, dtd('<!ENTITY x "&y;"><!ENTITY y "&x;">'), "entities"),
    Case("H129b", "20,000 categories", "ok|error", (0, 1), always(rss(item("A", more="".join(f"<category>c{n}</category>" for n in range(10_000)))))),
)  # fmt: skip

_WARNED = "not well formed: line "

MALFORMED = (
    Case("H130", "bare ampersand", "warn", 3, always(rss(items(2) + item("AT&T & friends", guid="x"))), _WARNED, lambda s: _title(s, "AT&T & friends")),
    Case("H131", "HTML entities", "ok|warn", 2, always(rss(item("caf&eacute;&nbsp;&mdash;", guid="1") + items(1))), "", lambda s: _title(s, "café —")),
    Case("H132", "tags cross", "warn", (1, 3), always(rss(items(2) + "<item><title>A<b></title></b></item>")), _WARNED),
    Case("H133", "undeclared prefix", "warn", 2, always(rss(item("A", guid="1", more="<dc:creator>X</dc:creator>") + items(1))), _WARNED),
    Case("H134", "blank lines first", "warn", 2, always("\n\n  " + rss(items(2))), _WARNED),
    Case("H135", "never closed", "warn", (1, 2), always(rss(items(2))[:-30]), _WARNED),
    Case("H136", "junk after the end", "warn", 2, always(rss(items(2)) + "<p>stats</p> bye"), _WARNED),
    Case("H137", "two documents", "warn", (2, 4), always(rss(items(2)) + rss(items(2, "Other"))), _WARNED),
    Case("H138", "NUL bytes", "warn", 2, always(rss(item("A\x00B", guid="1") + items(1))), _WARNED, lambda s: _title(s, "AB")),
    Case("H139", "control characters", "warn", 2, always(rss(item("A\x0b\x1b[31mB", guid="1") + items(1))), _WARNED, lambda s: _title(s, "A[31mB")),
    Case("H140", "broken UTF-8", "warn", 20, always(rss("".join(item(f"Zürich {n}", guid=f"{n}") for n in range(20))).encode().replace("Zürich 7".encode(), b"Z\xfcrich 7")), _WARNED,
         lambda s: _titles(s, [f"Zürich {n}" if n != 7 else "Z\ufffdrich 7" for n in range(20)])),
    Case("H141", "attributes without quotes", "warn", 2, always(rss(items(2)).replace('version="2.0"', "version=2.0")), _WARNED),
)  # fmt: skip


def _title(seen: Seen, title: str) -> None:
    assert title in seen.titles, seen.titles


def _titles(seen: Seen, titles: list[str]) -> None:
    assert seen.titles == titles


_HTML = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><p>Log in</p></body></html>"


def _came_back(seen: Seen) -> None:
    assert [poll.error != "" for poll in seen.polls] == [False, True, False]
    assert seen.last.etag == '"1"' and len(seen.entries) == 3


NO_FEED = (
    Case("H142", "HTML page", "error", 0, always(_HTML, kind="text/html", ETag='"h"'), "not a feed (HTML)", lambda s: _no_validators(s)),
    Case("H143", "HTML page as XML", "error", 0, always('<?xml version="1.0"?>' + _HTML), "not a feed (HTML)"),
    Case("H144", "captive portal", "ok", 3, in_turn(reply(rss(items(3)), ETag='"1"'), reply(_HTML, kind="text/html", ETag='"2"'), reply(rss(items(3)), ETag='"1"')), check=_came_back),
    Case("H145", "sitemap", "error", 0, always('<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://e.example/</loc></url></urlset>', kind="text/xml"), "not a feed: a sitemap"),
    *(
        Case(f"H146{letter}", f"JSON {body[:12]}", "error", 0, always(body, kind="application/json"), words)
        for letter, body, words in [("a", "null", "neither"), ("b", "{}", "no JSON Feed"), ("c", '{"items": null}', "no JSON Feed"), ("d", "[" * 90_000, "JSON"), ("e", '{"a":' * 90_000, "JSON"),
                                    ("f", "[1e999999, NaN]", "JSON"), ("g", '{"version":"https://jsonfeed.org/version/1","items":{"a":1}}', "list of items"), ("h", "9" * 100_000, "neither")]
    ),
    Case("H147", "SVG", "error", 0, always("<svg xmlns='http://www.w3.org/2000/svg'/>", kind="image/svg+xml"), "picture"),
    Case("H148", "items vanish and return", "ok", 10, in_turn(reply(rss(items(10))), reply(rss("")), reply(rss(items(10)))), check=lambda s: _all_ok(s)),
    Case("H149", "OPML", "error", 0, always('<opml version="2.0"><body><outline xmlUrl="http://127.0.0.1:{canary}/f"/></body></opml>'), "OPML"),
)  # fmt: skip


def _no_validators(seen: Seen) -> None:
    assert all("if-none-match" not in asked.headers for asked in seen.asked)


def _all_ok(seen: Seen) -> None:
    assert not any(poll.error for poll in seen.polls)


_ZURICH = "Zürich – “naïve” café €"


def coded(
    encoding: str,
    declared: str = "",
    kind: str = "application/rss+xml",
    title: str = _ZURICH,
    mark: bytes = b"",
) -> Play:
    text = rss(item(title, guid="1") + items(1), declared or encoding)
    return always(mark + text.encode(encoding), kind=kind)


def exact(title: str = _ZURICH) -> Check:
    return lambda seen: _title(seen, title)


_CHINESE = "新闻 㐀 頭條"
_RUSSIAN = "Новости дня"
_JAPANESE = "日本のニュース"

ENCODINGS = (
    Case("H150", "UTF-8 with a mark", "ok", 2, coded("utf-8", mark=b"\xef\xbb\xbf"), "", exact()),
    Case("H151", "UTF-16 with a mark", "ok", 2, coded("utf-16"), "", exact()),
    Case("H152", "UTF-16 BE, says UTF-8", "warn", 2, coded("utf-16-be", "utf-8", mark=b"\xfe\xff"), "declared", exact()),
    Case("H152b", "UTF-16 LE without a mark", "ok", 2, coded("utf-16-le", "utf-16"), "", exact()),
    Case("H153", "UTF-32", "ok", 2, coded("utf-32"), "", exact()),
    Case("H154", "windows-1252, says UTF-8", "warn", 2, coded("cp1252", "utf-8"), "windows-1252", exact()),
    Case("H155", "windows-1252, says ISO-8859-1", "ok", 2, coded("cp1252", "iso-8859-1"), "", exact()),
    Case("H156", "UTF-8, says ISO-8859-1", "warn", 2, coded("utf-8", "iso-8859-1"), "declared", exact()),
    Case("H157", "header and declaration disagree", "warn", 2, coded("utf-8", "utf-8", "text/xml; charset=iso-8859-1"), "declared", exact()),
    Case("H158", "text/xml without charset", "ok", 2, coded("utf-8", "utf-8", "text/xml"), "", exact()),
    Case("H159", "Shift_JIS", "ok", 2, coded("shift_jis", title=_JAPANESE), "", exact(_JAPANESE)),
    Case("H159b", "EUC-JP", "ok", 2, coded("euc_jp", "EUC-JP", title=_JAPANESE), "", exact(_JAPANESE)),
    Case("H159c", "ISO-2022-JP", "ok", 2, coded("iso2022_jp", "ISO-2022-JP", title=_JAPANESE), "", exact(_JAPANESE)),
    Case("H160", "GB2312 with GB18030 characters", "ok", 2, coded("gb18030", "gb2312", title=_CHINESE), "", exact(_CHINESE)),
    Case("H160b", "Big5", "ok", 2, coded("big5", title="頭條新聞"), "", exact("頭條新聞")),
    Case("H161", "KOI8-R in the header only", "ok", 2, always(rss(item(_RUSSIAN, guid="1") + items(1)).replace(' encoding="utf-8"', "").encode("koi8-r"), kind="text/xml; charset=koi8-r"), "", exact(_RUSSIAN)),
    Case("H162", "unknown encoding", "warn", 2, coded("utf-8", "x-klingon"), "no encoding", exact()),
    Case("H163", "a codec that is no encoding", "warn", 2, coded("utf-8", "rot13"), "no encoding", exact()),
    Case("H163b", "UTF-7", "warn", 2, coded("utf-8", "utf-7"), "", exact()),
    Case("H164", "forbidden references", "ok", 6, always(rss("".join(item(f"A{n}&#{point};B", guid=f"{n}") for n, point in enumerate(["0", "xD800", "x110000", "99999999999", "xFFFE", "8"])))),
         "", lambda s: _titles(s, [f"A{n}\ufffdB" for n in range(6)])),
    Case("H164b", "the same, not well formed", "warn", (5, 6), always(rss("".join(item(f"A{n}&#{point};B & C", guid=f"{n}") for n, point in enumerate(["0", "xD800", "x110000", "99999999999", "xFFFE", "8"]))))),
    Case("H165", "EBCDIC", "ok", 2, coded("cp037", title="Plain words"), "", exact("Plain words")),
    Case("H166", "nonsense charset in the header", "warn", 2, coded("utf-8", "utf-8", "application/rss+xml; charset=;;'\"x"), "", exact()),
    Case("H167", "windows-1251 in the declaration", "ok", 2, coded("cp1251", "windows-1251", title=_RUSSIAN), "", exact(_RUSSIAN)),
    Case("H168", "mixed encodings", "warn", 2, always(rss(items(1) + item("Zürich naïve café – € " * 3 + "X", guid="1")).encode().replace(b"X<", b"\xfc<")), _WARNED,
         lambda s: _title(s, "Zürich naïve café – € " * 3 + "\ufffd")),
    Case("H169", "chopped character", "warn", 2, always(rss(items(1) + item("Price X", guid="1")).encode().replace(b"X<", b"\xe2\x82<")), _WARNED, exact("Price \ufffd")),
)  # fmt: skip

CASES = BOMBS + MALFORMED + NO_FEED + ENCODINGS
