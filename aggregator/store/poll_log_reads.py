"""`PollLogReader` and `PollLogWriter`: what is asked of the log of polls, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from aggregator.models import Forgotten, PollRow


class PollLogReader(Protocol):
    """What polls left behind, as far back as it is kept.

    Whatever else is to be known of the past is kept beside it: the state and pace of
    a feed on its row, which stretches it delivered, when no feed answered.
    """

    def polls(self, feed_id: int, limit: int = 20) -> tuple[PollRow, ...]:
        """Return the newest rows of a feed's poll log."""

    def first_failure(self, feed_id: int) -> PollRow | None:
        """Return the poll since which none of a feed went well; None if the last did."""

    def first_polled_at(self) -> datetime | None:
        """Return when the first poll ended."""

    def unpolled(self, since: datetime) -> tuple[datetime, datetime] | None:
        """Return the longest time after `since` in which nothing was fetched.

        None where that is less than two days (feeds may rest for one), or none among the newest 20,000 polls.
        """


class PollLogWriter(Protocol):
    """What keeps the log from growing for ever; the daemon's own thread alone."""

    def forget_polls(
        self, after: int, before: datetime, now: datetime, keep: int
    ) -> Forgotten:
        """Forget polls of `before` then, a few of each of some feeds, those with ids above `after`.

        What `PollLogReader` answers stays the same: the first poll of all stays, the
        newest 20,000 of all, the `keep` newest of each feed, and of one that fails the
        last poll that went well with the one after it.
        """
