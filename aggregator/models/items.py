"""An entry we stored, and what is found in it alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Item:
    """An entry we stored. `at` orders items: published, but never after first seen."""

    id: int
    feed_id: int
    feed_name: str
    source: str
    url: str
    title: str
    summary: str
    author: str
    published_at: datetime | None
    first_seen_at: datetime
    at: datetime
    cluster_id: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """What an item said until `replaced_at`, when its feed said something else."""

    item_id: int
    replaced_at: datetime
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class ItemVector:
    """An item's sparse unit vector: int32 `columns` and float32 `weights`, as bytes.

    `title` is what its title says of itself, as `words.titles` writes it; `meaning`
    what an encoder made of it, as float16 bytes, empty without one.
    """

    item_id: int
    at: datetime
    columns: bytes
    weights: bytes
    title: str = ""
    meaning: bytes = b""


class Evidence(StrEnum):
    """What showed that an item carries a text which another had first."""

    ORIGIN = "origin"
    TEXT = "text"
    AGENCY = "agency"
    TITLE = "title"
    ADDRESS = "address"
    SOURCE = "source"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Carrier:
    """An item as one of those that carry one text: one report.

    `origin_id` is the first of them, maybe itself. `containment` (0 to 1) is the share
    of the shorter text that stands in the one it was found to be a copy of; `agency`
    is the one that any of them names. `family` published this item, and `voice`,
    agency or publisher, is whose text it is: reports of one voice count once.
    """

    item_id: int
    origin_id: int
    containment: float
    evidence: Evidence
    agency: str
    family: str
    voice: str
