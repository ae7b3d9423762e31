"""What a person said + the clusters as they stand -> items to move, pairs to obey; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from aggregator.errors import NotFound
from aggregator.models import (
    Asked,
    Cluster,
    Constraint,
    Correction,
    CorrectionKind,
    Item,
    TakenUp,
    Transfer,
)

NEEDS_OTHER = (
    CorrectionKind.MERGE,
    CorrectionKind.MOVE,
    CorrectionKind.PART,
    CorrectionKind.UNMERGE,
)
NEEDS_ITEMS = (CorrectionKind.SPLIT, CorrectionKind.MOVE, CorrectionKind.UNMERGE)
EVERY_ITEM = 10**9

Members = Mapping[int, Sequence[Item]]
"""All items of the clusters that a correction is about, by the clusters' ids."""


class Stored(Protocol):
    """What is asked of the store."""

    def cluster(self, cluster_id: int) -> Cluster:
        """Return one cluster."""

    def cluster_items(self, cluster_id: int, limit: int = 500) -> tuple[Item, ...]:
        """Return a cluster's items."""

    def brought_along(self, cluster_id: int, gone_id: int) -> tuple[int, ...]:
        """Return the items of a cluster that were in one which went into it."""


def as_of_today(asked: Asked, stored: Stored) -> tuple[Asked, Members]:
    """Return what is asked for with the ids of today, and the items of its clusters.

    Merged clusters are followed to where they lead.
    """
    here = _today(asked.cluster_id, stored)
    if asked.kind is CorrectionKind.UNMERGE:
        gone = asked.other_id or 0
        if _today(gone, stored) == here != gone:
            asked = replace(asked, item_ids=stored.brought_along(here, gone))
        members = {here: stored.cluster_items(here, EVERY_ITEM)}
        return replace(asked, cluster_id=here), members
    other = None if asked.other_id is None else _today(asked.other_id, stored)
    ids = {id for id in (here, other) if id is not None}
    members = {id: stored.cluster_items(id, EVERY_ITEM) for id in ids}
    return replace(asked, cluster_id=here, other_id=other), members


def _today(id: int, stored: Stored) -> int:
    try:
        return stored.cluster(id).merged_into or id
    except NotFound:
        return id


def problem_of(asked: Asked, members: Members, pinned: Collection[int]) -> str:
    """Return why a correction cannot be followed, and the way out, or ''.

    Both are `as_of_today`; `members` lacks the items of clusters that are not stored.
    """
    ids = [asked.cluster_id, asked.other_id]
    if asked.kind is CorrectionKind.UNMERGE:
        ids.pop()
        if asked.other_id and not asked.item_ids:
            return (
                f"Nothing of cluster {asked.other_id} is in cluster {asked.cluster_id} "
                "any more: it has been taken apart already."
            )
    for id in ids:
        if id is not None and not members.get(id):
            return (
                f"There is no cluster {id}. Write the number of one, or its address, "
                "such as 12 or /clusters/12."
            )
    if asked.kind in NEEDS_OTHER:
        if asked.other_id is None:
            return "Say which other cluster: its number, or its address."
        if asked.other_id == asked.cluster_id:
            return (
                f"Both are cluster {asked.cluster_id} by now: name another one, or "
                "split this one."
            )
    if asked.kind in NEEDS_ITEMS and (problem := _items_problem(asked, members)):
        return problem
    if asked.kind is CorrectionKind.PIN and asked.cluster_id in pinned:
        return f"Cluster {asked.cluster_id} is pinned already: nothing to do."
    return ""


def _items_problem(asked: Asked, members: Members) -> str:
    here = {item.id for item in members[asked.cluster_id]}
    if not asked.item_ids:
        return "No item is checked: check those that are meant."
    if strangers := sorted(set(asked.item_ids) - here):
        return (
            f"Item {strangers[0]} is not in cluster {asked.cluster_id}: it may have "
            "been moved since the page was loaded. Load it again and check anew."
        )
    leaves_none = asked.kind is not CorrectionKind.MOVE and here <= set(asked.item_ids)
    if leaves_none:
        return (
            f"All {len(here)} items of cluster {asked.cluster_id} are checked: leave "
            "out those that shall stay."
        )
    return ""


