"""The demo's own news server on loopback, and the feeds.yaml that reads from it."""

from __future__ import annotations

import functools
import hashlib
import html
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

from aggregator.demo.week import (
    DemoItem,
    DemoOutlet,
    DemoWeek,
    load_week,
    move_weekdays,
    render,
)
from aggregator.errors import AggregatorError

__all__ = ["DemoServer", "DemoWeek", "demo_config", "load_week", "render"]

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1800
BRIEF_BEFORE = timedelta(hours=1)

_FEED_PATH = re.compile(r"/feeds/([a-z0-9]+)\.xml")
_HTML = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
}
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>
:root {{ color-scheme: light dark }}
body {{ max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1.1rem/1.5 serif }}
small {{ font-family: sans-serif; opacity: 0.75 }}
</style></head><body>
{body}
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer of the demo server."""

    status: HTTPStatus
    content_type: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def demo_config(base_url: str, start: datetime) -> str:
    """Return a feeds.yaml that reads every feed of a `DemoServer` at `base_url`.

    The daily brief is made an hour before `start`, so that one has just been.
    """
    week = load_week()
    root = {
        "settings": {
            "poll_interval": "5m",
            "timezone": "UTC",
            "brief": {"at": f"{start.astimezone(UTC) - BRIEF_BEFORE:%H:%M}"},
            "allow_private": [urlsplit(base_url).netloc],
            "per_host_concurrency": 8,
            "per_host_spacing": "0s",
        },
        "feeds": [
            {
                "name": outlet.name,
                "url": base_url + feed_path(outlet),
                "category": outlet.category,
            }
            for outlet in week.outlets
        ],
        "topics": [dict(topic) for topic in week.topics],
    }
    text: str = yaml.safe_dump(
        root, sort_keys=False, allow_unicode=True, default_flow_style=None, width=88
    )
    return text


def feed_path(outlet: DemoOutlet) -> str:
    """Where the outlet's feed stands on the demo server."""
    return f"/feeds/{outlet.key}.xml"


# --- pages


def item_page(outlet: DemoOutlet, item: DemoItem, start: datetime) -> bytes:
    """Return the small page that an item links to."""
    published_at = item.published_at(start)
    text = move_weekdays(item.summary, start)
    if item.html:
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    title = html.escape(move_weekdays(item.title, start))
    by = " · ".join(filter(None, (outlet.name, item.author)))
    when = f"{published_at:%Y-%m-%d %H:%M} UTC" if published_at else "no date given"
    body = (
        f"<h1>{title}</h1>\n<p><small>{html.escape(by)} · {when}</small></p>\n"
        f"<p>{html.escape(text)}</p>\n"
        "<p><small>Fiction: every name and event of this demo is invented.</small></p>"
    )
    return _PAGE.format(language=outlet.language, title=title, body=body).encode()


def front_page(week: DemoWeek, start: datetime) -> bytes:
    """Return a page that lists every outlet with its feed and its headlines."""
    parts = ["<h1>A week that never happened</h1>"]
    for outlet in week.outlets:
        parts += [
            f'<h2 id="{outlet.key}">{html.escape(outlet.name)}</h2>',
            f"<p>{html.escape(outlet.about)}",
            f'<small><a href="{feed_path(outlet)}">feed</a></small></p><ul>',
            *(
                f'<li><a href="{item.path}">{html.escape(move_weekdays(item.title, start))}</a></li>'
                for item in week.items_of(outlet)
            ),
            "</ul>",
        ]
    body = "\n".join(parts)
    return _PAGE.format(language="en", title="Demo news", body=body).encode()


# --- the server


class DemoServer:
    """Serve the week on 127.0.0.1 for as long as the `with` block lasts.

    Parameters
    ----------
    start : the moment that every age counts back from; an aware datetime.
    port : 0 takes any free port.

    `url` is known inside the block. Entering raises `AggregatorError` when the port
    is taken.
    """

    def __init__(
        self, start: datetime, port: int = 0, week: DemoWeek | None = None
    ) -> None:
        self.start = start.astimezone(UTC)
        self.week = week or load_week()
        self.url = ""
        self.clock: datetime | None = None
        """The moment that is served; None for all of the week."""
        self._port = port
        self._outlets = {outlet.key: outlet for outlet in self.week.outlets}
        self._items = {item.path: item for item in self.week.items}
        self._served: set[str] = set()

    def __enter__(self) -> Self:
        handler = functools.partial(_Handler, self.answer)
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        except OSError as error:
            reason = error.strerror or "cannot be used"
            raise AggregatorError(f"127.0.0.1:{self._port}: {reason}") from error
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # The default of 0.5 s is how long stopping takes.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, if_none_match: str) -> Answer:
        """Answer a GET for `path`."""
        path = urlsplit(path).path
        if match := _FEED_PATH.fullmatch(path):
            outlet = self._outlets.get(match[1])
            if outlet:
                return self._feed(outlet, if_none_match)
        if item := self._items.get(path):
            page = item_page(self._outlets[item.outlet], item, self.start)
            return Answer(HTTPStatus.OK, _HTML, page)
        if path == "/":
            return Answer(HTTPStatus.OK, _HTML, front_page(self.week, self.start))
        return Answer(HTTPStatus.NOT_FOUND, _TEXT, b"There is no such page.\n")

    def _feed(self, outlet: DemoOutlet, if_none_match: str) -> Answer:
        if outlet.fault == "unavailable":
            retry = ("Retry-After", str(RETRY_AFTER_SECONDS))
            return Answer(
                HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"Back soon.\n", (retry,)
            )
        if outlet.fault == "html":
            body = "<h1>Our new home</h1>\n<p>Feeds are gone. Try the front page.</p>"
            page = _PAGE.format(
                language="en", title=html.escape(outlet.name), body=body
            )
            return Answer(HTTPStatus.OK, _HTML, page.encode())
        items = tuple(
            replace(item, title=item.later_title or item.title)
            if item.path in self._served
            else item
            for item in self.week.items_of(outlet)
            if self.clock is None
            or (item.published_at(self.start) or self.start) <= self.clock
        )
        self._served |= {item.path for item in items}
        body_bytes = render(outlet, items, self.start, self.url)
        if outlet.fault == "truncated":
            body_bytes = body_bytes[: len(body_bytes) * 7 // 10]
        etag = f'"{hashlib.sha256(body_bytes).hexdigest()[:20]}"'
        headers = (("ETag", etag), ("Cache-Control", "no-cache"))
        if etag in re.findall(r'"[^"]*"', if_none_match):
            return Answer(HTTPStatus.NOT_MODIFIED, _TYPES[outlet.format], b"", headers)
        return Answer(HTTPStatus.OK, _TYPES[outlet.format], body_bytes, headers)


class _Handler(BaseHTTPRequestHandler):
    """Turns requests into calls of `answer`, and answers into bytes."""

    server_version = "AggregatorDemo"
    sys_version = ""
    timeout = 10

    def __init__(self, answer: Callable[[str, str], Answer], *arguments: Any) -> None:
        self._answer = answer
        super().__init__(*arguments)

    def do_GET(self) -> None:
        answer = self._answer(self.path, self.headers.get("If-None-Match", ""))
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("X-Content-Type-Options", "nosniff")
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("demo_request line=%r", format % args)
