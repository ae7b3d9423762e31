"""The state of the service -> what a reader must know first, worst first; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.brief.materials import Materials, Occasion
from aggregator.brief.trust import FAILING, awake
from aggregator.brief.values import Alarm, AlarmKind
from aggregator.models import Status

# A poll that is one interval late is a slow one; two are a scheduler that stands still.
LATE_INTERVALS = 2
LATE_DUE = timedelta(minutes=5)
"""How long a feed may be due before that counts."""
STUCK_AFTER = timedelta(minutes=15)
"""How long an item may wait: one cycle clusters whatever its polls brought."""
DAY = timedelta(days=1)
LATE_BRIEF = timedelta(minutes=15)


def is_late(status: Status, now: datetime, poll_interval: timedelta) -> bool:
    """Say whether polling stands still; never having polled is late too.

    A long rest is none while no feed is due: all may be quiet, or pushed by hubs.
    """
    if status.last_poll_at is None:
        return True
    if status.due_at and now - status.due_at < min(poll_interval, LATE_DUE):
        return False
    return now - status.last_poll_at > LATE_INTERVALS * poll_interval


def alarms(materials: Materials, occasion: Occasion) -> tuple[Alarm, ...]:
    """Return what is wrong, worst first; each makes the ones it explains moot."""
    found = [_polling(materials, occasion), _clustering(materials, occasion)]
    if materials.aside_count:
        found.append(Alarm(AlarmKind.ASIDE, materials.aside_count))
    if materials.rescored:
        found.append(Alarm(AlarmKind.RESCORING, len(materials.rescored)))
    if occasion.paused_since:
        found.append(Alarm(AlarmKind.PAUSED, since=occasion.paused_since))
    if materials.unpolled:
        start, end = materials.unpolled
        found.append(Alarm(AlarmKind.DOWN, (end - start) // DAY, start))
    if occasion.due_at and occasion.now - occasion.due_at > LATE_BRIEF:
        found.append(Alarm(AlarmKind.LATE, since=occasion.due_at))
    return tuple(alarm for alarm in found if alarm)


def _polling(materials: Materials, occasion: Occasion) -> Alarm | None:
    status, feeds = materials.status, awake(materials.feeds)
    if not feeds:
        return Alarm(AlarmKind.NO_FEEDS)
    if status.last_poll_at is None:
        return Alarm(AlarmKind.NEVER_POLLED, len(feeds))
    if is_late(status, occasion.now, occasion.poll_interval):
        return Alarm(AlarmKind.NOT_POLLED, len(feeds), status.last_poll_at)
    if all(feed.state in FAILING for feed in feeds):
        last_ok = max((f.last_ok_at for f in feeds if f.last_ok_at), default=None)
        return Alarm(AlarmKind.ALL_FAIL, len(feeds), last_ok)
    last = status.last_item_at
    if last is None or occasion.now - last > occasion.silence:
        return Alarm(AlarmKind.NO_NEWS, since=last)
    return None


def _clustering(materials: Materials, occasion: Occasion) -> Alarm | None:
    count, since = materials.status.waiting_count, materials.waiting_since
    if not count:
        return None
    if since is not None and occasion.now - since > STUCK_AFTER:
        return Alarm(AlarmKind.STUCK, count, since)
    return Alarm(AlarmKind.WAITING, count, materials.status.last_grouping_at)
