"""YAML text -> a tree that knows its lines; the only module that speaks YAML.

The tree is built from parser events, so nothing a document says is ever constructed:
no tags, no anchors (a few lines of aliases stand for 10^9 nodes), no second document,
no key twice, no depth without end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

MAX_DEPTH = 20

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml: ten times faster
_RESOLVER: Any = yaml.SafeLoader("")
_KINDS = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default value",
}


_PLAIN = re.compile(r"https?://[A-Za-z0-9/?&=._~%+:-]*[A-Za-z0-9/=_~%+-]")


def written(text: str) -> str:
    """Return a text as it stands behind `key: `: plain addresses bare, else quoted."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


class YamlError(Exception):
    """The text is no YAML that we accept; arguments are line (from 1) and sentence."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(line, message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as it was written. `kind` says what YAML would make of it."""

    line: int
    value: str
    kind: str
    """`text`, or what YAML reads unquoted: `true or false`, `a number`, …"""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; a key stands there once."""

    line: int
    pairs: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        """Return the value under `key`, or None."""
        return next((node for name, node in self.pairs if name.value == key), None)


Node = Scalar | Sequence | Mapping


def parse_yaml(data: bytes) -> Node | None:
    """Return the tree of one YAML document, or None for an empty one.

    Raises `YamlError`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlError(
            line, f"byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from error
    try:
        return _document(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (column {mark.column + 1})" if mark else ""
        raise YamlError(
            mark.line + 1 if mark else 1, f"{error.problem or error.context}{where}"
        ) from error
    except yaml.YAMLError as error:
        raise YamlError(*_unmarked(error, text)) from error


def _unmarked(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position) + 1, "a character that YAML does not allow"


def _document(events: Iterator[Any]) -> Node | None:
    root: Node | None = None
    seen = False
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if seen:
                raise YamlError(_line(event), "a second document; keep one, drop '---'")
            seen = True
            root = _node(next(events), events, 1)
    if isinstance(root, Scalar) and root.kind == "nothing" and not root.value:
        return None
    return root


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _node(event: Any, events: Iterator[Any], depth: int) -> Node:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise YamlError(
            line,
            "anchors and aliases (& and *) are not allowed; quote the value if it is text",
        )
    if depth > MAX_DEPTH:
        raise YamlError(line, f"more than {MAX_DEPTH} levels deep")
    if event.tag and not str(event.tag).startswith("tag:yaml.org,2002:str"):
        raise YamlError(
            line, f"the tag {event.tag} is not allowed; quote the value if it is text"
        )
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        nodes = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            nodes.append(_node(event, events, depth + 1))
        return Sequence(line, tuple(nodes))
    return _mapping(line, events, depth)


def _mapping(line: int, events: Iterator[Any], depth: int) -> Mapping:
    pairs: dict[str, tuple[Scalar, Node]] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, depth + 1)
        if not isinstance(key, Scalar):
            raise YamlError(key.line, "a key must be plain text")
        if key.value in pairs:
            first = pairs[key.value][0].line
            raise YamlError(
                key.line,
                f"the key '{key.value}' stands here again, first in line {first}",
            )
        pairs[key.value] = (key, _node(next(events), events, depth + 1))
    return Mapping(line, tuple(pairs.values()))


def _scalar(event: Any) -> Scalar:
    if event.tag or event.style:
        return Scalar(_line(event), event.value, "text")
    tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))
    name = tag.rsplit(":", 1)[-1]
    return Scalar(_line(event), event.value, _KINDS.get(name, "text"))
