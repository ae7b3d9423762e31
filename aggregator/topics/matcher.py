"""Texts x topic definitions -> scores from 0 to 1 with the words that matched.

A term is a word or a phrase. It matches whole words, whatever their case and accents:
`ai` never matches `training`. A `*` at its end matches any ending (`deport*`); a plural
or a possessive of the text matches its singular (`visa`: visas, visa's), not the other
way round (`Dreamers`: no dreamer). White space in a phrase stands for white space or a
hyphen. A `=` in front asks for the case as written: `=ICE` is the agency, never ice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from aggregator.models import Profile, Topic, TopicScore
from aggregator.topics.examples import language, learn
from aggregator.topics.likeness import Like, Likeness, places
from aggregator.topics.points import HALF_POINTS, matched, points_of
from aggregator.topics.reading import Hit, Reading
from aggregator.topics.terms import Terms


class TopicMatcher:
    """Topics made ready: one walk over a text finds the terms of all of them.

    One thread at a time. `profiles` holds what was learned from examples, by slug;
    topics with examples that stand there not are learned from these alone.
    """

    def __init__(
        self, topics: Iterable[Topic], profiles: Mapping[str, Profile] | None = None
    ) -> None:
        self.topics = tuple(topics)
        self.thresholds = {topic.slug: topic.threshold for topic in self.topics}
        self._terms = Terms(self.topics)
        known = profiles or {}
        self._likeness = Likeness(
            {
                number: profile
                for number, topic in enumerate(self.topics)
                if topic.examples
                for profile in (known.get(topic.slug) or learn([topic])[topic.slug],)
                if profile.weights
            }
        )
        self._scoped = {n for n, topic in enumerate(self.topics) if topic.feeds}
        self._spoken = {n for n, topic in enumerate(self.topics) if topic.languages}

    def score(self, title: str, summary: str, feed: str = "") -> tuple[TopicScore, ...]:
        """Score a text for every topic it touches, in the topics' order.

        A text's points for a topic are

            title     1.5 + ln(1 + n) for n > 0 mentions in the title
            summary   ln(1 + n) for n mentions in the summary; one inside a longer term
                      counts a third, one beyond the 80th word 80 / position
            echo      0.5 where the same term stands in both
            examples  1.6 for each time it is as like them as half a score asks for

        and the score is 1 - 2 ** (-points / 1.6); a term counts three times at most in
        each, and as often as its boost says. Where a term of `none` is present, or one
        of `all` is missing, or there are too few mentions, the score is held at half
        the threshold, so that `is_match` and `score >= threshold` are one. `parts` add
        up to the score. A topic without `any` and examples matches on `all` alone. A
        text of another feed or language than a topic is for has no score for it.
        """
        heads = Reading(title, self._terms.lexicon)
        body = Reading(summary, self._terms.lexicon)
        in_title, in_summary = self._terms.find(heads), self._terms.find(body)
        like: Mapping[int, Like] = {}
        spoken = ""
        if self._likeness or self._spoken:
            spoken = language(heads, body)
        if self._likeness:
            like = self._likeness.of(heads, body, spoken)
        scores = []
        for number in sorted(in_title.keys() | in_summary.keys() | like.keys()):
            if not self._is_for(number, feed, spoken):
                continue
            score = self._topic_score(
                number,
                (heads, in_title.get(number, [])),
                (body, in_summary.get(number, [])),
                like.get(number),
            )
            if score:
                scores.append(score)
        return tuple(scores)

    def _is_for(self, number: int, feed: str, spoken: str) -> bool:
        topic = self.topics[number]
        if number in self._scoped and feed not in topic.feeds:
            return False
        # a text of names alone is of no language, and might be of any
        return number not in self._spoken or not spoken or spoken in topic.languages

    def _topic_score(
        self,
        number: int,
        title: tuple[Reading, Sequence[Hit]],
        summary: tuple[Reading, Sequence[Hit]],
        like: Like | None,
    ) -> TopicScore | None:
        topic, condition = self.topics[number], self._terms.conditions[number]
        counts = Counter(hit.term for _, hits in (title, summary) for hit in hits)
        if like is None and not condition.is_touched(counts):
            return None
        told = condition.told(counts)
        found = [
            (text, [h for h in hits if h.term in told])
            for text, hits in (title, summary)
        ]
        points = points_of(found[0][1], found[1][1], self._terms.boosts)
        marks = [(reading.text, list(hits)) for reading, hits in found]
        if like is not None:
            points["examples"] = HALF_POINTS * like.halves
        if like is not None and like.words:
            for (reading, _), (_, hits) in zip(found, marks, strict=True):
                hits += places(reading, like.words)
        if not points:  # a term of `any` that is one of `none`, too
            return None
        mentions = sum(counts[term] for term in told)
        is_held = not condition.is_allowed(counts) or mentions < topic.min_repeat > 1
        return _scored(topic, points, is_held, matched(marks))


def _scored(
    topic: Topic, points: Mapping[str, float], is_held: bool, words: tuple[str, ...]
) -> TopicScore:
    total = math.fsum(points.values())
    score = 1 - 2 ** (-total / HALF_POINTS)
    parts = [(name, score * share / total) for name, share in points.items()]
    if is_held and score > topic.threshold / 2:
        parts.append(("held", topic.threshold / 2 - score))
        score = topic.threshold / 2
    return TopicScore(
        slug=topic.slug,
        score=score,
        is_match=not is_held and score >= topic.threshold,
        matched=words,
        parts=tuple(parts),
    )


def compile_topics(
    topics: Iterable[Topic], profiles: Mapping[str, Profile] | None = None
) -> TopicMatcher:
    """Make topics ready to score texts; a term without letters or digits is ignored."""
    return TopicMatcher(topics, profiles)
