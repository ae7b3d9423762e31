"""The examples of topics x the stored stream -> what they teach."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from aggregator.limits import EXAMPLE_TEXTS
from aggregator.models import Profile, Topic
from aggregator.store.base import Reader
from aggregator.topics import is_address, learn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnknownExample:
    """An example that is the address of no stored item, and where it stands (0: unknown)."""

    topic: Topic
    url: str
    line: int


def unknown_examples(
    reader: Reader, topics: Sequence[Topic]
) -> tuple[UnknownExample, ...]:
    """Return the examples at whose address nothing is stored, in their order."""
    found = [
        UnknownExample(topic, one, line)
        for topic in topics
        for one, line in zip(
            topic.examples,
            topic.example_lines or (0,) * len(topic.examples),
            strict=True,
        )
        if is_address(one)
    ]
    stored = reader.items_at([example.url for example in found]) if found else {}
    return tuple(example for example in found if example.url not in stored)


def learned(
    reader: Reader,
    topics: Sequence[Topic],
    texts: int = EXAMPLE_TEXTS,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Mapping[str, Profile]:
    """Learn from the examples of topics with the help of the newest `texts` stored.

    An address at which nothing is stored is logged, and teaches nothing. Once
    `is_stopped`, no more is read: what is returned then is of no use.
    """
    addresses = [one for topic in topics for one in topic.examples if is_address(one)]
    stored = {
        url: (item.title, item.summary)
        for url, item in (reader.items_at(addresses) if addresses else {}).items()
    }
    missing: dict[str, list[str]] = defaultdict(list)
    for one in unknown_examples(reader, topics):
        missing[one.topic.slug].append(one.url)
        log.warning(
            "example_unknown topic=%s line=%d url=%s: no item with this address is stored",
            one.topic.slug,
            one.line,
            one.url,
        )
    stream = takewhile(lambda _: not is_stopped(), reader.newest_texts(texts))
    found = learn(topics, stream, stored)
    return {
        slug: replace(profile, missing=tuple(missing[slug]))
        for slug, profile in found.items()
    }
