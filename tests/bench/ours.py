"""Our poller as a program: one pass, or one look at the store, a line of its input."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from aggregator.config import load_settings
from aggregator.passes.polls import PollPass
from aggregator.pipeline import utc_now
from aggregator.store import open_store


def main() -> None:
    """Poll every feed of a feeds.yaml whenever a line comes."""
    settings = load_settings(Path(sys.argv[1]))
    store = open_store(sys.argv[2])
    store.sync_feeds(settings.feeds, utc_now())
    polls = PollPass(store, settings, utc_now, threading.Event())
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "poll":
            counts = polls.run(due_only=False)
            print(counts.polled, counts.failed, counts.new_items, flush=True)
        else:
            found = len(store.search("announced", limit=1_000_000))
            print(store.status().item_count, found, flush=True)
    polls.close()
    store.close()


main()
