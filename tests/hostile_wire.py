"""Cases H060 to H109: places we must not go, and answers that break or never end."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

from aggregator.limits import MiB
from tests.hostile import RESET, Asked, Play, reply
from tests.hostile_case import Case, Seen, always, in_turn, item, items, redirect, rss

_REFUSED = "refused"
_PLACES = [
    ("H060", "loopback, another port", "http://127.0.0.1:{canary}/", _REFUSED),
    ("H061", "loopback, port 1", "http://127.0.0.1:1/", _REFUSED),
    ("H062", "cloud metadata", "http://169.254.169.254/latest/meta-data/", _REFUSED),
    ("H063", "localhost by name", "http://localhost:{canary}/", _REFUSED),
    ("H064", "decimal address", "http://2130706433:{canary}/", _REFUSED),
    ("H065", "hexadecimal address", "http://0x7f000001:{canary}/", _REFUSED),
    ("H066", "octal address", "http://017700000001:{canary}/", _REFUSED),
    ("H067", "short address", "http://127.1:{canary}/", _REFUSED),
    ("H068", "any address", "http://0:{canary}/", _REFUSED),
    ("H068b", "any address in full", "http://0.0.0.0:{canary}/", _REFUSED),
    ("H069", "mapped", "http://[::ffff:127.0.0.1]:{canary}/", _REFUSED),
    ("H069b", "IPv6 loopback", "http://[::1]:{canary}/", _REFUSED),
    ("H070", "NAT64", "http://[64:ff9b::7f00:1]:{canary}/", _REFUSED),
    ("H070b", "6to4", "http://[2002:7f00:1::]:{canary}/", _REFUSED),
    ("H070c", "IPv4-compatible", "http://[::127.0.0.1]:{canary}/", _REFUSED),
    ("H071", "another loopback address", "http://127.9.9.9:{canary}/", _REFUSED),
    ("H072", "full-width digits", "http://１２７.０.０.１:{canary}/", ""),
    ("H072b", "circled digits", "http://①②⑦.⓪.⓪.①:{canary}/", ""),
    ("H073", "backslash", "http://e.example\\@127.0.0.1:{canary}/", "backslash"),
    ("H074", "user part like a host", "http://e.example@127.0.0.1:{canary}/", _REFUSED),
    (
        "H075",
        "user part and fragment",
        "http://127.0.0.1:{canary}#@e.example/",
        _REFUSED,
    ),
    ("H076", "dot at the end", "http://127.0.0.1.:{canary}/", _REFUSED),
    ("H076b", "localhost with a dot", "http://localhost.:{canary}/", ""),
    ("H079", "blank in the host", "http://127.0.0.1 .e.example:{canary}/", "blanks"),
]


def refused(seen: Seen) -> None:
    assert seen.first.error_kind in {"private_address", "scheme", "dns"}
    assert seen.first.status is None


PLACES = (
    *(
        Case(name, what, "error", 0, {}, words, refused, url)
        for name, what, url, words in _PLACES
    ),
    *(
        Case(f"H077{letter}", f"redirect to {to}", "error", 0, {"": redirect("/H077" + letter + "/b"), "/b": redirect(to)}, _REFUSED, lambda s: _kind(s, "private_address"))
        for letter, to in [("a", "http://127.0.0.1:{canary}/"), ("b", "http://0x7f.1:{canary}/"), ("c", "http://[::1]:{canary}/"), ("d", "//localhost:{canary}/")]
    ),
    Case("H078", "addresses inside the feed", "ok", 3, always(rss(
        "<image><url>http://127.0.0.1:{canary}/i.png</url></image><cloud domain='127.0.0.1' port='{canary}' path='/' protocol='http-post' registerProcedure=''/>"
        + item("A", link="http://127.0.0.1:{canary}/a") + item("B", guid="http://127.0.0.1:{canary}/b")
        + item("C", guid="c", more='<enclosure url="http://127.0.0.1:{canary}/c.mp3" type="audio/mpeg" length="1"/>')))),
)  # fmt: skip


def _kind(seen: Seen, kind: str) -> None:
    assert seen.first.error_kind == kind, seen.first.error


def _unconditional(seen: Seen) -> None:
    """No validator of an answer that was not taken whole is ever sent."""
    assert all("if-none-match" not in asked.headers for asked in seen.asked)


def packed(data: bytes, encoding: str, **headers: str) -> Play:
    return always(data, Content_Encoding=encoding, ETag='"bomb"', **headers)


def _bomb(wbits: int) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    blank = b" " * MiB
    return b"".join(packer.compress(blank) for _ in range(60)) + packer.flush()


def drip(_: Asked) -> Iterator[bytes | float]:
    yield b'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: "d"\r\n\r\n<rss>'
    while True:
        yield 0.1
        yield b" "


def slow_headers(_: Asked) -> Iterator[bytes | float]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield 0.1
        yield b"X-A: b\r\n"


def endless_headers(_: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for n in range(200_000):
        yield b"X-%d: %s\r\n" % (n, b"v" * 50)


def endless_body(_: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n<rss>"
    while True:
        yield b" " * 65_536


_GOOD = rss(items(5)).encode()
_PACKED = gzip.compress(_GOOD)
_WELL = reply(_GOOD, ETag='"well"')
_CHUNKED = b'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: "torn"\r\nTransfer-Encoding: chunked\r\n\r\n'
_HALF = reply(_GOOD, ETag='"torn"')[:-200]


def torn_then_well(*pieces: bytes | object) -> Play:
    return lambda asked: iter(pieces) if asked.number == 1 else _WELL


SIZES = (
    Case("H080", "gzip bomb", "error", 0, packed(_bomb(31), "gzip"), "too large", _unconditional),
    Case("H081", "deflate bomb", "error", 0, packed(_bomb(15), "deflate"), "too large", _unconditional),
    Case("H081b", "bare deflate bomb", "error", 0, packed(_bomb(-15), "deflate"), "too large", _unconditional),
    Case("H082", "brotli", "error", 0, packed(b"\x1b" * 200, "br"), "did not ask for", _unconditional),
    Case("H083", "gzip in gzip", "error", 0, packed(gzip.compress(_bomb(31)), "gzip, gzip"), "", _unconditional),
    Case("H083b", "many small members", "error", 0, packed(gzip.compress(b" " * MiB) * 20, "gzip"), "too large", _unconditional),
    Case("H084", "says gzip, is not", "ok", 5, packed(_GOOD, "gzip")),
    Case("H085", "is gzip, does not say so", "ok", 5, always(_PACKED)),
    Case("H085b", "deflate with a header", "ok", 5, packed(zlib.compress(_GOOD), "deflate")),
    Case("H085c", "bare deflate", "ok", 5, packed(zlib.compress(_GOOD, wbits=-15), "deflate")),
    Case("H086", "gzip cut short", "error", 0, packed(_PACKED[:-30], "gzip"), "cut short", _unconditional),
    Case("H087", "gzip with a wrong sum", "error", 0, packed(_PACKED[:-8] + bytes(8), "gzip"), "unpacked", _unconditional),
    Case("H088", "slow drip", "error", 0, drip, "took too long", _unconditional),
    Case("H089", "slow headers", "error", 0, slow_headers, "took too long"),
    Case("H090", "silence", "error", 0, lambda _: [30.0], "silent"),
    Case("H091", "endless body", "error", 0, endless_body, "too large"),
    Case("H092", "endless headers", "error", 0, endless_headers, ""),
    Case("H093", "one huge header", "error", 0, always(_GOOD, X_Huge="x" * 500_000), ""),
    Case("H094", "Content-Length of 10 GB", "error", 0, always(_GOOD, Content_Length="10737418240"), "too large"),
    Case("H095", "Content-Length of 10^30", "error", 0, always(_GOOD, Content_Length="1" + "0" * 30), ""),
    Case("H096", "12,000 items", "ok", 2_000, always("".join(rss(items(12_000)))), check=lambda s: _left_out(s, 10_000)),
    Case("H097", "one item of 3 MB", "ok", 1, always(rss(item("A", text="word " * 600_000)))),
    Case("H098", "title of 1 MB", "ok", 2, always(rss(item("x" * MiB, guid="1") + item("B"))), check=lambda s: _short_titles(s)),
)  # fmt: skip


def _left_out(seen: Seen, count: int) -> None:
    assert seen.first.skipped_count == count


def _short_titles(seen: Seen) -> None:
    assert max(map(len, seen.titles)) == 1_000


BROKEN = (
    Case("H100", "reset half way", "error", 5, torn_then_well(_HALF, RESET), "", lambda s: _kind(s, "broken")),
    Case("H101", "chunks cut short", "error", 5, torn_then_well(_CHUNKED + b"%x\r\n" % len(_GOOD) + _GOOD[:-100]), "broke", lambda s: _kind(s, "broken")),
    Case("H102", "bad chunk size", "error", 5, torn_then_well(_CHUNKED + b"zz\r\n" + _GOOD), ""),
    Case("H103", "closed half way", "error", 5, torn_then_well(_HALF), "broke", lambda s: _kind(s, "broken")),
    Case("H104", "Content-Length too small", "ok|warn|error", (0, 5), always(_GOOD, Content_Length="200")),
    Case("H105", "empty body", "error", 0, always(b"", ETag='"e"'), "empty", _unconditional),
    Case("H106", "no HTTP", "error", 0, lambda _: b"220 mail.example ESMTP\r\n", ""),
    Case("H107", "HTTP/0.9", "error", 0, lambda _: _GOOD, ""),
    Case("H108", "headers that disagree", "ok|warn|error", (0, 5), always(_GOOD, content_length="7", X_Odd="a\xe9\xff")),
    Case("H108b", "odd bytes in headers", "ok", 5, always(_GOOD, X_Odd="a\xe9\xff\x01", ETag='"\xe9\xff"'), check=_unconditional),
    Case("H109", "closes at once", "error", 0, lambda _: b"", "broke", lambda s: _kind(s, "broken")),
    Case("H109b", "204", "error", 0, always(b"", "204 No Content"), "204"),
    Case("H109c", "status 999", "error", 0, always(_GOOD, "999 Go Away"), "999"),
    Case("H109d", "well, after trouble", "error", 5, in_turn(b"x", b"x", _WELL)),
)  # fmt: skip

CASES = PLACES + SIZES + BROKEN
