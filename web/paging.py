"""Ids and page keys <-> what stands in addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from flask import abort, request
from werkzeug.routing import BaseConverter, ValidationError

if TYPE_CHECKING:
    from aggregator.store.base import Key

T = TypeVar("T")

MAX_ID = 2**63 - 1
"""The largest id that SQLite can hold; a larger one overflows in its driver."""


class IdConverter(BaseConverter):
    """Matches the ids that can exist; every other number is an unknown page."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if not value.isascii() or not 0 < number <= MAX_ID:
            raise ValidationError
        return number

    def to_url(self, value: int) -> str:
        return str(value)


def write_key(key: Key) -> str:
    """Write a page key as it stands in `?before=`."""
    return f"{key[0]:%Y-%m-%dT%H:%M:%SZ}.{key[1]}"


def asked_key() -> Key | None:
    """Return the page key that was asked for; one that cannot be read gives 400."""
    text = request.args.get("before", "")
    if not text:
        return None
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z\.(\d{1,19})", text)
    if not match or not text.isascii() or int(match[2]) > MAX_ID:
        abort(400)
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=UTC), int(match[2])
    except ValueError:
        abort(400)


def asked_id() -> int | None:
    """Return the id in `?before=`; one that cannot be read gives 400."""
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and int(before) <= MAX_ID):
        abort(400)
    return int(before) if before else None


def cut(
    rows: tuple[T, ...], limit: int, key: Callable[[T], Key]
) -> tuple[tuple[T, ...], str]:
    """Return one page of `rows`, which hold one more, and the next page's key or ''."""
    if len(rows) <= limit:
        return rows, ""
    return rows[:limit], write_key(key(rows[limit - 1]))


def posted_id(name: str) -> int | None:
    """Return the id in a form's field, None where it is empty; else gives 400."""
    text = request.form.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_ID):
        abort(400)
    return int(text)
