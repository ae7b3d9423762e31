"""Titles to vectors by a real model, and what is said where there is none."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from aggregator.cli import main
from aggregator.clustering.meaning import WEIGHT, Sense
from aggregator.encoding import Meanings, open_encoder
from aggregator.encoding.headlines import HEADLINES
from aggregator.errors import EncodingError
from aggregator.models import Item
from tests.encoders import Lookup, minilm
from tests.test_grouping import week

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TITLES = (
    "Quake kills dozens in mountain province",
    "Death toll rises after strong earthquake in the highlands",
    "Central bank cuts rates for the first time in a decade",
    "",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return minilm(tmp_path_factory.mktemp("models") / "minilm")


@pytest.fixture(scope="module")
def meanings(folder: Path) -> Meanings:
    return Meanings(open_encoder(folder.name, folder.parent), "en")


def items_of(titles: Sequence[str]) -> list[Item]:
    return [
        Item(n, 1, "Demo", "Demo", "", title, "", "", None, NOW, NOW)
        for n, title in enumerate(titles)
    ]


def test_titles_of_one_event_are_alike_in_other_words(meanings: Meanings) -> None:
    X = meanings.of(items_of(TITLES))
    assert X.shape == (4, 384)
    assert X.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), [1, 1, 1, 0], atol=1e-3)
    assert X[0] @ X[1] > 0.4 > 0.15 > X[0] @ X[2]


def test_strangers_less_what_they_have_in_common_are_not_alike(
    meanings: Meanings,
) -> None:
    raw = meanings.of(items_of(HEADLINES))
    sense = Sense(meanings.model, meanings.common(raw))
    X = sense.rows(raw, np.full(len(raw), 8)) / np.sqrt(WEIGHT)
    between, before = X @ X.T, raw @ raw.T
    for gram in (between, before):
        np.fill_diagonal(gram, 0.0)
    assert abs(float(between.mean())) < 0.03 < float(before.mean())


def test_vectors_are_those_that_the_store_keeps(meanings: Meanings) -> None:
    X = meanings.of(items_of(TITLES))
    assert (meanings.unpacked(meanings.packed(X)) == X).all()


def test_the_order_of_titles_changes_no_vector(meanings: Meanings) -> None:
    items = items_of(HEADLINES[:20])
    backwards = meanings.of(items[::-1])[::-1]
    assert (meanings.of(items) == backwards).all()


def test_another_file_is_another_model(folder: Path, tmp_path: Path) -> None:
    twin = minilm(tmp_path / "minilm")
    first = open_encoder("minilm", folder.parent).model
    assert re.fullmatch(r"minilm@[0-9a-f]{12}", first)
    assert open_encoder("minilm", tmp_path).model == first
    text = (twin / "tokenizer.json").read_text("utf-8")
    (twin / "tokenizer.json").unlink()
    (twin / "tokenizer.json").write_text(text + "\n", "utf-8")
    assert open_encoder("minilm", tmp_path).model != first


def test_the_first_token_stands_for_the_text_where_the_model_says_so(
    folder: Path, tmp_path: Path
) -> None:
    by_first = minilm(tmp_path / "minilm")
    (by_first / "1_Pooling").mkdir()
    (by_first / "1_Pooling" / "config.json").write_text(
        '{"pooling_mode_cls_token": true}'
    )
    first, mean = (
        open_encoder("minilm", beside).encode(TITLES[:2])
        for beside in (tmp_path, folder.parent)
    )
    assert np.abs(first - mean).max() > 0.01
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no .onnx file"),
        ({"model.onnx": b"x"}, "no tokenizer.json"),
        ({"model.onnx": b"x", "tokenizer.json": b"{}"}, "no sentence encoder"),
    ],
)
def test_a_folder_without_a_model_says_what_it_lacks(
    tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    (tmp_path / "models").mkdir()
    for name, data in files.items():
        (tmp_path / "models" / name).write_bytes(data)
    with pytest.raises(EncodingError, match=re.escape(said)):
        open_encoder("models", tmp_path)


def test_a_folder_that_is_not_there_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(EncodingError) as caught:
        open_encoder("nowhere", tmp_path)
    assert str(tmp_path / "nowhere") in str(caught.value)
    assert "take 'semantic:' out" in str(caught.value)


def test_a_missing_library_is_named_with_the_way_out(tmp_path: Path) -> None:
    """An environment without the extra: what a process sees that cannot find them."""
    script = (
        "import sys\n"
        "sys.modules['onnxruntime'] = sys.modules['tokenizers'] = None\n"
        "from pathlib import Path\n"
        "from aggregator.encoding import open_encoder\n"
        "from aggregator.errors import EncodingError\n"
        "try:\n"
        "    open_encoder('models', Path('.'))\n"
        "except EncodingError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "onnxruntime and tokenizers" in done.stdout
    assert "pip install 'topic-aggregator[semantic]'" in done.stdout


def test_no_library_is_loaded_unless_a_model_is_opened() -> None:
    script = (
        "import sys, aggregator.archive, aggregator.pipeline, aggregator.cli\n"
        "import aggregator.grouping, aggregator.encoding\n"
        "print([m for m in ('onnxruntime', 'tokenizers', 'huggingface_hub') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("breaks", "said"),
    [("raise", "out of memory"), ("shape", "47 numbers"), ("nan", "no number")],
)
def test_an_encoder_that_fails_is_told_from_one_that_works(
    breaks: str, said: str
) -> None:
    meanings = Meanings(Lookup(breaks=breaks, word="poison"), "en")
    assert meanings.of(items_of(["all is well"])).shape == (1, 48)
    with pytest.raises(EncodingError, match=said):
        meanings.of(items_of(["a poison title", "another"]))


class Hub(http.server.BaseHTTPRequestHandler):
    """Serves one model as the hub does: a hash and a commit with every file."""

    folder: Path
    asked: list[str]

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if "/lab/other/" in path:
            self._refuse("RepoNotFound")
            return
        _, _, name = path.partition("/lab/mini/resolve/main/")
        file = self.folder / name
        if not name or not file.is_file():
            self._refuse("EntryNotFound")
            return
        body = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{len(body):040x}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _refuse(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(folder: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("OneHub", (Hub,), {"folder": folder, "asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    serving.join()
    server.server_close()


def opened(name: str, endpoint: str, cache: Path) -> str:
    """Open a model in a process of its own: the hub's library reads its surroundings once."""
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from aggregator.encoding import open_encoder\n"
        "from aggregator.errors import EncodingError\n"
        "try:\n"
        "    encoder = open_encoder(sys.argv[1], Path(sys.argv[2]))\n"
        "    print(encoder.model, encoder.encode(['one text']).shape)\n"
        "except EncodingError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, name, str(cache)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(cache),
            "HF_HUB_DISABLE_XET": "1",
        },
    )
    return done.stdout


