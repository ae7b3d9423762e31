"""What a document said of itself and its entries, before any of it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One entry in the words of its feed; titles and summaries are HTML or text."""

    guid: str = ""
    link: str = ""
    title: str = ""
    title_is_text: bool = False
    summary: str = ""
    summary_is_text: bool = False
    author: str = ""
    publisher: str = ""
    published_at: datetime | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SaidFeed:
    """A document in its own words."""

    title: str
    link: str
    language: str
    entries: tuple[Said, ...]
    skipped_count: int = 0
    """Entries that could not be read at all."""
    warning: str = ""
