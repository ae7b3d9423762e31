"""Runs benchmarks by name, or all of them."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "polling",
    "clustering",
    "corrections",
    "topics",
    "web",
    "brief",
    "trends",
    "scale",
)
PROOFS = {
    "scale": "scale",
    "replay": "replay_month",
    "soak": "soak",
    "briefs": "briefs",
    "poll_log": "poll_log",
}
"""What says yes or no, and takes its time: runs alone, with options of its own."""


def main() -> None:
    """Run what the command line names."""
    if sys.argv[1:] and (proof := PROOFS.get(sys.argv[1])):
        sys.exit(import_module(f"tests.bench.{proof}").main(sys.argv[2:]))
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    options = [name for name in sys.argv[1:] if name.startswith("-")]
    if unknown := set(names) - set(NAMES):
        sys.exit(
            f"no benchmark {unknown.pop()!r}; there are: {', '.join([*NAMES, *PROOFS])}"
        )
    for name in names or NAMES:
        print(f"\n== {name} ==", flush=True)
        import_module(f"tests.bench.{name}").main(options)


main()
