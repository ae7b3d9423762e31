"""Which addresses a request may go to, from hop to hop; pure."""

from __future__ import annotations

import re
from http import HTTPStatus
from ipaddress import IPv4Address

from yarl import URL

from aggregator.errors import FetchError
from aggregator.text import without_password

_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*\.?", re.I)


def checked_url(text: str) -> URL:
    """Return a URL that may be asked for; raises `FetchError`."""
    if any(c <= " " or c in "\\\x7f" for c in text):
        raise FetchError("scheme", "the address holds blanks, controls or backslashes")
    try:
        return _checked(URL(text), "only http and https are fetched, not")
    except ValueError as error:
        raise FetchError("scheme", f"no valid address: {error}") from error


def next_hop(url: URL, location: str, status: int) -> URL:
    """Return where a redirect leads, without any password; raises `FetchError`."""
    if not location:
        phrase = HTTPStatus(status).phrase
        raise FetchError("redirect", f"redirects ({status} {phrase}) to nowhere")
    try:
        target = url.join(URL(location.strip()))
        target = _checked(target, "only http and https are fetched; it redirects to")
    except ValueError as error:
        raise FetchError("redirect", "redirects to what is no address") from error
    # A login that the operator wrote is for the host that it was written for.
    if url.user is not None and target.origin() == url.origin():
        return target.with_user(url.user).with_password(url.password)
    return target.with_user(None)


def _checked(url: URL, complaint: str) -> URL:
    if url.scheme not in {"http", "https"}:
        raise FetchError("scheme", f"{complaint} {url.scheme[:20] or 'no scheme'!r}")
    host = url.host
    if not host:
        raise FetchError("scheme", "the address names no host")
    if _NUMBERS.fullmatch(host) and not _is_address(host):
        # 2130706433, 0x7f.1 and 127.1 are 127.0.0.1 to the system's resolver.
        raise FetchError(
            "private_address", f"refused: {host} is an odd way to write an address"
        )
    return url.with_fragment(None)


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def host_of(url: str) -> str:
    """Return a URL's host, '' where it names none."""
    try:
        return URL(url).host or ""
    except ValueError:
        return ""


def shown(url: URL) -> str:
    """Return a URL as it may appear in a message."""
    return without_password(str(url))[:200]
