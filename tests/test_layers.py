"""Imports run downhill only, and siblings never import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    {"errors", "models", "limits", "dates", "stopping", "memory"},
    {
        "text",
        "wording",
        "sameness",
        "coverage",
        "edits",
        "lifecycle",
        "words",
        "patterns",
        "corrections",
        "reclustering",
        "replay",
        "retuning",
        "instance",
        "serving",
    },
    {"identity", "config"},
    {
        "store",
        "fetch",
        "parse",
        "polling",
        "clustering",
        "encoding",
        "copies",
        "topics",
        "demo",
    },
    {"trends", "trials"},
    {"grouping", "brief", "push", "moves", "alerts"},
    {"editions", "delivery", "rehearsal"},
    {"passes", "archive", "discovery"},
    {"pipeline"},
    {"schedule"},
    {"daemon"},
    {"cli"},
)
WEB_MAY_IMPORT = {
    "aggregator.brief",
    "aggregator.brief.alarms",
    "aggregator.brief.manifest",
    "aggregator.brief.page",
    "aggregator.brief.sentences",
    "aggregator.brief.values",
    "aggregator.config",
    "aggregator.copies.reports",
    "aggregator.corrections",
    "aggregator.editions",
    "aggregator.edits",
    "aggregator.errors",
    "aggregator.models",
    "aggregator.moves",
    "aggregator.push.websub",
    "aggregator.retuning",
    "aggregator.store",
    "aggregator.store.base",
    "aggregator.text",
    "aggregator.trials",
    "aggregator.trends.charts",
    "aggregator.trends.reading",
    "aggregator.wording",
}
ONE_MODULE_EACH = {
    "apprise": {"aggregator/delivery/program.py"},
    "feedparser": {"aggregator/parse/document.py"},
    "apscheduler": {"aggregator/schedule.py"},
    "re2": {"aggregator/patterns.py"},
    "Stemmer": {"aggregator/words/stems.py"},
    "huggingface_hub": {"aggregator/encoding/hub.py"},
    "onnxruntime": {"aggregator/encoding/onnx.py"},
    "tokenizers": {"aggregator/encoding/onnx.py"},
    "sqlite_utils": {"aggregator/store/schema.py"},
    "aiohttp": {
        "aggregator/fetch/client.py",
        "aggregator/fetch/dialling.py",
        "aggregator/fetch/lookups.py",
    },
}
NUMERIC = ("numpy", "scipy", "sklearn")
MAY_BE_NUMERIC = (
    "aggregator/clustering/",
    "aggregator/encoding/",
    "aggregator/grouping/",
    "aggregator/topics/lessons.py",
)


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module == "aggregator":
                yield from (f"aggregator.{alias.name}" for alias in node.names)
            else:
                yield node.module


def unit_of(path: Path) -> str:
    return path.relative_to(ROOT / "aggregator").with_suffix("").parts[0]


def layer_of(unit: str) -> int:
    return next(n for n, units in enumerate(LAYERS) if unit in units)


def test_every_module_has_one_layer() -> None:
    units = {unit_of(path) for path in sources("aggregator")} - {"__init__", "__main__"}
    assert units == set().union(*LAYERS)
    assert sum(map(len, LAYERS)) == len(units)


@pytest.mark.parametrize(
    "path", sources("aggregator"), ids=lambda p: str(p.relative_to(ROOT))
)
def test_imports_run_downhill(path: Path) -> None:
    unit = unit_of(path)
    if unit in ("__init__", "__main__"):
        return
    for name in imports(path):
        if name == "web" or name.startswith("web."):
            assert unit == "cli", f"only cli may know web, not {path.name}"
        if not name.startswith("aggregator."):
            continue
        other = name.split(".")[1]
        if other not in (unit, "__version__"):
            assert layer_of(other) < layer_of(unit), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sources("web"), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_site_knows_the_store_and_what_is_pure(path: Path) -> None:
    known = {name for name in imports(path) if name.split(".")[0] == "aggregator"}
    assert known <= WEB_MAY_IMPORT


@pytest.mark.parametrize("library", ONE_MODULE_EACH)
def test_a_library_is_known_to_the_modules_that_are_for_it(library: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for folder in ("aggregator", "web")
        for path in sources(folder)
        if any(name.split(".")[0] == library for name in imports(path))
    }
    assert users == ONE_MODULE_EACH[library]


def test_arithmetic_stays_in_the_numeric_modules() -> None:
    for folder in ("aggregator", "web"):
        for path in sources(folder):
            name = str(path.relative_to(ROOT))
            if not name.startswith(MAY_BE_NUMERIC):
                tops = {module.split(".")[0] for module in imports(path)}
                assert not tops & set(NUMERIC), name
