"""Addresses -> sockets: what stands between a URL and the wire."""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from aggregator.errors import FetchError
from aggregator.fetch.addresses import Allowed
from aggregator.fetch.lookups import Refused, Resolver, refusal
from aggregator.limits import Limits

# (host, port) that the running task asks for: the socket factory sees addresses only.
_hop: ContextVar[tuple[str, int]] = ContextVar("hop")


@contextlib.contextmanager
def hop_to(url: URL) -> Iterator[None]:
    """Say for whom the sockets are that open inside."""
    token = _hop.set((url.host or "", url.port or 0))
    try:
        yield
    finally:
        _hop.reset(token)


@functools.lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Return the one context of this process; making one takes 10 to 30 ms."""
    return ssl.create_default_context()


def dialler(allowed: Allowed) -> Callable[[Any], socket.socket]:
    """Return what makes a socket, and refuses to, knowing the address to be dialled."""

    def make_socket(address_info: Any) -> socket.socket:
        family, kind, protocol, _, address = address_info
        host, port = _hop.get()
        if not allowed.allows(address[0], host, port):
            raise Refused(refusal(host, address[0]))
        return socket.socket(family, kind, protocol)

    return make_socket


class Connector(aiohttp.TCPConnector):
    """Dials what is allowed; forgives servers that send a body after 304."""

    def __init__(self, allowed: Allowed, resolver: Resolver) -> None:
        super().__init__(
            limit=0,
            ssl=tls_context(),
            resolver=resolver,
            socket_factory=dialler(allowed),
            ttl_dns_cache=60,
        )
        # aiohttp throws the answer away when more bytes follow it in the same packet,
        # and has no setting for that.
        factory: Any = functools.partial(_Connection, loop=self._loop)
        self._factory = factory


class _Connection(ResponseHandler):
    def data_received(self, data: bytes) -> None:
        if data[9:13] == b"304 " and data.startswith(b"HTTP/1."):
            head, end, body = data.partition(b"\r\n\r\n")
            if body:
                self.force_close()
                data = head + end
        super().data_received(data)


def open_session(
    connector: Connector, limits: Limits, headers: Mapping[str, str], *, trust_env: bool
) -> aiohttp.ClientSession:
    """Return a session that keeps no cookies, follows nothing and unpacks nothing."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=trust_env,
        timeout=aiohttp.ClientTimeout(
            total=None,
            sock_connect=limits.connect.total_seconds(),
            sock_read=limits.silence.total_seconds(),
        ),
        max_line_size=8_190,
        max_field_size=65_536,
        headers=headers,
    )


def explain(error: BaseException, limits: Limits) -> FetchError:
    """Return a client's exception as a kind and a sentence that a human understands."""
    for cause in _causes(error):
        if isinstance(cause, aiohttp.ClientError):
            continue  # some call themselves errors of ssl, and lack what those have
        if isinstance(cause, FetchError):
            return cause
        if isinstance(cause, Refused):
            return FetchError("private_address", str(cause.args[0]))
        if isinstance(cause, ssl.SSLCertVerificationError):
            return FetchError(
                "tls", f"the certificate is not valid: {cause.verify_message}"
            )
        if isinstance(cause, ssl.SSLError):
            return FetchError(
                "tls", f"no safe connection: {cause.reason or 'TLS failed'}"
            )
        if isinstance(cause, socket.gaierror):
            return FetchError("dns", f"the name cannot be looked up: {cause.strerror}")
    match error:
        case aiohttp.ConnectionTimeoutError():
            return FetchError(
                "timeout", f"no connection within {limits.connect.total_seconds():g} s"
            )
        case TimeoutError():
            return FetchError(
                "timeout", f"silent for {limits.silence.total_seconds():g} s"
            )
        case aiohttp.ClientConnectorError():
            reason = error.os_error.strerror or "no connection"
            return FetchError("connect", f"no connection: {reason}")
        case aiohttp.ClientResponseError():
            return FetchError(
                "protocol", f"no valid HTTP answer: {_first_line(error.message)}"
            )
        case aiohttp.InvalidURL() | ValueError():
            return FetchError("scheme", "no valid address")
        case aiohttp.ClientPayloadError():
            return FetchError(
                "broken", "the connection broke in the middle of the answer"
            )
        case aiohttp.ServerDisconnectedError():
            return FetchError("broken", "the connection broke before an answer came")
    return FetchError(
        "broken",
        f"the connection broke: {_first_line(str(error)) or type(error).__name__}",
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that led to it, nearest first."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [getattr(one, "_os_error", None), one.__cause__, one.__context__]


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()[:160]
    return "".join(c if c.isprintable() else "?" for c in line).rstrip(":")
