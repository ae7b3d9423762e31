"""What an answer means, and when a feed is due next; pure."""

from aggregator.polling.answers import (
    Intervals,
    body_hash,
    needs_parsing,
    poll_of,
    push_of,
)

__all__ = ["Intervals", "body_hash", "needs_parsing", "poll_of", "push_of"]
