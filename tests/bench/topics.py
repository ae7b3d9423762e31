"""Topics: how well the shipped border policy topic finds what editors filed there."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from tests.bench.clustering import command, score
from tests.bench.ground import ROOT, shared, show

TOPIC, GOLD_TOPIC = "border-policy", "immigration"
N_DRAWS, N_EACH = 5, 20
RANKING = ("average_precision", "precision_at_recall_50")


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
    print()
    show(["", *(name.replace("_", " ") for name in RANKING)], _with_answers(gold))


def _with_answers(gold: Path) -> list[list[str]]:
    """Score after answers drawn from the labels, and after some on what terms find."""
    with gzip.open(gold, "rt", encoding="utf-8") as lines:
        labels = {
            row["id"]: row["topic"] == GOLD_TOPIC for row in map(json.loads, lines)
        }
    rows = []
    with tempfile.TemporaryDirectory() as name:
        said, given = Path(name) / "scores.jsonl", Path(name) / "answers.jsonl"
        scoring = ("topics", "score", str(gold), "-o", str(said), "--topic", TOPIC)
        command(*scoring, "--config", str(ROOT / "feeds.yaml"))
        scores = [json.loads(line) for line in said.read_text("utf-8").splitlines()]
        found = [row["id"] for row in scores if row["score"] > 0.0]
        for told, drawn_from in (("drawn at random", list(labels)), ("found", found)):
            results = []
            for seed in range(N_DRAWS):
                given.write_text(_draw(drawn_from, labels, seed), encoding="utf-8")
                command(
                    *(*scoring, "--config", str(ROOT / "feeds.yaml")),
                    *("--answers", str(given)),
                )
                results.append(
                    score(
                        *("score_topics.py", str(gold), str(said)),
                        *("--gold-topic", GOLD_TOPIC, "--topic", TOPIC),
                    )
                )
            means = (fmean(result[name] for result in results) for name in RANKING)
            rows.append(
                [
                    f"{N_EACH} yes, {N_EACH} no, {told}: mean of {N_DRAWS}",
                    *(f"{mean:.3f}" for mean in means),
                ]
            )
    return rows


def _draw(ids: Sequence[int], labels: Mapping[int, bool], seed: int) -> str:
    """Return a file of answers: as many yes as no, by the labels."""
    dice = random.Random(seed)  # noqa: S311  # repeatable
    lines = []
    for answer, wanted in (("yes", True), ("no", False)):
        drawn = dice.sample([id for id in ids if labels[id] is wanted], N_EACH)
        lines += [json.dumps({"id": id, "answer": answer}) for id in drawn]
    return "\n".join(lines)
