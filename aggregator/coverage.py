"""A poll that went well -> from when on we know all that its feed said; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.models import Outcome, Poll

UNDATED_GAP = timedelta(hours=2)
"""How long a feed without dates may go unseen before we take it that we missed some."""
PUSHED_GAP = timedelta(hours=26)
"""The longest that pushes alone are believed: a pushed feed is still polled daily."""


def delivers(poll: Poll) -> bool:
    """Say whether a poll, or a push, brought what its feed had to say."""
    return poll.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)


def goes_on(poll: Poll, new_count: int) -> bool:
    """Say whether a poll shows by itself that nothing was missed since the last one.

    It does where the document is the one we had, or still holds an entry that we had:
    what came in between then stands between the two.
    """
    return poll.outcome is Outcome.NOT_MODIFIED or (
        not is_push(poll) and new_count < max(len(poll.entries), 1)
    )


def is_push(poll: Poll) -> bool:
    """Say whether a hub sent this: it holds what is new and never what we had."""
    return poll.outcome is Outcome.OK and poll.status is None


def covered_from(poll: Poll, until: datetime | None) -> datetime:
    """Return from when on a poll of which every entry is new tells all.

    `until` is when the feed last delivered. The document reaches back to its oldest
    entry; where that is before `until`, nothing was missed. A push is believed while
    its feed does not fail.
    """
    at = poll.finished_at
    if until is not None:
        gap = at - until
        if is_push(poll) and not poll.failure_count and gap <= PUSHED_GAP:
            return until
    oldest = min((e.published_at for e in poll.entries if e.published_at), default=None)
    if oldest is None:
        return until if until and at - until <= UNDATED_GAP else at
    return min(max(oldest, until) if until else oldest, at)
