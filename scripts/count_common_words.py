"""Write aggregator/words/commonwords.py: how common words are in a stream of news items.

    python scripts/count_common_words.py ITEMS.jsonl[.gz] > words

What it prints goes between the braces there.

ITEMS holds one item a line with `title`, `summary` and `published`. A word counts once
an item; its share is the median over eight equal parts of the stream, in the order of
`published`, so that the news of one week does not pass for the language. Shares are
rounded to steps, so that the file can be read and a new one compared with it.
"""

from __future__ import annotations

import gzip
import html
import json
import sys
from collections import Counter
from pathlib import Path
from statistics import median

from aggregator.text import plain_text
from aggregator.words.tokens import stem, tokens

STEPS = (0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.006, 0.004, 0.003, 0.002, 0.0015)
PARTS = 8
WIDTH = 84
LIMIT = 2_000


def shares(path: Path) -> dict[str, float]:
    """Return the median share of items that have each stem."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        items = sorted(map(json.loads, lines), key=lambda item: item["published"])
    size = -(-len(items) // PARTS)
    counts = []
    for start in range(0, len(items), size):
        part = items[start : start + size]
        count: Counter[str] = Counter()
        for item in part:
            text = f"{item['title'] or ''} {item['summary'] or ''}"
            text = plain_text(html.unescape(text), LIMIT)  # some feeds escape twice
            count.update({stem(word) for word in tokens(text)})
        counts.append({word: n / len(part) for word, n in count.items()})
    words = set().union(*counts)
    return {word: median(count.get(word, 0.0) for count in counts) for word in words}


def main() -> None:
    """Print the table, the most common words first."""
    steps: dict[float, list[str]] = {step: [] for step in STEPS}
    for word, share in shares(Path(sys.argv[1])).items():
        if share >= STEPS[-1] * 0.8 and word.isalpha() and word.isascii():
            steps[min(STEPS, key=lambda step: abs(step - share) / step)].append(word)
    for step, words in steps.items():
        lines = [""]
        for word in sorted(words):
            if len(lines[-1]) + len(word) >= WIDTH - 8:
                lines.append("")
            lines[-1] += f" {word}"
        body = "\n".join("       " + line for line in lines)
        sys.stdout.write(f'    {step}: """\n{body}\n    """,\n')


if __name__ == "__main__":
    main()
