"""Runs benchmarks by name, or all of them."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("polling", "clustering", "topics", "web")


def main() -> None:
    """Run what the command line names."""
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    options = [name for name in sys.argv[1:] if name.startswith("-")]
    if unknown := set(names) - set(NAMES):
        sys.exit(f"no benchmark {unknown.pop()!r}; there are: {', '.join(NAMES)}")
    for name in names or NAMES:
        print(f"\n== {name} ==", flush=True)
        import_module(f"tests.bench.{name}").main(options)


main()
