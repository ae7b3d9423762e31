"""Topics: how well definitions find what editors filed there, and what they cost."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from aggregator.archive import read_items
from aggregator.config import Settings, load_settings
from aggregator.grouping import Grouper
from aggregator.grouping.assignment import membership
from aggregator.limits import COPY_MEMBERS
from aggregator.models import Group, Item, Near, Pattern, Topic
from aggregator.topics import TopicScorer, compile_topics
from tests.bench.clustering import command, score
from tests.bench.ground import ROOT, shared, show

TOPIC, GOLD_TOPIC = "border-policy", "immigration"
BY_EXAMPLES = "immigration-by-examples"
N_TOPICS, N_ITEMS, BATCH = 50, 6_000, 500
N_DRAWS, N_EACH = 5, 20
RANKING = ("average_precision", "precision_at_recall_50")


def main(_options: Sequence[str]) -> None:
    """Score the open set through the command, as the issue asks; then the cost."""
    gold = shared() / "bench" / "topics" / "allsides_topics.jsonl.gz"
    rows = [
        _row("terms", gold, "feeds.yaml", TOPIC),
        _row("three texts, no term", gold, "tests/bench/examples.yaml", BY_EXAMPLES),
    ]
    head = (*RANKING, "precision", "recall", "n_match", "items/s")
    show([GOLD_TOPIC, *(name.replace("_", " ") for name in head)], rows)
    print()
    show(["", *(name.replace("_", " ") for name in RANKING)], _with_answers(gold))
    print()
    show(
        [f"{N_TOPICS} topics, the stream's first {N_ITEMS:,}", "us an item", "share"],
        _cost(),
    )


def _row(told: str, gold: Path, config: str, topic: str) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        said = Path(name) / "scores.jsonl"
        seconds = command(
            *("topics", "score", str(gold), "-o", str(said), "--topic", topic),
            *("--config", str(ROOT / config)),
        )
        result = score(
            *("score_topics.py", str(gold), str(said)),
            *("--gold-topic", GOLD_TOPIC, "--topic", topic),
        )
    values = [f"{result[name]:.3f}" for name in (*RANKING, "precision", "recall")]
    per_second = f"{result['n_items'] / seconds:,.0f}"
    return [told, *values, str(result["n_match"]), per_second]


def _cost() -> list[list[str]]:
    """Hold scoring against clustering, both in CPU time of this process.

    Clustering is what the daemon does with a batch but for SQL: vectors, clusters,
    names, copies. `share` is scoring as a part of it.
    """
    path = shared() / "bench" / "stream" / "world2026_a.jsonl.gz"
    items = sorted((item for _, item in read_items(path)), key=lambda i: (i.at, i.id))
    items = items[:N_ITEMS]
    clustering = _clustering(items)
    rows = [["clustering", f"{clustering:.0f}", ""]]
    texts = load_settings(ROOT / "tests/bench/examples.yaml").topics[0].examples
    plain = _fifty()
    mixed = [
        replace(topic, **_MORE[number % 5](topic, texts[number % 3]))
        for number, topic in enumerate(plain)
    ]
    for told, topics in (
        ("plain lists of terms", plain),
        ("a fifth each stemmed, near and pattern, group, example", mixed),
    ):
        matcher = compile_topics(topics)
        began = time.process_time()
        for item in items:
            matcher.score(item.title, item.summary, item.feed_name)
        cost = (time.process_time() - began) / len(items) * 1e6
        rows.append([told, f"{cost:.0f}", f"{cost / clustering:.1%}"])
    return rows


def _clustering(items: Sequence[Item]) -> float:
    """Return the microseconds an item takes to cluster, without any topic."""
    grouper = Grouper(TopicScorer(compile_topics(())), Settings().cluster_window)
    members: dict[int, list[Item]] = {}
    known = {item.id: item for item in items}
    spent = 0.0
    for start in range(0, len(items), BATCH):
        batch = items[start : start + BATCH]
        began = time.process_time()
        assignment = grouper.assign(batch, batch[-1].at)
        before = {
            id: members[id][-COPY_MEMBERS:]
            for id in assignment.touched
            if id in members
        }
        moved = {id: known[id] for id in assignment.moved_items}
        grouper.plan([assignment], before, moved, {}, batch[-1].at)
        spent += time.process_time() - began
        for id, found in membership([assignment], members, moved).items():
            members[id] = list(found)
    return spent / len(items) * 1e6


def _fifty() -> list[Topic]:
    """The shipped topics again and again, under names of their own."""
    shipped = load_settings(ROOT / "feeds.yaml").topics
    return [
        replace(shipped[n % len(shipped)], slug=f"topic-{n}") for n in range(N_TOPICS)
    ]


_MORE: tuple[Callable[[Topic, str], dict[str, Any]], ...] = (
    lambda topic, text: {},
    lambda topic, text: {"stem": ("en",)},
    lambda topic, text: {
        "any": (*topic.any, Near(("border", "wall"), 8), Pattern(r"\d+ migrants?\b"))
    },
    lambda topic, text: {"any": (*topic.any, Group(all=("Mexico", "tariff")))},
    lambda topic, text: {"examples": (text,)},
)
"""What a fifth of the topics has beside its terms."""


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
