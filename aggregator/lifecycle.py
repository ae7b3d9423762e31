"""Times of a cluster's reports -> where its life stands; pure.

The life of a cluster is walked through from its first report, so the state depends on
what was reported and when, never on how often somebody looked.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from aggregator.models import LifecycleState

EMERGING, DEVELOPING, PEAK, FADING, DORMANT, REVIVED = LifecycleState

DAY = timedelta(hours=24)
"""How long a voice that reported counts as reporting."""
EMERGING_FOR = timedelta(hours=24)
ESTABLISHED_VOICES = 3
"""So many independent voices, and a cluster has emerged."""
PEAK_VOICES = 5
PEAK_PART = Fraction(2, 3)
"""A peak lasts while this part of its busiest day's voices report."""
FADING_PART = Fraction(1, 5)
"""From here down a cluster fades; silence is 0."""
BACK_PART = Fraction(2, 5)
"""Twice as much as fading is needed to come back: between them nothing flaps."""
BACK_VOICES = 2
"""One voice alone does not bring a cluster back."""
DORMANT_AFTER = timedelta(hours=72)
REVIVED_FOR = timedelta(hours=24)

Report = tuple[datetime, str]
"""When a text was first published, and whose voice it is."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The time that feeds answered for; silence counts in no other.

    Up to `until` feeds have delivered, but for `outages`, in order. Beyond it time
    stands still: a service that hears nothing must not call everything quiet.
    """

    until: datetime
    outages: Sequence[tuple[datetime, datetime]] = ()

    def seconds(self, at: datetime) -> float:
        """Return a time in seconds of heard time."""
        lost = sum(
            (min(at, end) - start).total_seconds()
            for start, end in self.outages
            if start < at
        )
        return at.timestamp() - lost

    def time(self, seconds: float) -> datetime:
        """Return the time at which so many seconds are heard."""
        for start, end in self.outages:
            if start.timestamp() < seconds:
                seconds += (end - start).total_seconds()
        return datetime.fromtimestamp(round(seconds), UTC)


@dataclass(frozen=True, slots=True)
class Life:
    """A cluster's state, since when, and when it changes if nobody reports again."""

    state: LifecycleState
    since: datetime
    due_at: datetime | None
    quiet: timedelta | None = None
    """Of a revival: how long there had been no report."""


def life_of(reports: Iterable[Report], heard: Heard) -> Life:
    """Return where the life of a cluster with these reports (at least one) stands.

    Its pace is the number of voices (publishers, agencies) with a new text in the
    last 24 hours; its best is the highest pace so far, or since it was dormant. In this
    order:

    - dormant: no report for 72 hours; and then until it comes back;
    - fading: its pace is at most 1/5 of its best (so always after 24 silent hours);
      and then until it comes back;
    - coming back takes a pace of 2/5 of its best and 2 voices, or the second or third
      voice that it ever had;
    - revived: back from dormant, for 24 hours;
    - peak: 5 voices and its best pace; and then down to 2/3 of its best;
    - emerging: fewer than 3 voices ever, in its first 24 hours;
    - developing: whatever is left.
    """
    walk: _Walk | None = None
    for at, voice in sorted(reports):
        seconds = heard.seconds(at)
        walk = walk or _Walk(seconds)
        walk.hear(seconds, voice)
    if walk is None:
        raise ValueError("a cluster without a report has no life")
    walk.wait(heard.seconds(heard.until))
    state, since, quiet = walk.state, walk.since, walk.quiet
    due = walk.next_change()
    return Life(
        state,
        heard.time(since),
        None if due is None else heard.time(due),
        timedelta(seconds=round(quiet)) if state is REVIVED else None,
    )


class _Walk:
    """A life up to the second `at` of heard time."""

    def __init__(self, at: float) -> None:
        self.state = EMERGING
        self.since = self.began = self.last = at
        self.quiet = 0.0
        self._asleep_since = at
        self._ever: set[str] = set()
        self._day: deque[tuple[float, str]] = deque()
        self._pace: Counter[str] = Counter()
        self._best = 0

    def hear(self, at: float, voice: str) -> None:
        """Go on to a report."""
        # not to its very second: what falls silent as it speaks was never silent
        while (timer := self._timer()) is not None and timer < at:
            self._look(timer)
        self._forget(at)
        is_new = voice not in self._ever
        self._ever.add(voice)
        self._day.append((at, voice))
        self._pace[voice] += 1
        self._best = max(self._best, len(self._pace))
        self.last = at
        self._look(at, is_new and len(self._ever) <= ESTABLISHED_VOICES)

    def wait(self, until: float) -> None:
        """Go on to a time, with no report on the way."""
        while (timer := self._timer()) is not None and timer <= until:
            self._look(timer)

    def next_change(self) -> float | None:
        """Go on, with no report ever, until the state changes; None: it does not."""
        state = self.state
        while (timer := self._timer()) is not None:
            self._look(timer)
            if self.state is not state:
                return timer
        return None

    def _timer(self) -> float | None:
        """Return when next the rule may say something else, None for never."""
        timers = []
        if self._day:
            timers.append(self._day[0][0] + DAY.total_seconds())
        if self.state is not DORMANT:
            timers.append(self.last + DORMANT_AFTER.total_seconds())
        if self.state is EMERGING:
            timers.append(self.began + EMERGING_FOR.total_seconds())
        if self.state is REVIVED:
            timers.append(self.since + REVIVED_FOR.total_seconds())
        return min(timers, default=None)

    def _forget(self, at: float) -> None:
        """Leave out what was reported a day before."""
        while self._day and self._day[0][0] + DAY.total_seconds() <= at:
            _, voice = self._day.popleft()
            self._pace[voice] -= 1
            if not self._pace[voice]:
                del self._pace[voice]

    def _look(self, at: float, is_early_voice: bool = False) -> None:
        """Take the state that the rule gives at a time."""
        self._forget(at)
        state = self._next(at, is_early_voice)
        if state is self.state:
            return
        if state is DORMANT:
            self._asleep_since = self.last
            self._best = 0
        if state is REVIVED:
            self.quiet = self._day[0][0] - self._asleep_since
        self.state, self.since = state, at

    def _next(self, at: float, is_early_voice: bool) -> LifecycleState:
        pace, best = len(self._pace), self._best
        is_back = is_early_voice or (pace >= BACK_VOICES and pace >= BACK_PART * best)
        if at - self.last >= DORMANT_AFTER.total_seconds():
            return DORMANT
        if self.state is DORMANT:
            return REVIVED if is_back else DORMANT
        if pace <= FADING_PART * best or (self.state is FADING and not is_back):
            return FADING
        if self.state is REVIVED and at - self.since < REVIVED_FOR.total_seconds():
            return REVIVED
        high = PEAK_PART * best if self.state is PEAK else max(PEAK_VOICES, best)
        if pace >= high:
            return PEAK
        is_young = at - self.began < EMERGING_FOR.total_seconds()
        if self.state is EMERGING and is_young and len(self._ever) < ESTABLISHED_VOICES:
            return EMERGING
        return DEVELOPING
