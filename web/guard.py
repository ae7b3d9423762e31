"""What stands before and after every page: who may ask, and what browsers may do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""What a form of any other site could send without asking this one first (CORS)."""
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def add_to(app: Flask, allowed_hosts: Iterable[str]) -> None:
    """Refuse foreign hosts and foreign forms, and put `HEADERS` on every answer."""
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

    # There is no cookie to ride on, but a page of another site could still have a
    # reader's browser post a form to this address. Browsers say where a form was.
    @app.before_request
    def refuse_foreign_forms() -> None:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            endpoint = request.endpoint or ""
            if not endpoint.startswith("websub.") and not is_our_own(request):
                abort(403)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-cache, private"
        return response


def is_foreign(request: Request) -> bool:
    """Say whether a page of another site, or another port, had the browser ask.

    What is typed, bookmarked or asked by a program is not.
    """
    return request.headers.get("Sec-Fetch-Site", "") in ("cross-site", "same-site")


def is_our_own(request: Request) -> bool:
    """Say whether a request that would change something comes from our own page.

    A program may leave out Origin and Sec-Fetch-Site if what it sends is no form:
    JSON from another site's page would need our leave first, and we give none.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "")
    if site not in ("", "same-origin"):
        return False
    if origin:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc == request.host
    return bool(site) or (request.mimetype or FORMS[0]) not in FORMS


def host_name(header: str) -> str:
    """Return the name in a Host header, lower-case and without port; else ''."""
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?", header)
    return match[1].lower() if match else ""
