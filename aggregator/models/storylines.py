"""Clusters that tell on what an earlier one began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator.models.clusters import Cluster, SharedTerm


@dataclass(frozen=True, slots=True)
class StoryVector:
    """A cluster as storylines compare it: its items' vectors, summed.

    `columns` (int32, ascending) and `weights` (float32) are as long as each other.
    """

    cluster_id: int
    first_at: datetime
    columns: bytes
    weights: bytes


@dataclass(frozen=True, slots=True)
class StoryLink:
    """Cluster `cluster_id` tells on what `previous_id` told, and why we think so.

    `score` is the cosine of the two (0 to 1), `carriers` how many words carry it.
    """

    cluster_id: int
    previous_id: int
    score: float
    carriers: float
    shared_terms: tuple[SharedTerm, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing one cluster with the archive came to.

    `keys` are its heaviest columns, by which later clusters find it, with their
    weights in thousandths; `link` is None where nothing earlier is like it.
    """

    cluster_id: int
    keys: Mapping[int, int]
    link: StoryLink | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One cluster of a storyline; the first has no `link`."""

    cluster: Cluster
    link: StoryLink | None
