"""Clustering: B-cubed on the open sets through the command, and items a second."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from aggregator.archive import read_items
from aggregator.config import Settings
from aggregator.grouping import Grouper
from aggregator.topics import TopicScorer, compile_topics
from tests.bench.ground import ROOT, shared, show
from tests.encoders import minilm
from tests.spanish import EVENTS

BATCH = 500
SEMANTIC = """
settings:
  semantic: {model: minilm}
feeds:
  - https://bench.example/feed
"""
SETS = ("groundnews2025", "allsides", "ecbplus")


def score(script: str, *arguments: str) -> dict[str, Any]:
    """Return what one of the shared scorers prints."""
    path = shared() / "bench" / script
    done = subprocess.run(
        [sys.executable, str(path), *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def command(*arguments: str) -> float:
    """Run our command; return its seconds."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "aggregator", *arguments],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def _without_summaries(path: Path, folder: Path) -> Path:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) | {"summary": ""} for line in lines]
    bare = folder / "headlines.jsonl"
    bare.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return bare


def _sets(folder: Path) -> list[list[str]]:
    data = shared() / "bench" / "clustering"
    rows: list[list[str]] = []
    config = folder / "feeds.yaml"
    config.write_text(SEMANTIC, encoding="utf-8")
    minilm(folder / "minilm")
    names = (*SETS, "headlines of groundnews2025")
    for name, options in [
        *((name, []) for name in names),
        *((name, ["--config", str(config)]) for name in names),
    ]:
        gold = data / f"{name.rpartition(' ')[2]}.jsonl.gz"
        items = gold if name in SETS else _without_summaries(gold, folder)
        said = folder / "clusters.jsonl"
        seconds = command("cluster", str(items), "-o", str(said), *options)
        told = f"{name}, semantic" if options else name
        rows.append(_row(told, gold, said, seconds))
    return [*rows, _spanish(folder)]


def _spanish(folder: Path) -> list[str]:
    """Score our own small Spanish set, its texts in one shuffled order."""
    told = [(event, text) for event, texts in EVENTS.items() for text in texts]
    Random(7).shuffle(told)  # noqa: S311 - an order, not a secret
    gold, said = folder / "spanish.jsonl", folder / "clusters.jsonl"
    gold.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"{number}",
                    "title": title,
                    "summary": summary,
                    "published": f"2026-03-{1 + number // 24:02}T{number % 24:02}:00:00Z",
                    "story": event,
                }
            )
            + "\n"
            for number, (event, (title, summary)) in enumerate(told)
        ),
        encoding="utf-8",
    )
    seconds = command("cluster", str(gold), "-o", str(said))
    return _row("Spanish, our own", gold, said, seconds)


def _row(name: str, gold: Path, said: Path, seconds: float) -> list[str]:
    result = score("score_clusters.py", str(gold), str(said))
    return [
        name,
        f"{result['b3_precision']:.3f}",
        f"{result['b3_recall']:.3f}",
        f"{result['b3_f1']:.3f}",
        f"{result['n_stories']}",
        f"{result['n_clusters']}",
        f"{seconds:.1f}",
    ]


def _throughput(window: timedelta) -> list[list[str]]:
    """Cluster the stream as the daemon does, batch after batch; show when it slows."""
    path = shared() / "bench" / "stream" / "world2026_a.jsonl.gz"
    items = sorted((item for _, item in read_items(path)), key=lambda i: (i.at, i.id))
    grouper = Grouper(TopicScorer(compile_topics(())), window)
    rows: list[list[str]] = []
    done = 0
    for tenth in range(1, 6):
        until, began, first = len(items) * tenth // 5, time.perf_counter(), done
        while done < until:
            batch = items[done : done + BATCH]
            grouper.assign(batch, batch[-1].at)
            done += len(batch)
        seconds = time.perf_counter() - began
        rows.append(
            [f"items {first:,} to {done:,}", f"{(done - first) / seconds:,.0f}"]
        )
    return rows


def main(_options: Sequence[str]) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name:
        rows = _sets(Path(name))
    show(["set", "precision", "recall", "B-cubed F1", "stories", "clusters", "s"], rows)
    print()
    show(
        ["the stream, in batches of 500", "items/s"],
        _throughput(Settings().cluster_window),
    )
