"""Values of a brief -> the sentences that every rendering shares; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator import wording
from aggregator.brief.alarmtexts import alarm_text
from aggregator.brief.values import (
    Alarm,
    Brief,
    Card,
    Change,
    Changes,
    Conflict,
    Happening,
    Line,
    Part,
    Section,
    Told,
    Verb,
)

PART_NAMES = {
    Part.NEW: "New",
    Part.DEVELOPING: "Developing",
    Part.FADING: "Fading",
}
RETURN = timedelta(days=5)
"""A story that was silent for longer than a cluster stays open is back."""
SPELLED = {2: "two", 3: "three", 4: "four"}
UNTITLED = "(no headline)"


class Sentences:
    """Says what a brief holds, in its own zone and at its own time."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._zone = ZoneInfo(brief.zone)
        self.part_names = PART_NAMES
        self.count = wording.count
        self.iso = wording.iso
        self.web_url = wording.web_url

    def clock(self, at: datetime) -> str:
        """Write a time as briefly as the brief's day allows."""
        return wording.clock(at, self._brief.until, self._zone)

    def ago(self, at: datetime) -> str:
        """Write how far a time is from the cut-off."""
        return wording.ago(at, self._brief.until)

    def window(self) -> str:
        """Say what time the brief covers."""
        brief = self._brief
        span = wording.interval(brief.until - brief.since)
        day = wording.day(brief.until, self._zone)
        return f"The last {span}, to {day}, {self.clock(brief.until)} {brief.zone}"

    def nothing(self) -> str:
        """Say that a section is empty."""
        brief = self._brief
        return f"Nothing in the last {wording.interval(brief.until - brief.since)}."

    def subject(self) -> str:
        """Name the brief in one line, as a mail's subject does."""
        brief = self._brief
        date = wording.date_of(brief.until, self._zone)
        headline = lead_headline(brief)
        warned = "! " if brief.alarms else ""
        return f"{warned}Brief of {date}" + (f": {headline}" if headline else "")

    def feeds(self) -> str:
        """Say how many feeds delivered, and what the others did."""
        trust = self._brief.trust
        feeds = wording.count(trust.feed_count, "feed", "feeds")
        parts = [f"{trust.delivered_count:,} of {feeds} delivered"]
        parts += [
            f"{len(names):,} {kind}"
            for names, kind in (
                (trust.quiet, "quiet"),
                (trust.failing, "failing"),
                (trust.unheard, "not heard from"),
            )
            if names
        ]
        return ", ".join(parts)

    def amounts(self) -> str:
        """Say how much came in."""
        trust = self._brief.trust
        return " > ".join(
            (
                wording.count(trust.item_count, "item", "items"),
                wording.count(trust.report_count, "report", "reports"),
                wording.count(trust.cluster_count, "cluster", "clusters"),
            )
        )

    def alarm(self, alarm: Alarm) -> tuple[str, str]:
        """Cry out what is wrong: its first words, and the rest."""
        since = alarm.since
        when = f"{self.clock(since)} ({self.ago(since)})" if since else ""
        return alarm_text(alarm, when)

    def compared(self, changes: Changes) -> str:
        """Say what the changes are counted from."""
        if changes.is_cut:
            return f"{self.clock(changes.since)}; the last brief is older"
        return f"{_base(changes)}, {self.clock(changes.since)}"

    def told(self, card: Card) -> str:
        """Say how many texts tell it, and how many outlets have them."""
        reports = wording.count(card.report_count, "report", "reports")
        outlets = wording.count(card.source_count, "outlet", "outlets")
        text = f"{reports}, {outlets}"
        if card.independent_count <= 1:
            many = card.source_count > 1
            return f"single source: {text}" if many else "single source"
        if card.independent_count < card.report_count:
            text += f", {card.independent_count:,} independent"
        return text

    def first(self, card: Card) -> str:
        """Say who was first, and when."""
        return f"first: {card.first_source}, {self.clock(card.first_at)}"

    def reason(self, card: Card) -> str:
        """Say why a card ranks where it does."""
        parts = [
            wording.count(
                card.independent_count, "independent report", "independent reports"
            )
        ]
        if card.score is not None:
            parts.append(f"topic {card.score:.2f}")
        if card.part is Part.NEW:
            parts.append(f"new {self._day(card.first_at)}")
        elif card.added_count:
            what = _base(self._brief.changes)
            sources = wording.count(card.added_count, "source", "sources")
            parts.append(f"new reports by {sources} since {what}")
        parts.append(f"last report {self.ago(card.last_at)}")
        return ", ".join(parts)

    def _day(self, at: datetime) -> str:
        days = (
            self._brief.until.astimezone(self._zone).date()
            - at.astimezone(self._zone).date()
        ).days
        if days < 2:
            return ("today", "yesterday")[max(days, 0)]
        return f"since {self.clock(at)}"

    def together(self, card: Card) -> str:
        """Say what holds a cluster together, in one line; '' for one that is alone."""
        if not card.shared:
            return ""
        text = f"together by {', '.join(card.shared)}"
        if card.weakest is None or card.needed is None:
            return text
        return f"{text} (weakest join {card.weakest:.2f}, {card.needed:.2f} needed)"

    def matched(self, card: Card) -> str:
        """Say which words put a cluster under its topic; '' where none did."""
        return f"matched {', '.join(card.matched[:8])}" if card.matched else ""

    def silent(self, card: Card) -> str:
        """Say who usually tells of such and does not; '' where none is known."""
        named = ", ".join(
            f"{one.source} ({one.told_count:,} of {one.cluster_count:,})"
            for one in card.silent
        )
        return f"usually on this topic, silent so far: {named}" if named else ""

    def previously(self, card: Card) -> str:
        """Say when the story before it was last told; its headline follows."""
        if card.previous is None:
            return ""
        gap = card.first_at - card.previous.last_at
        if gap >= RETURN:
            return f"returns after {wording.interval(gap)}:"
        return f"previously, {self.clock(card.previous.last_at)}:"

    def conflict(self, conflict: Conflict) -> str:
        """Say who gives which figure, the latest first."""
        same: dict[str, list[Told]] = {}
        for one in conflict.told:
            same.setdefault(one.value.casefold(), []).append(one)
        told = "; ".join(
            f"{latest.value} by {latest.source} ({self.clock(latest.at)})"
            + (f" and {wording.count(len(rest), 'other', 'others')}" if rest else "")
            for latest, *rest in same.values()
        )
        return f"{conflict.noun}: {told}"

    def change(self, change: Change) -> str:
        """Say what happened to a cluster."""
        return "; ".join(map(self.happening, change.happenings))

    def happening(self, happening: Happening) -> str:
        """Say one thing that happened, with its verb."""
        before, after = happening.before, happening.after
        match happening.verb:
            case Verb.REVIVED:
                return f"revived after {after}"
            case Verb.FIGURE:
                return f"figure changed {before} > {after} {happening.noun}"
            case Verb.SPLIT:
                n = len(happening.others) + 1
                return f"split in {SPELLED.get(n, n)}"
            case Verb.MERGED:
                n = len(happening.others)
                return f"merged with {'another' if n == 1 else f'{n} others'}"
            case Verb.GREW:
                return f"grew {before} > {after} independent"
            case Verb.TOLD:
                n = int(after)
                return f"told on by {wording.count(n, 'source', 'sources')}"
            case Verb.HEADLINE:
                return f"headline changed from “{before}”"

    def headline(self, cluster: Card | Change | Line) -> str:
        """Return a cluster's headline, or what stands in its place."""
        return cluster.headline or UNTITLED

    def name(self, section: Section) -> str:
        """Return what a section is headed with."""
        if section.topic:
            return section.topic.name
        return "Other stories" if self._brief.sections else "Top stories"

    def held(self, line: Line) -> str:
        """Say why a cluster is not among the leads."""
        return f"half of it is {line.note}’s, which has its share of leads"

    def more(self, section: Section) -> str:
        """Say how many clusters of a topic are not named."""
        return wording.count(section.more_count, "more cluster", "more clusters")


def _base(changes: Changes | None) -> str:
    if changes and changes.is_cut:
        return "a week ago"
    return "your last visit" if changes and changes.is_visit else "the last brief"


def lead_headline(brief: Brief) -> str:
    """Return the headline that a brief leads with, '' where it has none."""
    for section in (*brief.sections, brief.others):
        for card in (*section.leads, *section.singles):
            return card.headline
    return ""