def test_a_model_of_the_hub_is_fetched_once(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    endpoint, asked = hub
    said = opened("lab/mini", endpoint, tmp_path)
    assert re.match(r"mini@[0-9a-f]{12} \(1, 384\)", said), said
    assert any(path.endswith("/model.onnx") for path in asked)
    asked.clear()
    assert opened("lab/mini", endpoint, tmp_path) == said
    assert asked == []


def test_a_model_that_the_hub_lacks_is_told_with_the_way_out(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    said = opened("lab/other", hub[0], tmp_path)
    assert "lab/other could not be fetched" in said
    assert "name a local folder" in said


def test_check_names_the_line_and_cluster_takes_the_encoder_from_the_file(
    folder: Path, tmp_path: Path
) -> None:
    config = tmp_path / "feeds.yaml"
    text = "settings:\n  semantic: {{model: {}}}\nfeeds: [https://a.example/feed]\n"
    config.write_text(text.format("nowhere"), "utf-8")
    said = CliRunner().invoke(main, ["check", str(config)])
    assert said.exit_code == 2
    assert f"{config}:2: settings.semantic.model: 'nowhere': there is no" in said.output
    config.write_text(text.format(folder), "utf-8")
    said = CliRunner().invoke(main, ["check", str(config)])
    assert said.exit_code == 0, said.output
    rows = [
        {"id": item.id, "title": item.title, "published": item.at.isoformat()}
        for item in week()
    ]
    items = tmp_path / "items.jsonl"
    items.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    found = []
    for options in ([], ["--config", str(config)]):
        out = tmp_path / "out.jsonl"
        command = ["cluster", str(items), "-o", str(out), *options]
        assert CliRunner().invoke(main, command).exit_code == 0
        found.append(out.read_text("utf-8"))
        assert found[-1].count("\n") == len(rows)
    assert found[0] != found[1]
