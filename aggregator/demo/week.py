"""week.yaml -> the week as values -> feeds in RSS 2.0, Atom and RSS 1.0; pure."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import resources
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import yaml

WEEK_FILE = "week.yaml"

# The week is written as if the demo started then; any other Wednesday would do.
_WRITTEN_AT = datetime(2025, 1, 1, 20, tzinfo=UTC)
_WEEKDAYS = (
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
)
_WEEKDAY = re.compile(rf"\b({'|'.join(name for row in _WEEKDAYS for name in row)})\b")
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class DemoOutlet:
    """A fictional outlet. `format` is rss, atom or rdf."""

    key: str
    name: str
    category: str
    format: str
    about: str
    language: str = "en"
    fault: str = ""
    """What is wrong with its feed: truncated, unavailable, html; or nothing."""


@dataclass(frozen=True, slots=True)
class DemoItem:
    """What one outlet says about one event."""

    event: str
    outlet: str
    title: str
    summary: str
    path: str
    guid: str
    age: timedelta | None
    """How long before the start it appeared; an item without it carries no date."""
    later_title: str = ""
    """The headline from the second answer on: desks rewrite them."""
    author: str = ""
    category: str = ""
    html: bool = False
    """The summary is HTML rather than plain text."""

    def published_at(self, start: datetime) -> datetime | None:
        """When it appeared, to the second."""
        return None if self.age is None else start.replace(microsecond=0) - self.age


@dataclass(frozen=True, slots=True)
class DemoWeek:
    """Everything in week.yaml."""

    outlets: tuple[DemoOutlet, ...]
    items: tuple[DemoItem, ...]
    topics: tuple[Mapping[str, Any], ...]
    """As feeds.yaml wants them."""
    topic_of: Mapping[str, str]
    """Event -> name of the topic it belongs to, for events that have one."""
    look_alikes: tuple[tuple[str, str], ...]
    """Pairs of events that a reader would not take for one."""

    def items_of(self, outlet: DemoOutlet) -> tuple[DemoItem, ...]:
        """Return the outlet's items, newest first."""
        own = [item for item in self.items if item.outlet == outlet.key]
        return tuple(sorted(own, key=lambda item: item.age or timedelta(0)))


def load_week() -> DemoWeek:
    """Read the week that the package carries."""
    data = resources.files("aggregator.demo").joinpath(WEEK_FILE).read_text("utf-8")
    root = yaml.safe_load(data)
    events = root["events"]
    return DemoWeek(
        outlets=tuple(DemoOutlet(**entry) for entry in root["outlets"]),
        items=tuple(
            _item(event["key"], entry) for event in events for entry in event["items"]
        ),
        topics=tuple(root["topics"]),
        topic_of={event["key"]: event["topic"] for event in events if "topic" in event},
        look_alikes=tuple((first, second) for first, second in root["look_alikes"]),
    )


def parse_age(text: str) -> timedelta:
    """Read `2d 5h 10m`; raises `ValueError` for anything else."""
    match = re.fullmatch(r"(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m)?", text)
    if not match or not any(match.groups()):
        raise ValueError(f"{WEEK_FILE}: '{text}' is no age")
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _item(event: str, entry: Mapping[str, Any]) -> DemoItem:
    known = {key: value for key, value in entry.items() if key != "ago"}
    folded = unicodedata.normalize("NFKD", entry["title"]).encode("ascii", "ignore")
    slug = re.sub(r"[^a-z0-9]+", "-", folded.decode().lower()).strip("-")
    path = f"/{entry['outlet']}/{slug}"
    age = parse_age(entry["ago"]) if "ago" in entry else None
    given = {"event": event, "path": path, "guid": f"demo:{path[1:]}", "age": age}
    return DemoItem(**given | known)


def move_weekdays(text: str, start: datetime) -> str:
    """Rename the weekdays in a text so that they fit a week that ends at `start`."""
    days = (start - _WRITTEN_AT) // timedelta(days=1)

    def moved(match: re.Match[str]) -> str:
        row = next(row for row in _WEEKDAYS if match[1] in row)
        return row[(row.index(match[1]) + days) % 7]

    return _WEEKDAY.sub(moved, text)


