"""The ledger's rows, in order -> who is with whom; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from aggregator.errors import AggregatorError
from aggregator.models import DecisionKind


class LedgerRow(NamedTuple):
    """What of a decision changes who is with whom.

    `other_id` is the cluster that an item left, or that went into `cluster_id`.
    """

    id: int
    kind: DecisionKind
    item_id: int | None
    cluster_id: int | None
    other_id: int | None


class ReplayError(AggregatorError):
    """A row of the ledger does not follow from those before it."""


_PLACED = (DecisionKind.JOINED, DecisionKind.OPENED)


class Replay:
    """Where every item is, by the rows read so far."""

    def __init__(self) -> None:
        self.places: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self.row_count = 0

    def read(self, rows: Iterable[LedgerRow]) -> None:
        """Go on by more rows; raises `ReplayError` at one that cannot be."""
        for row in rows:
            self.row_count += 1
            if row.kind in (DecisionKind.SET_ASIDE, DecisionKind.REFUSED):
                continue
            if row.cluster_id is None:
                raise ReplayError(f"decision {row.id} ({row.kind}) names no cluster")
            if row.kind is DecisionKind.MERGED:
                for item_id in self._members.pop(row.other_id or 0, set()):
                    self._put(item_id, row.cluster_id)
            elif row.item_id is None:
                raise ReplayError(f"decision {row.id} ({row.kind}) names no item")
            else:
                self._check(row, self.places.get(row.item_id))
                self._leave(row.item_id)
                self._put(row.item_id, row.cluster_id)

    def _check(self, row: LedgerRow, was: int | None) -> None:
        expected = None if row.kind in _PLACED else row.other_id
        if was != expected:
            raise ReplayError(
                f"decision {row.id} ({row.kind}) takes item {row.item_id} from "
                f"{_named(expected)}, but by the rows before it is in {_named(was)}"
            )

    def _leave(self, item_id: int) -> None:
        if item_id in self.places:
            self._members[self.places[item_id]].discard(item_id)

    def _put(self, item_id: int, cluster_id: int) -> None:
        self.places[item_id] = cluster_id
        self._members.setdefault(cluster_id, set()).add(item_id)

    def differences(self, memberships: Mapping[int, int]) -> Iterator[str]:
        """Yield how what is stored differs, by item."""
        for item_id in sorted(memberships.keys() | self.places.keys()):
            stored, replayed = memberships.get(item_id), self.places.get(item_id)
            if stored != replayed:
                yield (
                    f"item {item_id} is in {_named(stored)}, and by the ledger in "
                    f"{_named(replayed)}"
                )


def _named(cluster_id: int | None) -> str:
    return "no cluster" if cluster_id is None else f"cluster {cluster_id}"
