"""A brief <-> the JSON that is kept of it, and the same JSON for other programs; pure."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from aggregator.brief.values import Brief
from aggregator.wording import iso

VERSION = 1
"""Of the format: raised where an old manifest would be read wrongly."""


def render_json(brief: Brief) -> str:
    """Write a brief as JSON.

    Fields that hold their default are left out, so that a field which a later version
    adds changes no byte of what an earlier one kept.
    """
    root = {"version": VERSION, **_written(brief)}
    return json.dumps(root, ensure_ascii=False, indent=1) + "\n"


def read_manifest(text: str) -> Brief:
    """Read what `render_json` wrote; raises `ValueError` for anything else."""
    try:
        root = json.loads(text)
        if root.pop("version") != VERSION:
            raise ValueError("is of another version")
        brief: Brief = _read(Brief, root)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"is no manifest: {error}") from error
    return brief


def _written(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.name: _written(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        }
    if isinstance(value, tuple):
        return [_written(part) for part in value]
    if isinstance(value, datetime):
        return iso(value)
    return value


def _read(kind: Any, value: Any) -> Any:
    """Return what was written of a value of this type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _read(next(k for k in arguments if k is not types.NoneType), value)
    if origin is tuple:
        return tuple(_read(arguments[0], part) for part in value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _read(hints[name], part) for name, part in value.items()})
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if kind is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)
