"""The name of a model -> an encoder, from a folder or from the hub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.config import Settings
from aggregator.encoding.meanings import Meanings
from aggregator.errors import EncodingError

if TYPE_CHECKING:
    from aggregator.encoding.onnx import OnnxEncoder

NEEDS = ("onnxruntime", "tokenizers", "huggingface_hub")
WAY_OUT = "or take 'semantic:' out of the settings"

# Smaller first: int8 costs a third of the time and no quality that could be measured.
GRAPHS = (
    "onnx/model_qint8_avx512.onnx",
    "onnx/model_quantized.onnx",
    "onnx/model_int8.onnx",
    "onnx/model.onnx",
    "model_quantized.onnx",
    "model.onnx",
)
TOKENIZER = "tokenizer.json"
POOLING = "1_Pooling/config.json"
_ON_THE_HUB = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this disk: its graph, its tokenizer, how its rows become one."""

    graph: Path
    tokenizer: Path
    pooling: Path | None


def open_meanings(settings: Settings) -> Meanings:
    """Return what the settings ask for.

    Raises `EncodingError`, which names file, line, key, value and the way out.
    """
    choice = settings.semantic
    try:
        encoder = open_encoder(choice.model, settings.path.parent)
        return Meanings(encoder, choice.language)
    except EncodingError as error:
        raise EncodingError(
            f"{settings.path}:{choice.line}: settings.semantic.model: "
            f"'{choice.model}': {error}"
        ) from error


def open_encoder(name: str, beside: Path) -> OnnxEncoder:
    """Return the encoder of a folder, or of a model on the hub, `owner/name`.

    A folder that is no absolute path lies beside feeds.yaml, in `beside`. What the
    hub has is asked for once; later the copy on this disk is used, without a
    network. Raises `EncodingError`, which says what is missing and the way out.
    """
    missing = [package for package in NEEDS if find_spec(package) is None]
    if missing:
        raise EncodingError(
            f"needs {' and '.join(missing)}; install them with "
            f"pip install 'topic-aggregator[semantic]', {WAY_OUT}"
        )
    # here, because these load 90 MB of libraries
    from aggregator.encoding.hub import from_hub
    from aggregator.encoding.onnx import OnnxEncoder

    folder = beside / Path(name).expanduser()
    if folder.is_dir():
        files = from_folder(folder)
    elif _ON_THE_HUB.fullmatch(name):
        files = from_hub(name)
    else:
        raise EncodingError(
            f"there is no folder {folder}; name one that holds {TOKENIZER} and an .onnx "
            f"file, or a model of the hub as owner/name, {WAY_OUT}"
        )
    return OnnxEncoder(Path(name).name, files, _pools_by_first(files.pooling))


def from_folder(folder: Path) -> ModelFiles:
    """Return the files of a model in `folder`; raises `EncodingError`."""
    known = [folder / graph for graph in GRAPHS]
    graph = _first(path for path in (*known, *sorted(folder.glob("*.onnx"))))
    tokenizer = _first([folder / TOKENIZER])
    for path, what in ((graph, "no .onnx file"), (tokenizer, f"no {TOKENIZER}")):
        if path is None:
            raise EncodingError(
                f"{what} in {folder}; a sentence encoder exported to ONNX has both, "
                f"{WAY_OUT}"
            )
    assert graph and tokenizer  # noqa: S101  # for the type checker: said above
    return ModelFiles(graph, tokenizer, _first([folder / POOLING]))


def _first(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def _pools_by_first(pooling: Path | None) -> bool:
    """Return whether the first token's row stands for the text, not the mean of all."""
    if pooling is None:
        return False
    try:
        said = json.loads(pooling.read_bytes())
    except (OSError, ValueError) as error:
        raise EncodingError(f"{pooling} cannot be read: {error}") from error
    return isinstance(said, dict) and bool(said.get("pooling_mode_cls_token"))
