"""Polls feeds, groups the items that report one event, and follows topics."""

__version__ = "0.1.0"
