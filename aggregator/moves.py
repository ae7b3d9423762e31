"""Feeds behind permanent redirects -> a patch of feeds.yaml; pure, applies nothing.

One 301 proves little: captive portals and broken configurations send it, too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aggregator.config import parse_settings, yamlfile
from aggregator.errors import ConfigError
from aggregator.models import Feed, FeedState
from aggregator.text import without_password

HELD = timedelta(days=7)
ANSWERS = 3
_WELL = (FeedState.OK, FeedState.WARN)


def has_moved(feed: Feed) -> bool:
    """Say whether a feed answered from one other address long enough to believe it."""
    return (
        feed.state in _WELL
        and feed.permanent_url not in ("", feed.url)
        and feed.permanent_count >= ANSWERS
        and feed.permanent_since is not None
        and feed.last_ok_at is not None
        and feed.last_ok_at - feed.permanent_since >= HELD
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A unified diff, empty where nothing changes, and what it leaves to a human."""

    patch: str
    notes: tuple[str, ...]


def propose(feeds: Iterable[Feed], data: bytes, path: Path) -> Proposal:
    """Return how feeds.yaml, whose bytes are `data`, would follow the feeds that moved.

    Raises `ConfigError` for a file that cannot be used.
    """
    moved = {feed.url: feed.permanent_url for feed in feeds if has_moved(feed)}
    places = _places(data, path)
    lines = data.decode("utf-8").split("\n")
    changed = list(lines)
    notes: list[str] = []
    for url, target in moved.items():
        line = places.get(url)
        shown = without_password(url)
        if line is None:
            continue  # the file was edited since the last poll
        if target in places:
            notes.append(
                f"line {line}: {shown} has moved to {target}, which is the feed of line "
                f"{places[target]}: one of the two can go"
            )
        elif shown != url or not _replace(changed, line, url, target):
            notes.append(f"line {line}: {shown} has moved to {target}: edit it by hand")
    return Proposal("".join(_diff(lines, changed, path.name)), tuple(notes))


def _places(data: bytes, path: Path) -> Mapping[str, int]:
    """Return the line of every feed's address."""
    parse_settings(data, path)
    root = yamlfile.parse_yaml(data)
    feeds = root.get("feeds") if isinstance(root, yamlfile.Mapping) else None
    places: dict[str, int] = {}
    for node in feeds.nodes if isinstance(feeds, yamlfile.Sequence) else ():
        url = node.get("url") if isinstance(node, yamlfile.Mapping) else node
        if isinstance(url, yamlfile.Scalar):
            places[url.value] = url.line
    return places


def _replace(lines: list[str], line: int, url: str, target: str) -> bool:
    """Put `target` in the place of `url`; say whether the file means that now."""
    old = lines[line - 1]
    if old.count(url) != 1:
        return False
    lines[line - 1] = old.replace(url, yamlfile.written(target))
    try:
        feeds = parse_settings("\n".join(lines).encode(), Path("patched")).feeds
    except ConfigError:
        feeds = ()
    if target in {feed.url for feed in feeds}:
        return True
    lines[line - 1] = old
    return False


def _diff(old: Sequence[str], new: Sequence[str], name: str) -> Iterator[str]:
    ends = "\n\\ No newline at end of file\n"

    def whole(lines: Sequence[str]) -> list[str]:
        last = [lines[-1] + ends] if lines[-1] else []
        return [f"{line}\n" for line in lines[:-1]] + last

    return difflib.unified_diff(whole(old), whole(new), name, name)
