"""Which addresses a request may go to, from hop to hop; pure."""

from __future__ import annotations

from http import HTTPStatus

from yarl import URL

from aggregator.errors import FetchError
from aggregator.text import without_password


def checked_url(text: str) -> URL:
    """Return a URL that may be asked for; raises `FetchError`."""
    if any(c <= " " or c in "\\\x7f" for c in text):
        raise FetchError("scheme", "the address holds blanks, controls or backslashes")
    try:
        url = URL(text)
        host = url.host
    except ValueError as error:
        raise FetchError("scheme", f"no valid address: {error}") from error
    if url.scheme not in {"http", "https"}:
        raise FetchError(
            "scheme", f"only http and https are fetched, not {url.scheme[:20]!r}"
        )
    if not host:
        raise FetchError("scheme", "the address names no host")
    return url.with_fragment(None)


def next_hop(url: URL, location: str, status: int, asked: str) -> URL:
    """Return where a redirect leads, without any password; raises `FetchError`."""
    if not location:
        phrase = HTTPStatus(status).phrase
        raise FetchError("redirect", f"redirects ({status} {phrase}) to nowhere")
    try:
        target = url.join(URL(location.strip()))
    except ValueError as error:
        raise FetchError("redirect", "redirects to what is no address") from error
    if target.scheme not in {"http", "https"} or not target.host:
        raise FetchError(
            "scheme",
            f"redirects to {target.scheme[:20]!r}, but only http and https are fetched",
        )
    target = target.with_fragment(None)
    # A login that the operator wrote is for the host that it was written for.
    same = target.origin() == url.origin() and url.user is not None
    return (
        target.with_user(url.user).with_password(url.password)
        if same
        else target.with_user(None)
    )


def host_of(url: str) -> str:
    try:
        return URL(url).host or ""
    except ValueError:
        return ""


def shown(url: URL) -> str:
    return without_password(str(url))[:200]
