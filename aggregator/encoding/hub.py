"""A model of the Hugging Face hub -> its files; the only module that asks the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from huggingface_hub import hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

from aggregator.encoding.models import GRAPHS, POOLING, TOKENIZER, WAY_OUT, ModelFiles
from aggregator.errors import EncodingError


def from_hub(name: str) -> ModelFiles:
    """Return the files of a model, from this disk if they were fetched before.

    Raises `EncodingError` where the hub does not answer or has no such model.
    """
    kept = _files(name, _kept)
    if kept is None:
        kept = _files(name, _fetched)
    if kept is None:
        raise EncodingError(
            f"{name} on the hub has no {TOKENIZER} and .onnx file; name a sentence "
            f"encoder that has both, {WAY_OUT}"
        )
    return kept


def _files(name: str, file_of: Callable[[str, str], Path | None]) -> ModelFiles | None:
    tokenizer = file_of(name, TOKENIZER)
    graphs = (file_of(name, graph) for graph in GRAPHS)
    graph = next((path for path in graphs if path), None) if tokenizer else None
    if graph is None or tokenizer is None:
        return None
    return ModelFiles(graph, tokenizer, file_of(name, POOLING))


def _kept(name: str, file: str) -> Path | None:
    """Return one file from this disk; the library asks the hub nothing for it."""
    path = try_to_load_from_cache(name, file)
    return Path(path) if isinstance(path, str) else None


def _fetched(name: str, file: str) -> Path | None:
    """Return one file of the hub, None where there is none of this name."""
    try:
        return Path(hf_hub_download(name, file))
    except LocalEntryNotFoundError as error:  # one of the next, and says: no network
        raise _unreachable(name, error) from error
    except EntryNotFoundError:
        return None
    except Exception as error:  # whatever its HTTP client raises, and no such model
        raise _unreachable(name, error) from error


def _unreachable(name: str, error: Exception) -> EncodingError:
    reason = str(error).strip().partition("\n")[0]
    return EncodingError(
        f"{name} could not be fetched from the hub: {reason}; look whether it is "
        f"spelled as there, fetch it once with a network, name a local folder, {WAY_OUT}"
    )
