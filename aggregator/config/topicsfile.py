"""The entries of `topics:` -> `Topic`s, and every mistake with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aggregator.config import values, yamlfile
from aggregator.config.checking import Checker
from aggregator.models import (
    AlertRule,
    FeedConfig,
    Group,
    Name,
    Near,
    Pattern,
    Term,
    Topic,
)

_TERM_KEYS = ("any", "all", "none")
_KINDS: dict[str, tuple[str, ...]] = {
    "term": ("term",),
    "name": ("name", "aliases"),
    "near": ("near",),
    "regex": ("regex",),
}
_EXTRAS: dict[str, Callable[[str], Any]] = {
    "boost": values.number(0.1, 10),
    "min_repeat": values.whole(1, 20),
}
_READERS: dict[str, Callable[[str], Any]] = {
    "name": values.line_of_text,
    "min_repeat": values.whole(1, 20),
    "threshold": values.number(0.1, 0.9),
}
_LISTS: dict[str, Callable[[str], str]] = {
    "examples": values.example,
    "stem": values.stem_language,
    "language": values.language,
    "feeds": values.line_of_text,
    "categories": values.line_of_text,
}
_ALERT: dict[str, Callable[[str], Any]] = {
    "score": values.number(0.1, 1.0),
    "reports": values.whole(2, 1000),
    "surge": values.flag,
    "cooldown": values.span("1m", "7d"),
}
TOPIC_KEYS = (
    *("name", *_TERM_KEYS, "near", "regex", "examples", "stem", "language"),
    *("feeds", "categories", "min_repeat", "threshold", "alert"),
)


TAKEN = ("compare", "try")
"""What stands where a topic's slug stands in addresses, and is none."""


