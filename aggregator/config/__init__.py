"""feeds.yaml -> `Settings`, or every mistake in it with its line."""

from aggregator.config.settings import Settings, load_settings, parse_settings

__all__ = ["Settings", "load_settings", "parse_settings"]
