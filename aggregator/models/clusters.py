"""The items that report one event, and every decision about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from aggregator.models.corrections import TakenUp, Transfer
from aggregator.models.items import Carrier, ItemVector
from aggregator.models.lifecycle import LifecycleState
from aggregator.models.topics import TopicScore


@dataclass(frozen=True, slots=True)
class Cluster:
    """The items that report one event, as lists show them."""

    id: int
    headline: str
    words: tuple[str, ...]
    item_count: int
    source_count: int
    first_at: datetime
    last_at: datetime
    merged_into: int | None = None
    split_from: int | None = None
    report_count: int = 0
    """How many original texts its items carry; `source_count` outlets carry them."""
    independent_count: int = 0
    """How many publishers, or agencies, these texts come from."""
    state: LifecycleState = LifecycleState.EMERGING
    state_since: datetime | None = None
    """By the times of its reports; None only for a cluster that has none."""


@dataclass(frozen=True, slots=True)
class OpenCluster:
    """A cluster that can still grow, as the clusterer needs it.

    `columns` and `weights` are the sparse sum of its members' vectors, `n_terms` how
    many columns all of them had; `members` are those that it can still part with.
    """

    id: int
    size: int
    first_at: datetime
    last_at: datetime
    columns: bytes
    weights: bytes
    n_terms: int = 0
    members: tuple[ItemVector, ...] = ()


class DecisionKind(StrEnum):
    """What was decided about an item, or about two clusters (`MERGED`).

    Two clusters that agree were not merged, for a rule (`REFUSED`): as for `MERGED`,
    there is no item. A person's correction moved it (`CORRECTED`) and, undone, moved it back
    (`RESTORED`); clustering everything again moved it (`RECLUSTERED`).
    """

    JOINED = "joined"
    OPENED = "opened"
    MOVED = "moved"
    MERGED = "merged"
    SET_ASIDE = "set_aside"
    REFUSED = "refused"
    CORRECTED = "corrected"
    RESTORED = "restored"
    RECLUSTERED = "reclustered"


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word that an item and its cluster share, and its part of the score (0 to 1)."""

    term: str
    part: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an item is where it is: one row of the ledger, never recomputed.

    `score` is the similarity (0 to 1) to the cluster it joined or, where it opened
    one, to the best cluster that it did not join; `margin` is `score` less the
    runner-up's (joined) or less the threshold (otherwise).

    An item that was moved, by whatever kind of decision, came from cluster
    `runner_up_id`, and `who` says whose correction it was. For a split, `MOVED`, and where clusters were
    `MERGED`, there is no item, and `runner_up_id` went into `cluster_id`. For both,
    `score` is how well the two sides agree, and `threshold` what was asked for; of a
    lone item that was merged into a cluster, as `rule` says, they are those of a join.

    `parts` are what the score was made of: for an item, its cosines with the cluster's
    `centroid` and, on average, with its `members`, and what `time` left of them:
    sqrt(centroid * members) * time.
    """

    item_id: int | None
    cluster_id: int | None
    kind: DecisionKind
    score: float
    threshold: float
    runner_up_id: int | None
    runner_up_score: float
    margin: float
    shared_terms: tuple[SharedTerm, ...]
    rule: str
    config_hash: str
    decided_at: datetime
    who: str = ""
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterUpdate:
    """A cluster's row after a grouping."""

    state: OpenCluster
    headline: str
    words: tuple[str, ...]
    topic_scores: tuple[TopicScore, ...]
    why: str = ""
    """Why the headline is another than before, if it is."""


@dataclass(frozen=True, slots=True)
class HeadlineChange:
    """A cluster's headline that gave way to another, when, and why in plain words."""

    cluster_id: int
    old: str
    new: str
    changed_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Split:
    """Items that left `cluster_id` for a new cluster."""

    cluster_id: int
    child_id: int
    item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """A cluster that went into another."""

    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True)
class Moves:
    """What a batch moved: items join as `decisions` say, then `splits`, then `merges`."""

    decisions: tuple[Decision, ...] = ()
    splits: tuple[Split, ...] = ()
    merges: tuple[Merge, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    """After all else; a cluster that they leave without an item leads to where its
    items went, and one that gets items stands, even if it was gone."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """A plan: everything that clustering some batches of items changes."""

    decided_at: datetime
    clusters: tuple[ClusterUpdate, ...] = ()
    """As they are after all `moves`."""
    moves: tuple[Moves, ...] = ()
    """One a batch, in order."""
    taken: TakenUp | None = None
    """The correction that this follows."""
    note: str = ""
    """What the audit log says of clustering everything again."""
    carriers: tuple[Carrier, ...] = ()
    """In place of what is known of these items."""
    vectors: tuple[ItemVector, ...] = ()
    model: str = ""
    """What the meanings in `vectors` were made with; empty: they have none."""
    forget_before: datetime | None = None
    """Vectors of older items are needed no more."""
    item_topics: Mapping[int, tuple[TopicScore, ...]] = field(default_factory=dict)
    term_counts: tuple[tuple[int, int], ...] = ()
    """(column, document frequency) of every term whose frequency changed."""
    document_count: int = 0
    """0 where nothing was learned."""
