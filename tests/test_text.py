"""Text: what is unwanted goes, what is wanted stays, and forms are stable."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text import (
    UNTITLED,
    canonical_url,
    clean_title,
    cut,
    fingerprint,
    plain_text,
    without_password,
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("<p>one</p><p>two</p>", "one two"),
        ("a<br>b", "a b"),
        ("in<b>sepa</b>rable", "inseparable"),
        ("a < b and c > d", "a < b and c > d"),
        ("x<script>alert(1)</script>y<style>p{}</style>z", "xyz"),
        ("<!--><img src=x onerror=alert(1)>-->", "-->"),
        ("caf\u00e9 &eacute; &#233; &#xe9;", "caf\u00e9 \u00e9 \u00e9 \u00e9"),
        ("a\x00b\x1b[31mc\ud800d\u202ee", "ab[31mcde"),
        ("  much \n\t white\u00a0space ", "much white space"),
        ("", ""),
    ],
)
def test_html_becomes_text_that_reads_well(html: str, text: str) -> None:
    assert plain_text(html, 1_000) == text


def test_a_title_is_never_blank() -> None:
    assert clean_title("  \u200b\u202e\ufeff ") == UNTITLED
    assert clean_title("x" * 5_000).endswith("…")
    assert len(clean_title("x" * 5_000)) == 1_000


def test_cutting_never_leaves_half_a_character() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert cut(family * 2, 8) == f"{family}…"
    assert cut("e\u0301e\u0301e\u0301", 4) == "e\u0301…"
    assert cut("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 3) == "\U0001f1e9\U0001f1ea…"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (
            "HTTP://User:pw@Example.COM:80/a%20b?utm_source=x&b=1#f",
            "http://example.com/a%20b?b=1",
        ),
        ("https://example.com", "https://example.com/"),
        ("https://example.com:8443/x?fbclid=1&gclid=2", "https://example.com:8443/x"),
        ("https://b\u00fccher.example/\u00fc", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("  https://example.com/a\nb ", "https://example.com/ab"),
        ("http://good.example\\@evil.example/", "http://good.example/@evil.example/"),
        ("javascript:alert(1)", ""),
        ("//example.com/x", ""),
        ("http://a..b/", ""),
        ("http://x:99999/", ""),
        ("http://[::1", ""),
        ("http://exa mple.com/", ""),
        ("http:///path", ""),
        ("", ""),
    ],
)
def test_an_address_has_one_canonical_form_or_none(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


def test_relative_addresses_begin_at_a_base() -> None:
    assert (
        canonical_url("../x?a=1", "https://e.example/f/g/")
        == "https://e.example/f/x?a=1"
    )
    assert canonical_url("", "https://e.example/") == ""


def test_passwords_never_show() -> None:
    assert (
        without_password("https://u:s3cret@h.example:1/p@q?x@y")
        == "https://h.example:1/p@q?x@y"
    )
    assert without_password("https://h.example/") == "https://h.example/"
    assert without_password("mailto:a@b") == "mailto:a@b"


def test_fingerprints_tell_texts_and_their_order_apart() -> None:
    assert fingerprint("a", "b") != fingerprint("ab", "")
    assert fingerprint("a", "b") != fingerprint("b", "a")
    assert fingerprint("a\ud800") == fingerprint("a\ud800")
    assert len(fingerprint()) == 32


@given(st.text(max_size=400))
def test_any_text_makes_a_title_that_can_be_stored(text: str) -> None:
    title = clean_title(text)
    assert 0 < len(title) <= 1_000
    title.encode("utf-8")
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in title)
    assert clean_title(title) == title


_markup = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<svg",
            "<img src=x onerror=alert(1)>",
            ">",
            "<",
            "&",
            "&lt;",
            "&#x3c;",
            "a",
            " ",
            '"',
        ]
    )
    | st.text(max_size=8),
    max_size=30,
).map("".join)


@given(_markup)
def test_no_markup_makes_an_element(html: str) -> None:
    text = plain_text(html, 500)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = html5lib.parseFragment(escaped, treebuilder="etree")
    assert len(list(body.iter())) == 1
    text.encode("utf-8")


_urls = (
    st.text(max_size=80)
    | st.text(max_size=60).map("http://example.com/".__add__)
    | st.text(max_size=60).map("https://".__add__)
    | st.text(max_size=60).map("https://e.example/?a=1&".__add__)
)


@given(_urls)
def test_a_canonical_address_is_its_own_canonical_form(url: str) -> None:
    canonical = canonical_url(url)
    assert canonical_url(canonical) == canonical
    assert canonical == "" or canonical.startswith(("http://", "https://"))
    assert canonical.isascii()
