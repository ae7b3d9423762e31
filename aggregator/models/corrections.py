"""What people said about clusters, and what every later pass obeys because of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CorrectionKind(StrEnum):
    """What a person said of a cluster."""

    MERGE = "merge"
    """It and another report one event."""
    SPLIT = "split"
    """Some of its items report another event, one of their own."""
    MOVE = "move"
    """Some of its items belong to another cluster."""
    PART = "part"
    """It and another do not report one event, whatever they share."""
    UNMERGE = "unmerge"
    """Another, which was merged into it, is another event, and stands again."""
    PIN = "pin"
    """It is right as it is called and cut."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A correction as somebody asks for it; `other_id` and `item_ids` by its kind.

    Which items an `UNMERGE` is about follows from who was in the merged cluster.
    """

    kind: CorrectionKind
    cluster_id: int
    other_id: int | None = None
    item_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said of a cluster, and how far the clusters have followed.

    The tick takes it up (`taken_at`) or says in `problem` why it cannot. `result_id`
    is the cluster that its items went to. It can be undone: asked for at `undone_at`,
    taken up at `restored_at`.
    """

    id: int
    asked: Asked
    who: str
    said_at: datetime
    taken_at: datetime | None = None
    problem: str = ""
    result_id: int | None = None
    undone_at: datetime | None = None
    undone_by: str = ""
    restored_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether the clusters have yet to follow it, or its undoing."""
        return self.taken_at is None or (
            self.undone_at is not None and self.restored_at is None
        )


@dataclass(frozen=True, slots=True)
class Transfer:
    """Items that go from one cluster to another, which may be new or stand again.

    `is_split` says that the other is new, and cut off from the first.
    """

    from_id: int
    to_id: int
    item_ids: tuple[int, ...]
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class Constraint:
    """Pairs of items that follow from one correction.

    Any two of `together` must be in one cluster; an item of one of the sides `apart`
    must not be in a cluster with an item of another side.
    """

    correction_id: int
    together: frozenset[int] = frozenset()
    apart: tuple[frozenset[int], ...] = ()

    @property
    def item_ids(self) -> frozenset[int]:
        """Every item that it is about."""
        return self.together.union(*self.apart)


@dataclass(frozen=True, slots=True)
class Bonds:
    """All that people said and did not take back, with where its items are now.

    `pins` maps pinned clusters to the headlines that they keep.
    """

    constraints: tuple[Constraint, ...] = ()
    places: tuple[tuple[int, int], ...] = ()
    """(item, cluster) of each item of the constraints."""
    pins: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TakenUp:
    """How one correction, or its undoing, changed the clusters."""

    correction_id: int
    is_undoing: bool = False
    constraint: Constraint | None = None
    result_id: int | None = None
    problem: str = ""
