"""Items and whose text each carries -> reports with their carriers; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from aggregator.copies.families import Families
from aggregator.models import Carrier, Evidence, Item


@dataclass(frozen=True, slots=True)
class Copy:
    """One that carried a report after its first, how much later, and the evidence."""

    item: Item
    lag: timedelta
    carrier: Carrier


@dataclass(frozen=True, slots=True)
class Report:
    """One original text: who had it first, and who carried it, in order of time."""

    first: Item
    agency: str = ""
    copies: tuple[Copy, ...] = ()

    @property
    def outlet_count(self) -> int:
        """How many outlets carry it; one that tells it twice counts once."""
        return len({self.first.source, *(copy.item.source for copy in self.copies)})


def fold(items: Sequence[Item], carriers: Mapping[int, Carrier]) -> tuple[Report, ...]:
    """Put each item under the text that it carries, the first to report first.

    An item of which nothing is known is a report of its own.
    """
    groups: dict[int, list[Item]] = {}
    for item in sorted(items, key=lambda item: (item.at, item.id)):
        known = carriers.get(item.id)
        groups.setdefault(known.origin_id if known else item.id, []).append(item)
    return tuple(
        Report(
            first,
            carriers[first.id].agency if first.id in carriers else "",
            tuple(Copy(item, item.at - first.at, carriers[item.id]) for item in copies),
        )
        for first, *copies in groups.values()
    )


def keep_origins(
    carriers: Sequence[Carrier], known: Mapping[int, int]
) -> tuple[Carrier, ...]:
    """Name the first item of reports that began before the items looked at.

    `known` maps items to the first one of their text, as it was found before.
    """
    here = {carrier.item_id for carrier in carriers}
    firsts: dict[int, int] = {}
    for carrier in carriers:
        first = known.get(carrier.item_id, carrier.item_id)
        if first not in here:
            firsts[carrier.origin_id] = min(first, firsts.get(carrier.origin_id, first))
    return tuple(
        _moved(carrier, firsts[carrier.origin_id])
        if carrier.origin_id in firsts
        else carrier
        for carrier in carriers
    )


def _moved(carrier: Carrier, origin_id: int) -> Carrier:
    """Put a carrier under an earlier first item, which it is a copy of by others."""
    evidence = carrier.evidence
    if evidence is Evidence.ORIGIN:
        evidence = Evidence.CHAIN
    return replace(carrier, origin_id=origin_id, evidence=evidence)


def renamed(
    carrier: Carrier, item: Item, firsts: Mapping[int, Item], families: Families
) -> Carrier:
    """Name publisher and voice anew; `firsts` are the first items of reports by id."""
    first = firsts.get(carrier.origin_id, item)
    voice = families.of(
        carrier.agency or first.source, "" if carrier.agency else first.url
    )
    return replace(carrier, family=families.of(item.source, item.url), voice=voice)
