"""A `Topic` -> the lines of feeds.yaml that say the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aggregator.models import THRESHOLD, Group, Name, Near, Pattern, Term, Topic

WIDTH = 80


def topic_yaml(topic: Topic) -> str:
    """Return what a topic finds as somebody might have written it; not when it calls."""
    lines = [f"name: {_flow(topic.name)}"]
    for key, terms in (("any", topic.any), ("all", topic.all), ("none", topic.none)):
        if terms:
            lines += _listed(key, map(_term, terms))
    if topic.examples:
        lines += ["examples:", *(f"  - {_flow(text)}" for text in topic.examples)]
    for key, texts in (
        ("stem", topic.stem),
        ("language", topic.languages),
        ("categories", topic.categories),
        ("feeds", topic.feeds),
    ):
        if texts:
            lines += _listed(key, texts)
    if topic.min_repeat > 1:
        lines.append(f"min_repeat: {topic.min_repeat}")
    if topic.threshold != THRESHOLD:
        lines.append(f"threshold: {topic.threshold:g}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(key: str, values: Iterable[Any]) -> list[str]:
    """A list in flow style, several short entries a line; no entry is ever broken."""
    texts = [_flow(value) for value in values]
    if len(whole := f"{key}: [{', '.join(texts)}]") <= WIDTH:
        return [whole]
    lines = [f"{key}: ["]
    line = ""
    for text in texts:
        if line and len(line) + len(text) > WIDTH - 4:
            lines.append(f"  {line}")
            line = ""
        line += f"{text}, "
    return [*(line.rstrip() for line in (*lines, f"  {line}")), "]"]


def _term(term: Term) -> Any:
    if isinstance(term, str):
        return term
    if isinstance(term, Group):
        parts = (("any", term.any), ("all", term.all), ("none", term.none))
        return {key: [_term(one) for one in terms] for key, terms in parts if terms}
    if isinstance(term, Near):
        found: dict[str, Any] = {"near": [*term.terms, term.within]}
    elif isinstance(term, Pattern):
        found = {"regex": term.regex}
    elif isinstance(term, Name) and len(term.spellings) == 1:
        found = {"term": term.spellings[0]}
    else:
        found = {"name": term.spellings[0], "aliases": list(term.spellings[1:])}
    if term.boost != 1.0:
        found["boost"] = term.boost
    if term.min_repeat > 1:
        found["min_repeat"] = term.min_repeat
    return found
