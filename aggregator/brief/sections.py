"""Clusters -> what leads, what is folded to a line, what only counts; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from aggregator.brief.cards import CardMaker, line_of
from aggregator.brief.materials import Materials, Occasion
from aggregator.brief.values import Card, Line, Part, Section, TopicName
from aggregator.models import Cluster, ClusterCard, Topic, TopicScore

LEAD_COUNT = 9
SHARE = LEAD_COUNT // 3
"""So many leads of a section may be one source's: it has half of their reports."""
SINGLE_COUNT = 5
LINE_COUNT = 5
"""Of each kind of line: unchanged, held back, shown elsewhere."""
NEAR_COUNT = 5
OTHER_COUNT = 10
ASKED = LEAD_COUNT + SINGLE_COUNT + 3 * LINE_COUNT
"""How many clusters of a topic are worth reading."""

_ORDER = tuple(Part)


def sections(
    materials: Materials, occasion: Occasion
) -> tuple[tuple[Section, ...], Section]:
    """Return the topics' sections, in the operator's order, and the other stories.

    Within a topic, clusters of several independent reports come first, by their
    number, then by the number of outlets, then by how much they are about the topic,
    then by their newest item. Of these, a cluster that has had no new independent
    report since the base folds to one line; so does one of which a source has half of the
    reports that has `SHARE` leads already. The leads stand as new, developing and fading. Clusters of
    a single source follow, ranked alike: one outlet's many items are one voice, and so
    is one agency's text in many outlets, so neither makes a lead. A cluster of two
    topics is shown under the first that has room for it and named in one line under
    the other. Other stories are those on no topic at all, ranked alike.
    """
    maker = CardMaker(materials, occasion)
    shown: dict[int, Topic] = {}
    found = tuple(
        _section(topic, materials, occasion, maker, shown) for topic in materials.topics
    )
    others = _Filling(maker, "", OTHER_COUNT)
    for card in _ranked(materials.others, "", occasion, maker):
        others.take(card)
    return found, others.section(None)


def _ranked(
    cards: Sequence[ClusterCard], slug: str, occasion: Occasion, maker: CardMaker
) -> list[ClusterCard]:
    """Return the clusters of the window, and those of before that came to us since."""
    within = [
        card
        for card in cards
        if card.cluster.last_at >= occasion.since or maker.added_count(card.cluster)
    ]
    return sorted(within, key=lambda card: rank(card, slug))


def score_of(card: ClusterCard, slug: str) -> TopicScore | None:
    """Return a cluster's score for a topic."""
    return next((score for score in card.topics if score.slug == slug), None)


def rank(card: ClusterCard, slug: str) -> tuple[int, int, float, float, int]:
    """Sort key: lower is better; ids, newest first, make it total."""
    score = score_of(card, slug)
    cluster = card.cluster
    return (
        -cluster.independent_count,
        -cluster.source_count,
        -(score.score if score else 0.0),
        -cluster.last_at.timestamp(),
        -cluster.id,
    )


def _section(
    topic: Topic,
    materials: Materials,
    occasion: Occasion,
    maker: CardMaker,
    shown: dict[int, Topic],
) -> Section:
    """Fill one topic's section, and note in `shown` what it shows."""
    cards = materials.cards.get(topic.slug, ())
    filling = _Filling(maker, topic.slug, LEAD_COUNT)
    references: list[Line] = []
    for card in _ranked(cards, topic.slug, occasion, maker):
        cluster = card.cluster
        if cluster.id not in shown:
            if filling.take(card):
                shown[cluster.id] = topic
        elif len(references) < LINE_COUNT:
            references.append(line_of(cluster, shown[cluster.id].name))
    name = TopicName(topic.slug, topic.name)
    total = max(materials.counts.get(topic.slug, 0), len(cards))
    return filling.section(
        name,
        tuple(references),
        total - filling.named_count - len(references),
        _near(materials.near.get(topic.slug, ()), topic.slug),
    )


def _near(cards: Sequence[ClusterCard], slug: str) -> tuple[Line, ...]:
    """Return what just missed a topic, the nearest first."""
    lines = []
    for card in cards[:NEAR_COUNT]:
        score = score_of(card, slug)
        source = card.items[0].source if card.items else ""
        lines.append(line_of(card.cluster, source, score.score if score else None))
    return tuple(lines)


class _Filling:
    """A section that fills up, best cluster first."""

    def __init__(self, maker: CardMaker, slug: str, lead_count: int) -> None:
        self._maker = maker
        self._slug = slug
        self._lead_count = lead_count
        self._leads: list[Card] = []
        self._singles: list[Card] = []
        self._lines: Mapping[str, list[Line]] = {"held": [], "unchanged": []}
        self._owners: Counter[str] = Counter()

    @property
    def named_count(self) -> int:
        """How many clusters the section names."""
        lines = sum(map(len, self._lines.values()))
        return len(self._leads) + len(self._singles) + lines

    def take(self, card: ClusterCard) -> bool:
        """Give a cluster its place; return whether there was room for one."""
        cluster = card.cluster
        if self._maker.added_count(cluster) == 0 and not self._maker.is_new(cluster):
            return self._fold("unchanged", cluster)
        if cluster.independent_count <= 1:
            return self._place(self._singles, SINGLE_COUNT, card)
        owner = self._maker.owner(cluster)
        if owner and self._owners[owner] >= SHARE:
            return self._fold("held", cluster, owner)
        if self._place(self._leads, self._lead_count, card):
            self._owners[owner] += 1
            return True
        return False

    def _place(self, place: list[Card], room: int, card: ClusterCard) -> bool:
        if len(place) >= room:
            return False
        place.append(self._maker.card(card, self._slug))
        return True

    def _fold(self, name: str, cluster: Cluster, note: str = "") -> bool:
        # a single source's story that has not moved is worth no line
        if cluster.independent_count <= 1 or len(self._lines[name]) >= LINE_COUNT:
            return False
        self._lines[name].append(line_of(cluster, note))
        return True

    def section(
        self,
        topic: TopicName | None,
        references: tuple[Line, ...] = (),
        more_count: int = 0,
        near: tuple[Line, ...] = (),
    ) -> Section:
        """Return what has come together."""
        return Section(
            topic,
            tuple(sorted(self._leads, key=lambda card: _ORDER.index(card.part))),
            tuple(self._lines["held"]),
            tuple(self._lines["unchanged"]),
            tuple(self._singles),
            references,
            near,
            more_count,
        )
