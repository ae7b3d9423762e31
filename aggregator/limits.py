"""Every limit that hostile or careless input runs into, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MiB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one feed may cost. Names end in their unit or hold `timedelta`s."""

    # fetching
    lookup: timedelta = timedelta(seconds=10)
    lookup_count: int = 32  # look-ups under way, abandoned ones among them
    address_count: int = 4  # addresses of one name that are tried
    connect: timedelta = timedelta(seconds=10)
    silence: timedelta = timedelta(seconds=30)  # between two bytes
    total: timedelta = timedelta(seconds=45)  # from the look-up to the last byte
    wire_bytes: int = 10 * MiB
    decoded_bytes: int = 20 * MiB
    redirects: int = 5

    # parsing
    parse_cpu: timedelta = timedelta(seconds=15)
    parse_wall: timedelta = timedelta(seconds=20)
    parse_memory_bytes: int = 768 * MiB

    # what is kept of an entry
    entry_count: int = 2_000
    title_chars: int = 1_000
    author_chars: int = 300
    category_chars: int = 100
    category_count: int = 50
    html_chars: int = 100_000  # looked at to make plain text
    text_chars: int = 100_000
    guid_chars: int = 2_000  # a longer one is kept as its hash
    url_chars: int = 2_000  # a longer one is dropped
    validator_chars: int = 4_000  # a longer one is never sent back
