"""What stands before and after every page: who may ask, and what browsers may do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def add_to(app: Flask, allowed_hosts: Iterable[str]) -> None:
    """Refuse foreign Host headers, and put `HEADERS` on every answer."""
    names = {*LOOPBACK, *(name.lower() for name in allowed_hosts)}

    # A page of another site can point its own name at this address (DNS rebinding),
    # so that listening on loopback keeps nobody out: the name asked for must be ours.
    # werkzeug's trusted_hosts does the same but refuses every IPv6 literal.
    @app.before_request
    def refuse_foreign_hosts() -> Response | None:
        if host_name(request.environ.get("HTTP_HOST", "")) in names:
            return None
        text = "This server does not answer for that host name.\n"
        return Response(text, status=400, mimetype="text/plain")

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-cache, private"
        return response


def host_name(header: str) -> str:
    """Return the name in a Host header, lower-case and without port; else ''."""
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?", header)
    return match[1].lower() if match else ""
