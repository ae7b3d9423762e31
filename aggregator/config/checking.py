"""Nodes of a YAML tree -> typed values, and every mistake with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aggregator.config import values, yamlfile


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: where it is, and what would be right.

    `line` counts from 1; 0 means the file as a whole.
    """

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.key}: " if self.key else ""
        line = f":{self.line}" if self.line else ""
        return f"{self.file}{line}: {where}{self.message}"


_TEXT_READERS = (
    values.line_of_text,
    values.outlet,
    values.feed_url,
    values.timezone,
    values.hostname,
    values.private,
    values.public_url,
    values.term,
    values.pattern,
    values.example,
    values.language,
    values.stem_language,
    values.model,
)


class Checker:
    """Reads nodes of one file; `problems` holds every mistake met on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, line: int, key: str, message: str) -> None:
        """Note a mistake."""
        self.problems.append(Problem(self.file, line, key, message))

    def entries(self, node: yamlfile.Node, name: str) -> tuple[yamlfile.Node, ...]:
        """Return the entries of a list, or note that it is none."""
        if isinstance(node, yamlfile.Sequence):
            return node.nodes
        self.wrong(node.line, name, "must be a list: one '- ' line an entry")
        return ()

    def texts(
        self, node: yamlfile.Node, name: str, reader: Callable[[str], str]
    ) -> tuple[str, ...]:
        """Read a list of texts, each once."""
        return tuple(self.placed(node, name, reader))

    def placed(
        self, node: yamlfile.Node, name: str, reader: Callable[[str], str]
    ) -> dict[str, int]:
        """Read a list of texts, each with the line that it first stands in."""
        lines: dict[str, int] = {}
        for number, entry in enumerate(self.entries(node, name), 1):
            found: dict[str, str] = {}
            self.read(found, "text", entry, f"{name}[{number}]", reader)
            if "text" in found:
                lines.setdefault(found["text"], entry.line)
        return lines

    def pairs(
        self,
        node: yamlfile.Node,
        name: str,
        readers: Mapping[str, Callable[[str], Any]],
    ) -> dict[str, Any]:
        """Read 'key: value' lines by the reader of each key."""
        if not isinstance(node, yamlfile.Mapping):
            self.wrong(node.line, name, "must be 'key: value' lines")
            return {}
        self.known(node, name, tuple(readers))
        found: dict[str, Any] = {}
        for key, value in node.pairs:
            if key.value in readers:
                full = f"{name}.{key.value}"
                self.read(found, key.value, value, full, readers[key.value])
        return found

    def read(
        self,
        found: dict[str, Any],
        key: str,
        node: yamlfile.Node,
        name: str,
        reader: Callable[[str], Any],
    ) -> None:
        """Put the value of `node` under `key`, or note why it will not do."""
        if not isinstance(node, yamlfile.Scalar):
            self.wrong(node.line, name, "must be a single value")
            return
        if node.kind != "text" and reader in _TEXT_READERS:
            value = f"'{node.value}'" if node.value else "it"
            self.wrong(
                node.line,
                name,
                f"must be text, but YAML reads {value} as {node.kind}; put it in quotes",
            )
            return
        try:
            found[key] = reader(node.value)
        except values.Wrong as error:
            self.wrong(node.line, name, f"'{_short(node.value)}': {error}")

    def known(self, node: yamlfile.Mapping, name: str, keys: tuple[str, ...]) -> None:
        """Note keys that mean nothing here, with the nearest that does."""
        for key, _ in node.pairs:
            if key.value not in keys:
                near = difflib.get_close_matches(key.value, keys, 1, 0.5)
                hint = (
                    f"did you mean '{near[0]}'?"
                    if near
                    else f"known here: {', '.join(keys)}"
                )
                full = f"{name}.{key.value}" if name else key.value
                self.wrong(key.line, full, f"unknown key; {hint}")


def _short(value: str) -> str:
    """Cut a value for an error message, and hide a password in an address."""
    hidden = re.sub(r"(://)[^/@\s]*@", r"\1…@", value)
    return hidden if len(hidden) <= 80 else hidden[:80] + "…"
