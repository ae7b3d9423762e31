"""A brief -> plain text of lines that any mail shows; pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from aggregator.brief.links import Links
from aggregator.brief.sentences import Sentences
from aggregator.brief.values import Brief, Card, Line, Part, Section

WIDTH = 76


def render_text(brief: Brief) -> str:
    """Write the brief as plain text."""
    writer = _Writer(brief)
    return "\n".join(writer.lines()).rstrip() + "\n"


class _Writer:
    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._say = Sentences(brief)
        self._links = Links(brief.site_url)

    def lines(self) -> Iterator[str]:
        brief, say = self._brief, self._say
        yield "BRIEF"
        yield say.window()
        yield ""
        for alarm in brief.alarms:
            yield from _wrapped(" ".join(say.alarm(alarm)), "!! ")
        if brief.alarms:
            yield ""
        yield say.feeds()
        for names, kind in (
            (brief.trust.failing, "failing"),
            (brief.trust.quiet, "quiet"),
            (brief.trust.unheard, "not heard from"),
        ):
            if names:
                yield from _wrapped(f"{kind}: {', '.join(names)}", "  ")
        yield say.amounts()
        yield from self._changes()
        for section in (*brief.sections, brief.others):
            yield from self._section(section, say.name(section))
        yield ""
        yield "-- End of the brief --"

    def _changes(self) -> Iterator[str]:
        changes, say = self._brief.changes, self._say
        if changes is None:
            return
        yield from _heading(f"Changed since {say.compared(changes)}", "-")
        if not changes.lines:
            yield "Nothing that was known then has changed."
        for change in changes.lines:
            yield from _wrapped(f"{say.headline(change)}: {say.change(change)}", "* ")
            yield from self._link(change.cluster_id)
        if changes.more_count:
            yield f"and {changes.more_count:,} more"

    def _section(self, section: Section, name: str) -> Iterator[str]:
        say = self._say
        yield from _heading(name, "=")
        if section.is_empty:
            yield say.nothing()
        for part in Part:
            if cards := section.of(part):
                yield from _heading(say.part_names[part], "-")
                for card in cards:
                    yield from self._card(card)
        for label, lines in (
            ("Unchanged", section.unchanged),
            ("Held back", section.held),
        ):
            if lines:
                yield from _heading(label, "-")
                for line in lines:
                    text = (
                        f"{say.headline(line)} ({line.independent_count} independent)"
                    )
                    if line.note:
                        text += f"; {say.held(line)}"
                    yield from _wrapped(text, "* ")
                    yield from self._link(line.cluster_id)
        if section.singles:
            yield from _heading("Single source", "-")
            for card in section.singles:
                source = card.titles[0].source if card.titles else card.first_source
                text = f"{say.headline(card)} ({source}, {say.clock(card.last_at)})"
                yield from _wrapped(text, "* ")
                if matched := say.matched(card):
                    yield from _wrapped(matched, "  ")
                if card.titles and (url := say.web_url(card.titles[0].url)):
                    yield f"  {url}"
                yield from self._link(card.cluster_id)
        for line in section.references:
            yield from _wrapped(
                f"Also on this topic, under {line.note}: {say.headline(line)}", "> "
            )
            yield from self._link(line.cluster_id)
        if section.near:
            yield from _heading("Near misses", "-")
            for line in section.near:
                yield from _wrapped(self._near(line), "* ")
                yield from self._link(line.cluster_id)
        if section.more_count > 0:
            yield f"+ {say.more(section)}"

    def _near(self, line: Line) -> str:
        score = "" if line.score is None else f"{line.score:.2f} "
        return f"{score}{self._say.headline(line)} ({line.note})"

    def _card(self, card: Card) -> Iterator[str]:
        say = self._say
        yield from _wrapped(say.headline(card), "* ")
        facts = [say.told(card)]
        if card.state:
            facts.append(card.state)
        if card.first_source:
            facts.append(say.first(card))
        yield from _wrapped("; ".join(facts), "  ")
        yield from _wrapped(say.reason(card), "  ")
        for text in (say.matched(card), say.together(card), say.silent(card)):
            if text:
                yield from _wrapped(text, "  ")
        if card.previous:
            text = f"{say.previously(card)} {say.headline(card.previous)}"
            yield from _wrapped(text, "  ")
        for conflict in card.conflicts:
            yield from _wrapped(f"figures differ: {say.conflict(conflict)}", "  ")
        for title in card.titles:
            text = f"{title.source}, {say.clock(title.at)}: {title.title}"
            yield from _wrapped(text, "  - ")
            if url := say.web_url(title.url):
                yield f"    {url}"
        yield from self._link(card.cluster_id)
        yield ""

    def _link(self, cluster_id: int) -> Iterator[str]:
        if link := self._links.cluster(cluster_id):
            yield f"  {link}"


def _heading(text: str, rule: str) -> Iterator[str]:
    yield ""
    yield text
    yield rule * min(len(text), WIDTH)


def _wrapped(text: str, mark: str) -> Iterator[str]:
    """Wrap a text after a mark; a long address or name is not broken."""
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )
