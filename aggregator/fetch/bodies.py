"""Bytes off the wire -> a response's body, never more than a bound of it; pure."""

from __future__ import annotations

import zlib

from aggregator.errors import FetchError
from aggregator.limits import Limits, MiB

_GZIP = b"\x1f\x8b"
_KNOWN = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


class Body:
    """Collects a body piece by piece; `add` and `finish` raise `FetchError`.

    What is packed is told by its first bytes, for servers pack without saying so and
    say so without packing. Unpacking stops at the bound, however small the packet.
    """

    def __init__(self, encoding: str, limits: Limits) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in _KNOWN:
            raise FetchError(
                "protocol", f"packed in a way we did not ask for: {encoding[:40]}"
            )
        self._limits = limits
        self._wire_bytes = 0
        self._head = b""
        self._inflate: zlib._Decompress | None = None
        self._decided = False
        self._content = bytearray()

    def expect(self, content_length: int | None) -> None:
        """Refuse at once what says that it is too large."""
        if content_length is not None and content_length > self._limits.wire_bytes:
            raise _too_large(self._limits.wire_bytes, "says it sends")

    def add(self, data: bytes) -> None:
        """Take the next bytes off the wire."""
        self._wire_bytes += len(data)
        if self._wire_bytes > self._limits.wire_bytes:
            raise _too_large(self._limits.wire_bytes, "sent")
        if not self._decided:
            self._head += data
            if len(self._head) < 2:
                return
            data = self._decide()
        if self._inflate is None:
            self._keep(data)
        else:
            self._unpack(data)

    def finish(self) -> bytes:
        """Return the whole body; raises where a packed one was cut short."""
        if not self._decided:
            return self._head
        if self._inflate is not None and not self._inflate.eof:
            raise FetchError("broken", "the packed answer was cut short")
        return bytes(self._content)

    def _decide(self) -> bytes:
        head, self._head, self._decided = self._head, b"", True
        if head.startswith(_GZIP):
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif self._encoding == "deflate" and head.lstrip()[:1] not in (
            b"<",
            b"{",
            b"\xef",
        ):
            # Some servers send the bare stream, some the one with a header (RFC 9110).
            has_header = (
                head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
            )
            self._inflate = zlib.decompressobj(
                zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
            )
        return head

    def _unpack(self, data: bytes) -> None:
        inflate = self._inflate
        while data and inflate is not None:
            room = self._limits.decoded_bytes - len(self._content) + 1
            try:
                self._keep(inflate.decompress(data, room))
            except zlib.error as error:
                raise FetchError("broken", f"cannot be unpacked: {error}") from error
            data = inflate.unconsumed_tail
            if inflate.eof:
                data = inflate.unused_data
                if not data.startswith(_GZIP):
                    return
                inflate = self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def _keep(self, data: bytes) -> None:
        self._content += data
        if len(self._content) > self._limits.decoded_bytes:
            raise _too_large(self._limits.decoded_bytes, "unpacks to")


def _too_large(limit: int, verb: str) -> FetchError:
    return FetchError("too_large", f"too large: {verb} more than {limit / MiB:g} MiB")