# --- feeds


def render(
    outlet: DemoOutlet, items: Sequence[DemoItem], start: datetime, base_url: str
) -> bytes:
    """Write an outlet's feed in its own format; always the same for the same arguments."""
    start = start.replace(microsecond=0)
    writer = {"rss": _rss, "atom": _atom, "rdf": _rdf}[outlet.format]
    return (_XML + writer(outlet, items, start, base_url)).encode()


def _tag(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(text)}</{name}>" if text else ""


def _markup(item: DemoItem, start: datetime) -> str:
    """Return the summary as HTML, which is what RSS descriptions hold."""
    text = move_weekdays(item.summary, start)
    return text if item.html else html.escape(text, quote=False)


def _rss(
    outlet: DemoOutlet, items: Sequence[DemoItem], start: datetime, base_url: str
) -> str:
    parts = [
        f'<rss version="2.0" {_DC}><channel>',
        _tag("title", outlet.name),
        _tag("link", f"{base_url}/#{outlet.key}"),
        _tag("description", outlet.about),
        _tag("language", outlet.language),
        _tag("lastBuildDate", format_datetime(start)),
    ]
    for item in items:
        published_at = item.published_at(start)
        parts += [
            "<item>",
            _tag("title", move_weekdays(item.title, start)),
            _tag("link", base_url + item.path),
            _tag("guid", item.guid, ' isPermaLink="false"'),
            _tag("pubDate", format_datetime(published_at) if published_at else ""),
            _tag("dc:creator", item.author),
            _tag("category", item.category),
            _tag("description", _markup(item, start)),
            "</item>",
        ]
    return "\n".join(filter(None, [*parts, "</channel></rss>\n"]))


def _atom(
    outlet: DemoOutlet, items: Sequence[DemoItem], start: datetime, base_url: str
) -> str:
    parts = [
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(outlet.language)}>',
        _tag("title", outlet.name),
        _tag("subtitle", outlet.about),
        _tag("id", f"tag:demo.invalid,2025:{outlet.key}"),
        _tag("updated", start.isoformat()),
        f"<author>{_tag('name', outlet.name)}</author>",
        f"<link href={quoteattr(f'{base_url}/#{outlet.key}')}/>",
    ]
    for item in items:
        published = (item.published_at(start) or start).isoformat()
        category = (
            f"<category term={quoteattr(item.category)}/>" if item.category else ""
        )
        parts += [
            "<entry>",
            _tag("title", move_weekdays(item.title, start)),
            f"<link href={quoteattr(base_url + item.path)}/>",
            _tag("id", f"tag:demo.invalid,2025:{item.guid}"),
            _tag("published", published),
            _tag("updated", published),
            f"<author>{_tag('name', item.author)}</author>" if item.author else "",
            category,
            _tag("summary", _markup(item, start), ' type="html"'),
            "</entry>",
        ]
    return "\n".join(filter(None, [*parts, "</feed>\n"]))


def _rdf(
    outlet: DemoOutlet, items: Sequence[DemoItem], start: datetime, base_url: str
) -> str:
    links = [base_url + item.path for item in items]
    listed = "".join(f"<rdf:li rdf:resource={quoteattr(link)}/>" for link in links)
    home = f"{base_url}/#{outlet.key}"
    parts = [
        f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {_DC}',
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
        f"<channel rdf:about={quoteattr(home)}>",
        _tag("title", outlet.name),
        _tag("link", home),
        _tag("description", outlet.about),
        _tag("dc:language", outlet.language),
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>",
    ]
    for link, item in zip(links, items, strict=True):
        published_at = item.published_at(start)
        parts += [
            f"<item rdf:about={quoteattr(link)}>",
            _tag("title", move_weekdays(item.title, start)),
            _tag("link", link),
            _tag("description", _markup(item, start)),
            _tag("dc:date", published_at.isoformat() if published_at else ""),
            _tag("dc:creator", item.author),
            _tag("dc:subject", item.category),
            "</item>",
        ]
    return "\n".join(filter(None, [*parts, "</rdf:RDF>\n"]))
