"""Briefs as kept, and clusters as they were at a past moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from aggregator.models.clusters import Cluster
from aggregator.models.topics import TopicScore


@dataclass(frozen=True, slots=True)
class BriefRow:
    """A kept brief, as lists show it.

    It tells what happened from `since` to `until`; `known_at` is up to when clusters
    were known. `day` is the local day that it is the daily brief of; None where
    somebody asked for it.
    """

    id: int
    since: datetime
    until: datetime
    known_at: datetime
    day: date | None
    due_at: datetime | None
    headline: str
    """The headline that it leads with; empty where it has none."""


@dataclass(frozen=True, slots=True)
class KeptBrief:
    """A brief to keep, or as kept: `manifest` is all that its renderings need.

    `hashes` holds the SHA-256 of each rendering by its format, as the version `program`
    wrote it.
    """

    row: BriefRow
    manifest: str
    hashes: Mapping[str, str]
    program: str


@dataclass(frozen=True, slots=True)
class Visit:
    """When somebody said that they had read it all, and up to when that knew clusters."""

    at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A cluster's present items, as they stand against what was known at a past moment.

    `known_count` is how many independent sources those have that were known then,
    whatever cluster they were in; `added_count` how many sources told something since:
    a text that was not known, be it their first or not.
    """

    known_count: int
    added_count: int


@dataclass(frozen=True, slots=True)
class ClusterPast:
    """A cluster that was known at a past moment and was touched since."""

    cluster: Cluster
    standing: Standing
    topics: tuple[TopicScore, ...] = ()
    children: tuple[Cluster, ...] = ()
    """What was split from it since."""
    merged: tuple[Cluster, ...] = ()
    """What went into it since."""
    headline_before: str = ""
    """Empty where it is the same."""
    quiet: timedelta | None = None
    """Where it came back since: how long there had been no report."""
    known_items: frozenset[int] = field(default_factory=frozenset)
    """Which of its items were known then."""
