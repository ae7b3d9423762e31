"""A cluster and what was read with it -> the card that a reader sees; pure."""

from __future__ import annotations

from collections import defaultdict

from aggregator.brief.figures import conflicts
from aggregator.brief.materials import Materials, Occasion
from aggregator.brief.values import Card, Line, Part, Silent, Title, TopicName
from aggregator.models import (
    Cluster,
    ClusterCard,
    Decision,
    DecisionKind,
    Item,
    LifecycleState,
)

TITLE_COUNT = 3
SHARED_COUNT = 4
FADING = frozenset({LifecycleState.FADING, LifecycleState.DORMANT})


def line_of(cluster: Cluster, note: str = "", score: float | None = None) -> Line:
    """Return a cluster as one line."""
    return Line(
        cluster.id,
        cluster.headline,
        cluster.independent_count,
        cluster.last_at,
        note,
        score,
    )


class CardMaker:
    """Makes cards out of one brief's materials."""

    def __init__(self, materials: Materials, occasion: Occasion) -> None:
        self._materials = materials
        self._occasion = occasion
        self._names = {topic.slug: topic.name for topic in materials.topics}

    def added_count(self, cluster: Cluster) -> int | None:
        """Return how many sources told something new since the base, if there is one."""
        if self._occasion.base is None:
            return None
        standing = self._materials.standings.get(cluster.id)
        return standing.added_count if standing else cluster.independent_count

    def is_new(self, cluster: Cluster) -> bool:
        """Say whether nothing of a cluster was known at the base.

        Without one: whether it began within the window.
        """
        if self._occasion.base is None:
            return cluster.first_at >= self._occasion.since
        standing = self._materials.standings.get(cluster.id)
        return standing is None or not standing.known_count

    def part(self, cluster: Cluster) -> Part:
        """Return where a cluster stands: what is new is that first."""
        if self.is_new(cluster):
            return Part.NEW
        if cluster.state in FADING:
            return Part.FADING
        return Part.DEVELOPING

    def owner(self, cluster: Cluster) -> str:
        """Return whose story it is: who has half of its newest reports or more.

        A publisher, or an agency whose text others carry; of two that have half, the
        first. A cluster that many tell is nobody's: ''.
        """
        texts: dict[str, set[int]] = {}
        members = self._materials.members.get(cluster.id, ())
        for item in sorted(members, key=lambda item: (item.at, item.id)):
            carrier = self._materials.carriers.get(item.id)
            voice = carrier.voice if carrier else item.source
            texts.setdefault(voice, set()).add(
                carrier.origin_id if carrier else item.id
            )
        if not texts:
            return ""
        voice = max(texts, key=lambda voice: len(texts[voice]))
        return voice if 2 * len(texts[voice]) >= sum(map(len, texts.values())) else ""

    def card(self, card: ClusterCard, slug: str) -> Card:
        """Return the card that stands in the section of a topic ('': of none)."""
        cluster = card.cluster
        score = next((s for s in card.topics if s.slug == slug), None)
        first = self._materials.firsts.get(cluster.id)
        joins = self._joins(card)
        return Card(
            cluster_id=cluster.id,
            headline=cluster.headline,
            part=self.part(cluster),
            independent_count=cluster.independent_count,
            report_count=cluster.report_count,
            source_count=cluster.source_count,
            item_count=cluster.item_count,
            first_at=cluster.first_at,
            last_at=cluster.last_at,
            state=cluster.state,
            added_count=self.added_count(cluster),
            first_source=first.source if first else "",
            titles=_titles(card.items),
            score=round(score.score, 4) if score else None,
            matched=tuple(dict.fromkeys(score.matched)) if score else (),
            topics=tuple(
                TopicName(s.slug, self._names[s.slug])
                for s in card.topics
                if s.is_match and s.slug != slug and s.slug in self._names
            ),
            shared=_shared(joins),
            weakest=min((round(j.score, 4) for j in joins), default=None),
            needed=min((round(j.threshold, 4) for j in joins), default=None),
            conflicts=conflicts(self._materials.members.get(cluster.id, ())),
            previous=line_of(card.previous) if card.previous else None,
            silent=tuple(
                Silent(s.outlet, s.told_count, s.cluster_count)
                for s in self._materials.silent.get(cluster.id, ())
            ),
        )

    def _joins(self, card: ClusterCard) -> list[Decision]:
        """Return the ledger's rows by which the items shown joined, if any did."""
        rows = (self._materials.placements.get(item.id) for item in card.items)
        return [row for row in rows if row and row.kind is DecisionKind.JOINED]


def _shared(joins: list[Decision]) -> tuple[str, ...]:
    """Return the words that carried most of these joins."""
    parts: dict[str, float] = defaultdict(float)
    for join in joins:
        for term in join.shared_terms:
            parts[term.term] += term.part
    ranked = sorted(parts, key=lambda term: (-parts[term], term))
    return tuple(ranked[:SHARED_COUNT])


def _titles(items: tuple[Item, ...]) -> tuple[Title, ...]:
    """Return what three sources call it, those who chose words of their own first."""
    own: dict[str, Item] = {}
    for item in items:
        own.setdefault(" ".join(item.title.casefold().split()), item)
    copies = [item for item in items if item not in own.values()]
    chosen = [*own.values(), *copies][:TITLE_COUNT]
    return tuple(
        Title(item.id, item.source, item.title, item.url, item.at)
        for item in sorted(chosen, key=lambda item: (item.at, item.id), reverse=True)
    )
