"""A sentence encoder as an ONNX graph; the only module that knows onnxruntime."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from aggregator.errors import EncodingError

if TYPE_CHECKING:
    from aggregator.encoding.models import ModelFiles

MAX_TOKENS = 64  # a title has 16, or 26 at most in 19 of 20
AT_ONCE = 8  # 140 titles a second; 99 one by one, 89 by 32: padding costs more


class OnnxEncoder:
    """Texts -> unit vectors, on one thread: the site and the polls have the others.

    Attributes
    ----------
    model : str
        The model's name and the hash of its files: an exchanged file is another model.
    """

    def __init__(self, name: str, files: ModelFiles, pools_by_first: bool) -> None:
        """Raises `EncodingError` where the files are no sentence encoder."""
        self._pools_by_first = pools_by_first
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep the largest batch for good
        options.log_severity_level = 3
        try:
            graph = files.graph.read_bytes()
            self._session = InferenceSession(
                str(files.graph), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        except Exception as error:  # both libraries raise their own, or bare ones
            raise EncodingError(
                f"{files.graph} and {files.tokenizer.name} beside it are no sentence "
                f"encoder that can be loaded: {error}"
            ) from error
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        self._inputs = [one.name for one in self._session.get_inputs()]
        digest = hashlib.sha256(graph + files.tokenizer.read_bytes()).hexdigest()
        self.model = f"{name}@{digest[:12]}"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return unit rows, one a text.

        Texts of like length go together, whatever order they come in: the rows of an
        int8 graph depend a little on those beside them.
        """
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
        rows: list[Any] = [None] * len(texts)
        for start in range(0, len(order), AT_ONCE):
            places = order[start : start + AT_ONCE]
            found = self._rows([texts[place] for place in places])
            for place, row in zip(places, found, strict=True):
                rows[place] = row
        return np.array(rows, dtype=np.float32)

    def _rows(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        said = self._tokenizer.encode_batch(texts)
        mask = np.array([one.attention_mask for one in said], dtype=np.int64)
        given = {
            "input_ids": np.array([one.ids for one in said], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        found = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        if found.ndim == 3:  # one row a token
            weights = mask[:, :, None].astype(np.float32)
            found = (
                found[:, 0]
                if self._pools_by_first
                else (found * weights).sum(axis=1) / weights.sum(axis=1)
            )
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        unit: npt.NDArray[np.float32] = found / np.maximum(lengths, 1e-12)
        return unit
