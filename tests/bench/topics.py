"""Topics: how well the shipped border policy topic finds what editors filed there."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.clustering import command, score
from tests.bench.ground import ROOT, shared, show

TOPIC, GOLD_TOPIC = "border-policy", "immigration"


def main(_options: Sequence[str]) -> None:
    """Score the open set through the command and print what the scorer says."""
    gold = shared() / "bench" / "topics" / "allsides_topics.jsonl.gz"
    with tempfile.TemporaryDirectory() as name:
        said = Path(name) / "scores.jsonl"
        seconds = command(
            *("topics", "score", str(gold), "-o", str(said), "--topic", TOPIC),
            *("--config", str(ROOT / "feeds.yaml")),
        )
        result = score(
            *("score_topics.py", str(gold), str(said)),
            *("--gold-topic", GOLD_TOPIC, "--topic", TOPIC),
        )
    rows = [[name.replace("_", " "), value] for name, value in result.items()]
    per_second = f"{result['n_items'] / seconds:,.0f}"
    show([f"{GOLD_TOPIC}, by {TOPIC}", ""], [*rows, ["items/s", per_second]])
