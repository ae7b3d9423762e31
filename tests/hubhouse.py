"""A real hub on loopback: it verifies, refuses, stays silent, and pushes, as told."""

from __future__ import annotations

import hmac
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode

CHALLENGE = "c-4711/=&ü"


@dataclass
class Hub:
    """What a hub was asked, and how it behaves.

    `answer` is the status of its answers; `mode` is what it tells the callback before
    it answers (nothing where it is empty). It answers nobody until `open` is set.
    """

    port: int = 0
    answer: int = 202
    mode: str = "subscribe"
    lease: str = "864000"
    more: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    echoes: list[tuple[int, str]] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.open.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hub"

    def tell(self, **changes: str) -> tuple[int, str]:
        """Send a callback what a hub says; return status and text of its answer."""
        form = self.asked[-1]
        said = {
            "hub.mode": self.mode,
            "hub.topic": form["hub.topic"],
            "hub.challenge": CHALLENGE,
            "hub.lease_seconds": self.lease,
            **{f"hub.{name}": value for name, value in changes.items()},
        }
        return ask(f"{form['hub.callback']}?{urlencode(said)}")

    def push(
        self, body: bytes, *, method: str = "sha256", key: str | None = None
    ) -> int:
        """Push a document to the last callback; return the status of its answer."""
        form = self.asked[-1]
        signed_with = form["hub.secret"] if key is None else key
        digest = hmac.new(signed_with.encode(), body, method).hexdigest()
        headers = {
            "Content-Type": "application/rss+xml",
            "X-Hub-Signature": f"{method}={digest}",
        }
        return ask(form["hub.callback"], body, headers)[0]


def ask(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Ask for a URL; return status and text, whatever the status."""
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def hub_house() -> Iterator[Hub]:
    """Run a `Hub` while the body runs."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hub.asked.append(dict(parse_qsl(body.decode())))
            hub.open.wait(30)
            if hub.mode:
                hub.echoes.append(hub.tell())
            self.send_response(hub.answer)
            for name, value in hub.more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
