"""Decoding: the right text from bytes that say the wrong thing, and never a crash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.limits import Limits
from aggregator.models import Response
from aggregator.parse.decoding import decode
from aggregator.parse.document import read
from aggregator.parse.guards import guarded


def document(text: str, encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?><rss>{text}</rss>'.encode(
        encoding
    )


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Zürich – €"),
        ("utf-16", "Zürich – €"),
        ("iso-8859-1", "Zürich"),
        ("iso-8859-2", "Łódź żółw"),
        ("iso-8859-7", "Ειδήσεις"),
        ("windows-1250", "Łódź żółw"),
        ("windows-1251", "Новости"),
        ("windows-1252", "“naïve” – €"),
        ("windows-1255", "חדשות"),
        ("windows-1256", "أخبار"),
        ("koi8-r", "Новости"),
        ("koi8-u", "Новини"),
        ("gb2312", "新闻头条"),
        ("gbk", "新闻頭條"),
        ("big5", "新聞頭條"),
        ("shift_jis", "日本のニュース"),
        ("euc-jp", "日本のニュース"),
        ("iso-2022-jp", "日本のニュース"),
        ("euc-kr", "한국어 뉴스"),
        ("tis-620", "ข่าวไทย"),
    ],
)
def test_what_says_the_truth_is_read_exactly(encoding: str, text: str) -> None:
    decoded, note = decode(document(text, encoding), "application/xml")
    assert text in decoded
    assert note == ""


@given(
    st.text(min_size=1, max_size=60),
    st.sampled_from(["iso-8859-1", "gbk", "x-none", ""]),
)
def test_valid_utf_8_wins_over_every_declaration(text: str, declared: str) -> None:
    body = f"<rss>{text}</rss>".encode("utf-8", "ignore")
    decoded, _ = decode(body, f"text/xml; charset={declared}")
    assert decoded == body.decode("utf-8")


_pieces = st.sampled_from(
    [
        b"<rss>",
        b"<item>",
        b"</item>",
        b"<title>",
        b"</title>",
        b"<![CDATA[",
        b"]]>",
        b"&#x0;",
        b"<!--",
        b"-->",
        b"<?xml version='1.0' encoding='",
        b"'?>",
        b"\xff\xfe",
        b"\x00",
        b"&nbsp;",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>",
        b"<entry>",
        b"&",
        b"<!DOCTYPE ",
        b"{",
        b"]",
    ]
)


@given(
    st.lists(_pieces | st.binary(max_size=6), max_size=25).map(b"".join),
    st.text(max_size=20),
)
def test_any_bytes_end_with_entries_or_a_verdict(body: bytes, charset: str) -> None:
    headers = {"content-type": f"text/xml; charset={charset}"}
    try:
        said = read(Response("https://e.example/f", 200, headers, body), Limits())
    except ParseError as error:
        assert error.kind
    else:
        for entry in said.entries:
            repr(entry).encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "<rss>" + "<![CDATA[" * 100_000,
        "<rss>" + "<!--" * 100_000,
        "<rss>" + "&" * 300_000,
        "<rss>" + "&a" * 200_000,
        "<rss>" + "<author>" * 100_000 + "x" * 1_000,
        "<rss>" + "<author x" * 100_000,
        "<!-- " * 100_000 + "<rss>",
        "<!DOCTYPE " * 100_000 + "<rss>",
        "<?" * 200_000 + "<rss>",
        "\n" * 1_000_000 + "<rss>",
        "&#" + "0" * 1_000_000 + ";",
    ],
    ids=lambda text: text[:12].strip(),
)
def test_guards_are_not_themselves_slow(text: str) -> None:
    """A minute under quadratic time; the suite would tell."""
    try:
        guarded(text)
    except ParseError as error:
        assert error.kind
