"""`settings: deliver:` -> the targets of briefs and alerts."""

from __future__ import annotations

import os
import re
from typing import Any

from aggregator.config import values, yamlfile
from aggregator.config.checking import Checker
from aggregator.models import Cargo, Target

_ONLY = {"briefs": (Cargo.BRIEF,), "alerts": (Cargo.ALERT,)}


def read_targets(
    checker: Checker, node: yamlfile.Node, name: str
) -> tuple[Target, ...]:
    """Read the list of targets; no message of a mistake says an address.

    `to` is an address of Apprise, or `${NAME}` for what an environment variable holds.
    """
    targets: dict[str, Target] = {}
    for number, entry in enumerate(checker.entries(node, name), 1):
        target = _target(checker, entry, f"{name}[{number}]")
        if target and target.name in targets:
            checker.wrong(
                entry.line,
                f"{name}[{number}].name",
                f"'{target.name}' is the name of line {targets[target.name].line} already",
            )
        elif target:
            targets[target.name] = target
    return tuple(targets.values())


def _target(checker: Checker, node: yamlfile.Node, name: str) -> Target | None:
    if not isinstance(node, yamlfile.Mapping):
        checker.wrong(
            node.line, name, "must be 'key: value' lines with 'name:' and 'to:'"
        )
        return None
    checker.known(node, name, ("name", "to", "only"))
    found: dict[str, Any] = {}
    for key in ("name", "to"):
        if node.get(key) is None:
            checker.wrong(node.line, name, f"has no '{key}:'")
    if (value := node.get("name")) is not None:
        checker.read(found, "name", value, f"{name}.name", values.line_of_text)
    if (value := node.get("to")) is not None:
        address = _address(checker, value, f"{name}.to")
        if address:
            found["address"] = address
    if (value := node.get("only")) is not None:
        only = value.value if isinstance(value, yamlfile.Scalar) else ""
        if only in _ONLY:
            found["cargo"] = _ONLY[only]
        else:
            checker.wrong(value.line, f"{name}.only", "must be 'briefs' or 'alerts'")
    if "name" not in found or "address" not in found:
        return None
    return Target(line=node.line, **found)


def _address(checker: Checker, node: yamlfile.Node, name: str) -> str:
    text = node.value.strip() if isinstance(node, yamlfile.Scalar) else ""
    if match := re.fullmatch(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", text):
        text = os.environ.get(match[1], "").strip()
        if not text:
            checker.wrong(
                node.line, name, f"the environment has no variable '{match[1]}'"
            )
            return ""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*://\S+", text):
        checker.wrong(
            node.line,
            name,
            "must be an address of Apprise, such as "
            "mailtos://user:password@host?to=desk@example.org, or ${VARIABLE}",
        )
        return ""
    return text
