"""Which items carry the same text: reports and their carriers; pure."""

from aggregator.copies.finder import CopyFinder

__all__ = ["CopyFinder"]
