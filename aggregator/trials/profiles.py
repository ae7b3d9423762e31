"""The examples of topics x the stored stream -> what they teach."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from aggregator.limits import EXAMPLE_TEXTS
from aggregator.models import Profile, Topic
from aggregator.store.base import Reader
from aggregator.topics import is_address, learn

log = logging.getLogger(__name__)


def learned(
    reader: Reader, topics: Sequence[Topic], texts: int = EXAMPLE_TEXTS
) -> Mapping[str, Profile]:
    """Learn from the examples of topics with the help of the newest `texts` stored.

    An address at which nothing is stored is logged, and teaches nothing.
    """
    addresses = [one for topic in topics for one in topic.examples if is_address(one)]
    stored = {
        url: (item.title, item.summary)
        for url, item in (reader.items_at(addresses) if addresses else {}).items()
    }
    for missing in sorted(set(addresses) - set(stored)):
        log.warning(
            "example_unknown url=%s: no item with this address is stored", missing
        )
    return learn(topics, reader.newest_texts(texts), stored)