def follow(
    correction: Correction,
    asked: Asked,
    members: Members,
    pinned: Collection[int],
    mint: Callable[[], int],
) -> tuple[tuple[Transfer, ...], TakenUp]:
    """Return what to move because of a correction, and the pairs to obey from now on.

    `asked` is what it asks for with the ids of today. `mint` gives the id of a new
    cluster. Of two merged, a pinned one keeps its id, then the larger, then the older.
    """
    if problem := problem_of(asked, members, pinned):
        return (), TakenUp(correction.id, problem=problem)
    here = members[asked.cluster_id]
    other = asked.other_id or 0
    there = members.get(other, ())
    chosen = frozenset(asked.item_ids)
    rest = frozenset(item.id for item in here) - chosen
    transfers: tuple[Transfer, ...] = ()
    together: frozenset[int] = frozenset()
    apart: tuple[frozenset[int], ...] = ()
    result = asked.cluster_id
    if asked.kind is CorrectionKind.MERGE:
        kept, gone = sorted(
            (asked.cluster_id, other),
            key=lambda id: (id not in pinned, -len(members[id]), id),
        )
        transfers = (Transfer(gone, kept, _ids(members[gone])),)
        together, result = frozenset((*_ids(here), *_ids(there))), kept
    elif asked.kind is CorrectionKind.SPLIT:
        result = mint()
        transfers = (
            Transfer(asked.cluster_id, result, tuple(sorted(chosen)), is_split=True),
        )
        together, apart = chosen, (chosen, rest)
    elif asked.kind is CorrectionKind.UNMERGE:
        result = other
        transfers = (Transfer(asked.cluster_id, result, tuple(sorted(chosen))),)
        apart = (chosen, rest)
    elif asked.kind is CorrectionKind.MOVE:
        result = other
        transfers = (Transfer(asked.cluster_id, result, tuple(sorted(chosen))),)
        together = chosen | {_first(there)}
        apart = (chosen, rest) if rest else ()
    elif asked.kind is CorrectionKind.PART:
        apart = (frozenset(_ids(here)), frozenset(_ids(there)))
    constraint = Constraint(correction.id, together, apart)
    return transfers, TakenUp(correction.id, constraint=constraint, result_id=result)


def undo(
    correction: Correction,
    moved: Sequence[Transfer],
    emptied: Collection[int],
    places: Mapping[int, int],
    clusters: Mapping[int, Cluster],
) -> tuple[tuple[Transfer, ...], TakenUp]:
    """Return what goes back because a correction was taken back.

    An item goes back if it still is where the correction put it, wherever that
    cluster went meanwhile. The cluster that it came from stands again if this
    correction emptied it; if something else did, later, the item goes where that one
    leads now. `clusters` holds those of `moved`.
    """
    back: dict[tuple[int, int], list[int]] = {}
    for transfer in moved:
        put = clusters[transfer.to_id].merged_into or transfer.to_id
        home = transfer.from_id
        leads_to = clusters[home].merged_into
        if leads_to is not None and home not in emptied:
            home = leads_to
        for item_id in transfer.item_ids:
            if places.get(item_id) == put != home:
                back.setdefault((put, home), []).append(item_id)
    transfers = tuple(
        Transfer(put, home, tuple(ids)) for (put, home), ids in back.items()
    )
    return transfers, TakenUp(correction.id, is_undoing=True)


def _ids(items: Sequence[Item]) -> tuple[int, ...]:
    return tuple(item.id for item in items)


def _first(items: Sequence[Item]) -> int:
    """Return the first report: what is moved to a cluster goes wherever this goes."""
    return min(items, key=lambda item: (item.at, item.id)).id
