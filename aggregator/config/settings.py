"""feeds.yaml -> Settings: typed, checked with line numbers, made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aggregator.config import yamlfile
from aggregator.config.briefing import BriefSettings
from aggregator.config.checking import Problem
from aggregator.config.feedsfile import FeedsFile
from aggregator.config.topicsfile import TopicsFile
from aggregator.errors import ConfigError
from aggregator.limits import Limits
from aggregator.models import EncoderChoice, FeedConfig, Target, Topic

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can set, with its default."""

    path: Path = Path("feeds.yaml")
    poll_interval: timedelta = timedelta(hours=1)
    timezone: ZoneInfo = UTC
    user_agent_contact: str = ""
    allow_private: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    concurrency: int = 8
    per_host_concurrency: int = 2
    per_host_spacing: timedelta = timedelta(seconds=1)
    cluster_window: timedelta = timedelta(days=5)
    user_header: str = ""
    """The request header in which a proxy with a login names who asks."""
    public_url: str = ""
    """Where the world reaches the site, for hubs; empty: no WebSub."""
    site_url: str = ""
    """Where readers reach the site, for links in briefs; empty: at `public_url`."""
    brief: BriefSettings = field(default_factory=BriefSettings)
    deliver: tuple[Target, ...] = ()
    """Where briefs and alerts are sent."""
    quiet_hours: tuple[time, time] | None = None
    """From when to when, by the zone's clock, no alert is sent."""
    semantic: EncoderChoice = field(default_factory=EncoderChoice)
    feeds: tuple[FeedConfig, ...] = ()
    topics: tuple[Topic, ...] = ()
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Outlets and domains that are one publisher, beside those that ship."""
    limits: Limits = field(default_factory=Limits)


def load_settings(path: Path) -> Settings:
    """Read and check a feeds.yaml.

    Raises `ConfigError` whose only argument is a tuple of every `Problem` found.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise ConfigError((Problem(str(path), 0, "", reason),)) from error
    return parse_settings(data, path)


def parse_topic(data: bytes, file: str, feeds: Sequence[FeedConfig]) -> Topic:
    """Check the lines of one topic, as they stand in feeds.yaml or alone.

    `feeds` are those that it may name. Raises `ConfigError` as `load_settings`.
    """
    checker = TopicsFile(file, feeds)
    topic = None
    try:
        node = yamlfile.parse_yaml(data)
    except yamlfile.YamlError as error:
        raise ConfigError((Problem(file, error.line, "", error.message),)) from error
    if isinstance(node, yamlfile.Mapping) and len(node.pairs) == 1:
        node = node.get("topics") or node
    if isinstance(node, yamlfile.Sequence):
        if len(node.nodes) != 1:
            checker.wrong(node.line, "", "must be one topic")
            node = None
        else:
            node = node.nodes[0]
    elif node is None:
        checker.wrong(1, "", "is empty; write a topic with a 'name:' and terms")
    if node is not None:
        topic = checker.topic(node, "topic")
    if topic is None or checker.problems:
        raise ConfigError(tuple(sorted(checker.problems, key=lambda p: p.line)))
    return topic


def parse_settings(data: bytes, path: Path) -> Settings:
    """Check the bytes of a feeds.yaml; `path` is what errors name."""
    try:
        root = yamlfile.parse_yaml(data)
    except yamlfile.YamlError as error:
        problem = Problem(str(path), error.line, "", error.message)
        raise ConfigError((problem,)) from error
    checker = FeedsFile(str(path))
    settings = checker.settings(root)
    if checker.problems:
        raise ConfigError(tuple(sorted(checker.problems, key=lambda p: p.line)))
    return Settings(path=path, **settings)
