"""The sentence encoder: what is asked for, what it made, how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """The encoder that feeds.yaml names: none, where `model` is empty.

    Titles in `language` get a meaning, others none: so no encoder joins texts of two
    languages. `line` is where the model stands in the file.
    """

    model: str = ""
    language: str = "en"
    line: int = 0


@dataclass(frozen=True, slots=True)
class ItemMeaning:
    """What an item's title means to one model: a unit vector as float16 bytes.

    All zeros where the title means nothing to it.
    """

    item_id: int
    model: str
    vector: bytes


class EncoderStage(StrEnum):
    """How far the encoder is."""

    LOADING = "loading"
    ENCODING = "encoding"
    ON = "on"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EncoderState:
    """How the encoder is doing, for people; until it is `ON` clusters come from words.

    `done` of `total` items of the open window have a meaning.
    """

    model: str
    stage: EncoderStage
    done: int = 0
    total: int = 0
    error: str = ""
