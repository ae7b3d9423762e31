"""The tree of feeds.yaml -> the parts of `Settings`, and every mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aggregator.config import values, yamlfile
from aggregator.config.briefing import BriefSettings
from aggregator.config.delivering import read_targets
from aggregator.config.topicsfile import TopicsFile
from aggregator.limits import BOUNDS, Limits
from aggregator.models import EncoderChoice, FeedConfig
from aggregator.text import canonical_url

_SETTINGS: dict[str, Callable[[str], Any]] = {
    "poll_interval": values.span("1s", "7d"),
    "timezone": values.timezone,
    "user_agent_contact": values.line_of_text,
    "concurrency": values.whole(1, 64),
    "per_host_concurrency": values.whole(1, 64),
    "per_host_spacing": values.span("0s", "60s"),
    "cluster_window": values.span("1d", "30d"),
    "public_url": values.public_url,
    "site_url": values.public_url,
    "user_header": values.header_name,
    "quiet_hours": values.stretch_of_day,
}
_LIMITS = {name: values.limit(name) for name in BOUNDS}
_BRIEF: dict[str, Callable[[str], Any]] = {
    "at": values.time_of_day,
    "window": values.span("1h", "7d"),
    "silence": values.span("1h", "7d"),
    "enabled": values.flag,
}
_SEMANTIC = {"model": values.model, "language": values.language}
_SETTINGS_LISTS: dict[str, Callable[[str], str]] = {
    "allow_private": values.private,
    "allowed_hosts": values.hostname,
}
_FEED_KEYS: dict[str, Callable[[str], Any]] = {
    "url": values.feed_url,
    "name": values.line_of_text,
    "category": values.line_of_text,
    "outlet": values.line_of_text,
    "every": values.span("1s", "7d"),
    "enabled": values.flag,
}
_PARTS = ("limits", "brief", "deliver", "semantic")


class FeedsFile(TopicsFile):
    """Reads the tree of one file; `problems` holds every mistake met on the way."""

    def settings(self, root: yamlfile.Node | None) -> dict[str, Any]:
        """Read the whole file: `Settings` fields by name, what is sound of them."""
        if root is None:
            self.wrong(1, "", "the file is empty; it needs at least 'feeds:'")
            return {}
        if not isinstance(root, yamlfile.Mapping):
            self.wrong(
                root.line,
                "",
                "must have the keys settings:, feeds: and topics: at the top",
            )
            return {}
        self.known(root, "", ("settings", "feeds", "topics", "families"))
        found: dict[str, Any] = {}
        if (node := root.get("settings")) is not None and not _blank(node):
            found |= self.general(node)
        feeds = root.get("feeds")
        if feeds is None or _blank(feeds):
            self.wrong(
                feeds.line if feeds else root.line,
                "feeds",
                "no feeds; list at least one address under 'feeds:'",
            )
        else:
            found["feeds"] = self.scope = self.feeds(feeds)
        if (node := root.get("topics")) is not None and not _blank(node):
            found["topics"] = self.topics(node)
        if (node := root.get("families")) is not None and not _blank(node):
            found["families"] = self.families(node)
        return found

    def general(self, node: yamlfile.Node) -> dict[str, Any]:
        """Read `settings:`."""
        if not isinstance(node, yamlfile.Mapping):
            self.wrong(node.line, "settings", "must be 'key: value' lines")
            return {}
        self.known(node, "settings", (*_SETTINGS, *_SETTINGS_LISTS, *_PARTS))
        found: dict[str, Any] = {}
        for key, value in node.pairs:
            name = f"settings.{key.value}"
            if key.value in _SETTINGS_LISTS:
                found[key.value] = self.texts(value, name, _SETTINGS_LISTS[key.value])
            elif key.value == "limits":
                found["limits"] = Limits(**self.pairs(value, name, _LIMITS))
            elif key.value == "brief":
                found["brief"] = BriefSettings(**self.pairs(value, name, _BRIEF))
            elif key.value == "deliver":
                found["deliver"] = read_targets(self, value, name)
            elif key.value == "semantic":
                found["semantic"] = self.semantic(value, name)
            elif key.value in _SETTINGS:
                self.read(found, key.value, value, name, _SETTINGS[key.value])
        return found

    def semantic(self, node: yamlfile.Node, name: str) -> EncoderChoice:
        """Read which sentence encoder is to help; `{}` is none."""
        parts = self.pairs(node, name, _SEMANTIC)
        if not isinstance(node, yamlfile.Mapping) or not node.pairs:
            return EncoderChoice()
        model = node.get("model")
        if model is None:
            self.wrong(
                node.line,
                name,
                "has no 'model:'; name a folder, or owner/name of a hub",
            )
        return EncoderChoice(line=model.line if model else node.line, **parts)

    def feeds(self, node: yamlfile.Node) -> tuple[FeedConfig, ...]:
        """Read `feeds:`; the same feed or name twice is a mistake."""
        feeds: list[FeedConfig] = []
        urls: dict[str, int] = {}
        names: dict[str, int] = {}
        for number, entry in enumerate(self.entries(node, "feeds"), 1):
            feed = self.feed(entry, f"feeds[{number}]")
            if feed is None:
                continue
            same = canonical_url(feed.url).split("://", 1)[-1].rstrip("/")
            for what, value, seen in (("url", same, urls), ("name", feed.name, names)):
                if first := seen.get(value):
                    self.wrong(
                        entry.line,
                        f"feeds[{number}].{what}",
                        f"'{getattr(feed, what)}' is the feed of line {first} again",
                    )
                seen.setdefault(value, entry.line)
            feeds.append(feed)
        return tuple(feeds)

    def feed(self, node: yamlfile.Node, name: str) -> FeedConfig | None:
        """Read one feed: an address, or a mapping."""
        found: dict[str, Any] = {}
        if isinstance(node, yamlfile.Scalar):
            self.read(found, "url", node, name, values.feed_url)
        elif isinstance(node, yamlfile.Mapping):
            self.known(node, name, (*_FEED_KEYS, "headers"))
            for key, value in node.pairs:
                if key.value == "headers":
                    found["headers"] = self.headers(value, f"{name}.headers")
                elif key.value in _FEED_KEYS:
                    self.read(
                        found,
                        key.value,
                        value,
                        f"{name}.{key.value}",
                        _FEED_KEYS[key.value],
                    )
            if node.get("url") is None:
                self.wrong(node.line, name, "has no 'url:'")
        else:
            self.wrong(
                node.line,
                name,
                "must be an address, or 'key: value' lines with a 'url:'",
            )
        if "url" not in found:
            return None
        found.setdefault("name", _default_name(found["url"]))
        return FeedConfig(**found)

    def headers(self, node: yamlfile.Node, name: str) -> Mapping[str, str]:
        """Read the headers of one feed."""
        if not isinstance(node, yamlfile.Mapping):
            self.wrong(node.line, name, "must be 'Name: value' lines")
            return {}
        found: dict[str, str] = {}
        for key, value in node.pairs:
            if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", key.value):
                self.wrong(key.line, name, f"'{key.value}' is no header name")
            else:
                self.read(
                    found, key.value, value, f"{name}.{key.value}", values.line_of_text
                )
        return found

    def families(self, node: yamlfile.Node) -> Mapping[str, tuple[str, ...]]:
        """Read which outlets are of one publisher; none may be of two."""
        if not isinstance(node, yamlfile.Mapping):
            self.wrong(
                node.line, "families", "must be 'Name: [outlet or domain, …]' lines"
            )
            return {}
        found: dict[str, tuple[str, ...]] = {}
        taken: dict[str, tuple[str, int]] = {}
        for key, outlets in node.pairs:
            name = f"families.{key.value}"
            parts: dict[str, Any] = {}
            for number, entry in enumerate(self.entries(outlets, name), 1):
                part = f"{name}[{number}]"
                self.read(parts, str(number), entry, part, values.outlet)
                same = str(parts.get(str(number), "")).casefold()
                owner, line = taken.setdefault(same, (key.value, entry.line))
                if same and owner != key.value:
                    self.wrong(
                        entry.line,
                        part,
                        f"'{parts[str(number)]}' is in '{owner}' of line {line} already",
                    )
            if isinstance(outlets, yamlfile.Sequence) and not outlets.nodes:
                self.wrong(key.line, name, "names no outlet")
            found[key.value] = tuple(dict.fromkeys(parts.values()))
        return found


def _blank(node: yamlfile.Node) -> bool:
    return (isinstance(node, yamlfile.Scalar) and node.kind == "nothing") or (
        isinstance(node, yamlfile.Sequence) and not node.nodes
    )


def _default_name(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("feeds.")
    return (host + parts.path.rstrip("/"))[:200]
