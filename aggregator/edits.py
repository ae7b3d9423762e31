"""What an item said before, and now -> the edits of its headline and lead; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from aggregator.models import Item, Revision

LEAD_CHARS = 200


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of an item's headline, or of its lead; `at` is when we saw it."""

    at: datetime
    is_headline: bool
    before: str
    after: str


def lead_of(summary: str) -> str:
    """Return how a text begins, with single spaces, cut between words."""
    text = " ".join(summary.split())
    if len(text) <= LEAD_CHARS:
        return text
    return text[:LEAD_CHARS].rpartition(" ")[0] + " …"


def edits_of(item: Item, revisions: Sequence[Revision]) -> tuple[Edit, ...]:
    """Return an item's edits, oldest first; `revisions` are its own, oldest first."""
    said = [(r.title, lead_of(r.summary)) for r in revisions]
    said.append((item.title, lead_of(item.summary)))
    return tuple(
        Edit(revision.replaced_at, is_headline, before[part], after[part])
        for revision, (before, after) in zip(revisions, pairwise(said), strict=True)
        for part, is_headline in ((0, True), (1, False))
        if before[part] != after[part]
    )
