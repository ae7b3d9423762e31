"""Errors -> pages, in our words: a browser never sees what an exception said."""

from __future__ import annotations

import logging

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from aggregator.errors import NotFound, StoreError

log = logging.getLogger(__name__)

WORDS = {
    400: (
        "Bad request",
        "The address of this page holds something that cannot be read.",
    ),
    403: (
        "Refused",
        "This did not come from a page of this site, so nothing was changed.",
    ),
    404: (
        "Not found",
        "There is nothing under this address. It may have been mistyped.",
    ),
    405: ("Not allowed", "This page can be read, and nothing else."),
    409: (
        "Not now",
        "Something changed since the page was loaded. Go back and reload it.",
    ),
    413: ("Too large", "That was more than this server accepts."),
    500: (
        "Something broke",
        "The page could not be made. The log of the server says why.",
    ),
    503: ("Not now", "The database does not answer. Try again in a minute."),
}


def add_to(app: Flask) -> None:
    """Answer every error of `app` with a page of its own."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(StoreError, _store_error)


def _page(code: int) -> Response:
    title, text = WORDS.get(code, WORDS[400 if code < 500 else 500])
    html = render_template("error.html", code=code, heading=title, text=text)
    return make_response(html, code)


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())  # a redirect, such as to a slash
    response = _page(error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _not_found(error: NotFound) -> Response:
    return _page(404)


def _store_error(error: StoreError) -> Response:
    log.error("page_failed path=%s error=%s", request.path, error)
    response = _page(503)
    response.headers["Retry-After"] = "60"
    return response
