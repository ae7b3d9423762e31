"""lemon24/reader as a program, as `ours` is; without its search, which costs extra."""

from __future__ import annotations

import sys
from pathlib import Path

from reader import make_reader


def main() -> None:
    """Update every feed of a list whenever a line comes, as `ours` does."""
    reader = make_reader(sys.argv[2])
    for url in Path(sys.argv[1]).read_text(encoding="utf-8").split():
        reader.add_feed(url)
    workers = int(sys.argv[3])
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "poll":
            done = list(reader.update_feeds_iter(scheduled=False, workers=workers))
            failed = sum(isinstance(one.value, Exception) for one in done)
            print(len(done), failed, flush=True)
        else:
            print(reader.get_entry_counts().total, flush=True)
    reader.close()


main()
