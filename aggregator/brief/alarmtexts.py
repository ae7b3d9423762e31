"""An alarm -> the words that cry it out; pure."""

from __future__ import annotations

from aggregator import wording
from aggregator.brief.values import Alarm, AlarmKind


def alarm_text(alarm: Alarm, when: str) -> tuple[str, str]:
    """Cry out what is wrong: its first words, and the rest.

    `when` is the alarm's time as the page writes it, '' where it has none.
    """
    n = alarm.count
    match alarm.kind:
        case AlarmKind.NO_FEEDS:
            return "No feeds.", "List some under feeds: in feeds.yaml."
        case AlarmKind.NEVER_POLLED:
            waits = wording.count(n, "feed waits", "feeds wait")
            return "Nothing was fetched yet.", f"{waits} for the first poll."
        case AlarmKind.NOT_POLLED:
            return (
                f"Nothing was fetched since {when}.",
                "What follows is old. Is the daemon running?",
            )
        case AlarmKind.ALL_FAIL:
            last = f"The last answer came {when}." if when else ""
            return (
                "The only feed fails." if n == 1 else f"All {n} feeds fail.",
                last,
            )
        case AlarmKind.NO_NEWS:
            last = f" since {when}" if when else ""
            return f"No new items{last}.", "The feeds answer and say nothing new."
        case AlarmKind.STUCK:
            waits = wording.count(n, "item waits", "items wait")
            return (
                f"Clustering fails: {waits} since {when}.",
                "They are missing below; the log says why.",
            )
        case AlarmKind.WAITING:
            waits = wording.count(n, "item waits", "items wait")
            last = (
                f"Clusters were last updated {when}."
                if when
                else "Nothing was clustered yet."
            )
            are = "is" if n == 1 else "are"
            return f"{waits} to be clustered", f"and {are} missing below. {last}"
        case AlarmKind.ASIDE:
            items = wording.count(n, "item", "items")
            return f"{items} could not be clustered", "and are in no cluster below."
        case AlarmKind.RESCORING:
            are = "topic is" if n == 1 else "topics are"
            return (
                f"{n:,} {are} being scored again",
                "after a change: what stands under them below is not all new yet.",
            )
        case AlarmKind.PAUSED:
            return (
                f"No brief was made since {when}.",
                "This one looks back a week at most: what happened before is not told.",
            )
        case AlarmKind.DOWN:
            days = wording.count(n, "day", "days")
            return (
                f"Nothing was fetched for {days} from {when} on:",
                "the service was down or paused. What feeds list no more is missing.",
            )
        case AlarmKind.LATE:
            return (
                f"This brief is late: it was due {when}.",
                "The service was not running then.",
            )
