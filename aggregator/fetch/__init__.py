"""URL -> bytes: the only part that opens outgoing sockets."""

from aggregator.fetch.client import FetchPolicy, FetchRequest, fetch_many

__all__ = ["FetchPolicy", "FetchRequest", "fetch_many"]
