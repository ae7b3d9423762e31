"""A real feed server on loopback whose documents a test sets, and what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape


@dataclass
class Asked:
    """One request, as the server saw it."""

    path: str
    headers: Mapping[str, str]


@dataclass
class FeedHouse:
    """Answers `/NAME` with what `serve` put there; 404 elsewhere."""

    port: int = 0
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def serve(
        self, name: str, body: bytes, *, status: int = 200, **headers: str
    ) -> str:
        named = {"Content-Type": "application/rss+xml; charset=utf-8"}
        named |= {key.replace("_", "-"): value for key, value in headers.items()}
        self.answers[name] = (status, named, body)
        return self.url(name)

    def requests(self, name: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == f"/{name}"]


@contextmanager
def feed_house() -> Iterator[FeedHouse]:
    """Run a `FeedHouse` while the body runs."""
    house = FeedHouse()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            house.asked.append(Asked(self.path, dict(self.headers.items())))
            status, headers, body = house.answers.get(
                self.path.lstrip("/"), (404, {}, b"no such feed")
            )
            etag = headers.get("ETag")
            if etag and self.headers.get("If-None-Match") == etag:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    house.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rss(
    *items: tuple[str, str] | tuple[str, str, datetime], title: str = "News"
) -> bytes:
    """Write an RSS document of (title, summary[, published]) items."""
    parts = []
    for item in items:
        at = item[2] if len(item) == 3 else datetime.now(UTC)
        key = escape(item[0])
        parts.append(
            f"<item><title>{key}</title><guid isPermaLink='false'>{key}</guid>"
            f"<link>https://news.example/{abs(hash(item[0]))}</link>"
            f"<description>{escape(item[1])}</description>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>"
        )
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>{title}</title>"
        f"<link>https://news.example/</link>{''.join(parts)}</channel></rss>"
    ).encode()
