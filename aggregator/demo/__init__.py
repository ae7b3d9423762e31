"""A fictional week of news, and the server that serves it on loopback."""

from aggregator.demo.server import DemoServer, demo_config, load_week

__all__ = ["DemoServer", "demo_config", "load_week"]
