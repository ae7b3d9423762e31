"""A feed server that plays tricks: real sockets, raw bytes, no HTTP library."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

RESET = object()
"""In a play: break the connection off with a reset."""


@dataclass(frozen=True)
class Asked:
    """One request as it came; header names in lower case."""

    path: str
    headers: dict[str, str]
    raw: bytes = field(repr=False)
    number: int
    """How many times this path had been asked for, this one included."""


Play = Callable[[Asked], "bytes | Iterable[bytes | float | object]"]
"""Bytes to send, or pieces: bytes to send, seconds to wait, or `RESET`."""


def reply(
    body: bytes | str = b"",
    status: str = "200 OK",
    kind: str = "application/rss+xml",
    **headers: str,
) -> bytes:
    """Return a whole HTTP answer; `None_` headers are left out, `_` reads as `-`."""
    data = body.encode() if isinstance(body, str) else body
    named = {
        "Content-Type": kind,
        "Content-Length": str(len(data)),
        "Connection": "close",
    }
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + data


class HostileServer:
    """Serves plays by path on a loopback port; a context manager."""

    def __init__(
        self,
        plays: dict[str, Play],
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.plays = plays
        self.asked: list[Asked] = []
        self._closing = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer._answer(self.request)

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                """Clients that give up are what this is all about."""

        self._listener = Listener((host, port), Handler)
        self.port = int(self._listener.server_address[1])
        self.base = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._tls = tls
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()

    def asked_for(self, path: str) -> list[Asked]:
        """Return the requests for a path, in order."""
        return [one for one in self.asked if one.path == path]

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with contextlib.suppress(OSError):
            if self._tls is None:
                self._talk(connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secure:
                self._talk(secure)

    def _talk(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65_536)
            if not piece:
                return
            data += piece
        self._play(connection, self._note(data))

    def _note(self, data: bytes) -> Asked:
        lines = data.decode("latin-1").split("\r\n")
        path = lines[0].split(" ")[1]
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        with self._lock:
            asked = Asked(path, headers, data, len(self.asked_for(path)) + 1)
            self.asked.append(asked)
        return asked

    def _play(self, connection: socket.socket, asked: Asked) -> None:
        play = self.plays.get(asked.path) or self.plays.get(asked.path.split("?")[0])
        pieces = play(asked) if play else reply(b"", "404 Not Found")
        for piece in [pieces] if isinstance(pieces, bytes) else pieces:
            if self._closing.is_set():
                return
            if isinstance(piece, bytes):
                connection.sendall(piece)
            elif isinstance(piece, int | float):
                if self._closing.wait(piece):
                    return
            elif piece is RESET:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
