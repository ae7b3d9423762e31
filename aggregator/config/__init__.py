"""feeds.yaml -> `Settings`, or every mistake in it with its line."""

from aggregator.config.settings import (
    Settings,
    load_settings,
    parse_settings,
    parse_topic,
)
from aggregator.config.writing import topic_yaml

__all__ = [
    "Settings",
    "load_settings",
    "parse_settings",
    "parse_topic",
    "topic_yaml",
]