def slug_of(name: str) -> str:
    """Turn a topic's name into the word that stands in addresses."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


class TopicsFile(Checker):
    """Reads `topics:`; `scope` is what feeds and categories there are to name."""

    def __init__(self, file: str, scope: Iterable[FeedConfig] = ()) -> None:
        super().__init__(file)
        self.scope = tuple(scope)

    def topics(self, node: yamlfile.Node) -> tuple[Topic, ...]:
        """Read `topics:`."""
        topics: dict[str, Topic] = {}
        for number, entry in enumerate(self.entries(node, "topics"), 1):
            name = f"topics[{number}]"
            topic = self.topic(entry, name)
            if topic and topic.slug in topics:
                self.wrong(
                    entry.line,
                    f"{name}.name",
                    f"'{topic.name}' is the name of another topic",
                )
            elif topic:
                topics[topic.slug] = topic
        return tuple(topics.values())

    def topic(self, node: yamlfile.Node, name: str) -> Topic | None:
        """Read one topic."""
        if not isinstance(node, yamlfile.Mapping):
            self.wrong(node.line, name, "must be 'key: value' lines with a 'name:'")
            return None
        self.known(node, name, TOPIC_KEYS)
        found: dict[str, Any] = {}
        if node.get("name") is None:
            self.wrong(node.line, name, "has no 'name:'")
        for key, reader in _READERS.items():
            if (value := node.get(key)) is not None:
                self.read(found, key, value, f"{name}.{key}", reader)
        for key, reader in _LISTS.items():
            if (value := node.get(key)) is not None:
                lines = self.one_or_more(value, f"{name}.{key}", reader)
                found[key] = tuple(lines)
                if key == "examples":
                    found["example_lines"] = tuple(lines.values())
        if (value := node.get("alert")) is not None:
            found["alert"] = AlertRule(**self.pairs(value, f"{name}.alert", _ALERT))
            if isinstance(value, yamlfile.Mapping) and not found["alert"]:
                self.wrong(
                    value.line,
                    f"{name}.alert",
                    "calls for nothing; give it 'score:', 'reports:' or 'surge: true'",
                )
        found |= self.groups(node, name)
        found["any"] = (*found.get("any", ()), *self.sugar(node, name))
        if not any(
            node.get(key) for key in ("any", "all", "near", "regex", "examples")
        ):
            self.wrong(
                node.line,
                name,
                "needs terms under 'any:' or 'all:', or texts under 'examples:'",
            )
        self.scoped(found, node, name)
        if "language" in found:
            found["languages"] = found.pop("language")
        if "name" not in found:
            return None
        slug = slug_of(found["name"])
        if not slug:
            self.wrong(node.line, f"{name}.name", "needs at least one letter or digit")
            return None
        if slug in TAKEN:
            self.wrong(
                node.line,
                f"{name}.name",
                f"/topics/{slug} is another page of the site; choose another name",
            )
            return None
        return Topic(slug=slug, **found)

    def groups(self, node: yamlfile.Mapping, name: str) -> dict[str, tuple[Term, ...]]:
        """Read the terms under any, all and none of a topic or a group."""
        found: dict[str, tuple[Term, ...]] = {}
        for key in _TERM_KEYS:
            if (terms := node.get(key)) is None:
                continue
            read = []
            for number, entry in enumerate(self.entries(terms, f"{name}.{key}"), 1):
                term = self.term(entry, f"{name}.{key}[{number}]")
                if (
                    key == "any"
                    and isinstance(term, Group)
                    and not (term.any or term.all)
                ):
                    self.wrong(
                        entry.line,
                        f"{name}.{key}[{number}]",
                        "says only what must not be there; put it under 'all:', or give it 'any:'",
                    )
                elif term is not None:
                    read.append(term)
            found[key] = tuple(dict.fromkeys(read))
        return found

    def term(self, node: yamlfile.Node, name: str) -> Term | None:
        """Read one entry of any, all or none."""
        if isinstance(node, yamlfile.Scalar):
            plain: dict[str, str] = {}
            self.read(plain, "term", node, name, values.term)
            return plain.get("term")
        if not isinstance(node, yamlfile.Mapping):
            self.wrong(
                node.line, name, "must be a term, or a group such as {all: [a, b]}"
            )
            return None
        if any(node.get(key) for key in _TERM_KEYS):
            self.known(node, name, _TERM_KEYS)
            return Group(**self.groups(node, name))
        kinds = [kind for kind in _KINDS if node.get(kind)]
        if len(kinds) != 1:
            every = (*_KINDS, "aliases", *_TERM_KEYS, *_EXTRAS)
            self.known(node, name, every)
            told = ", ".join((*_KINDS, *_TERM_KEYS))
            count = "more than one" if kinds else "none"
            self.wrong(node.line, name, f"needs one of {told}, and has {count}")
            return None
        self.known(node, name, (*_KINDS[kinds[0]], *_EXTRAS))
        extras: dict[str, Any] = {}
        for key, reader in _EXTRAS.items():
            if (value := node.get(key)) is not None:
                self.read(extras, key, value, f"{name}.{key}", reader)
        (kind,) = kinds
        given = {key.value: value for key, value in node.pairs}
        return self._special(kind, given, name, extras)

    def _special(
        self,
        kind: str,
        given: Mapping[str, yamlfile.Node],
        name: str,
        extras: Mapping[str, Any],
    ) -> Term | None:
        value = given[kind]
        if kind == "near":
            return self.near(value, f"{name}.near", extras)
        found: dict[str, str] = {}
        reader = values.pattern if kind == "regex" else values.term
        self.read(found, kind, value, f"{name}.{kind}", reader)
        if kind not in found:
            return None
        if kind == "regex":
            return Pattern(found[kind], **extras)
        aliases: tuple[str, ...] = ()
        if (others := given.get("aliases")) is not None:
            aliases = self.texts(others, f"{name}.aliases", values.term)
        return Name(tuple(dict.fromkeys((found[kind], *aliases))), **extras)

    def near(
        self, node: yamlfile.Node, name: str, extras: Mapping[str, Any]
    ) -> Near | None:
        """Read `[border, wall, 8]`: terms, then how many words apart at most."""
        how = "write terms and a number of words, such as [border, wall, 8]"
        if not isinstance(node, yamlfile.Sequence) or len(node.nodes) < 3:
            self.wrong(node.line, name, how)
            return None
        *nodes, last = node.nodes
        found: dict[str, Any] = {}
        if not isinstance(last, yamlfile.Scalar) or last.kind != "a number":
            self.wrong(last.line, name, how)
        else:
            self.read(found, "within", last, name, values.whole(1, 50))
        terms = yamlfile.Sequence(node.line, tuple(nodes))
        found["terms"] = self.texts(terms, name, values.term)
        if len(found["terms"]) != len(nodes):
            self.wrong(node.line, name, "needs two terms or more, each once")
            return None
        return Near(**found, **extras) if "within" in found else None

    def sugar(self, node: yamlfile.Mapping, name: str) -> tuple[Term, ...]:
        """Read `near:` and `regex:` of a topic: short for entries of its `any`."""
        found: list[Term | None] = []
        if (near := node.get("near")) is not None:
            one = isinstance(near, yamlfile.Sequence) and not any(
                isinstance(entry, yamlfile.Sequence) for entry in near.nodes
            )
            entries = (near,) if one else self.entries(near, f"{name}.near")
            found += [self.near(entry, f"{name}.near", {}) for entry in entries]
        if (regex := node.get("regex")) is not None:
            patterns = self.one_or_more(regex, f"{name}.regex", values.pattern)
            found += map(Pattern, patterns)
        return tuple(term for term in found if term is not None)

    def scoped(self, found: dict[str, Any], node: yamlfile.Mapping, name: str) -> None:
        """Put the names of the feeds of `categories` under `feeds`; all must exist."""
        feeds = tuple(found.get("feeds", ()))
        categories = tuple(found.get("categories", ()))
        for key, asked, there in (
            ("feeds", feeds, [feed.name for feed in self.scope]),
            ("categories", categories, [feed.category for feed in self.scope]),
        ):
            there = sorted({one for one in there if one})
            for one in asked:
                if one not in there:
                    near = difflib.get_close_matches(one, there, 1, 0.5)
                    hint = f"did you mean '{near[0]}'?" if near else _told(there)
                    what = "feed of this name" if key == "feeds" else "feed in it"
                    line = (node.get(key) or node).line
                    self.wrong(line, f"{name}.{key}", f"'{one}': no {what}; {hint}")
        inside = (feed.name for feed in self.scope if feed.category in categories)
        if feeds or categories:
            found["feeds"] = tuple(dict.fromkeys((*feeds, *inside)))

    def one_or_more(
        self, node: yamlfile.Node, name: str, reader: Callable[[str], str]
    ) -> dict[str, int]:
        """Read a list of texts, or a single one, each with its line."""
        if isinstance(node, yamlfile.Scalar):
            node = yamlfile.Sequence(node.line, (node,))
        return self.placed(node, name, reader)


def _told(there: list[str]) -> str:
    return f"there are: {', '.join(there[:8])}" if there else "there are none"
