"""`MeaningReader` and `MeaningWriter`: what a sentence encoder made, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aggregator.models import EncoderState, Item, ItemMeaning


class MeaningReader(Protocol):
    """What is known of encoders; `model` names the one that is meant."""

    def encoder_state(self) -> EncoderState | None:
        """Return how the encoder is doing, None where none is asked for."""

    def meaning_counts(self, model: str) -> tuple[int, int]:
        """Return how many items of the open window have a meaning, and of how many."""

    def items_without_meaning(self, model: str, limit: int) -> tuple[Item, ...]:
        """Return items of the open window that this model has not read, newest first."""

    def newest_meanings(self, model: str, limit: int) -> tuple[bytes, ...]:
        """Return the vectors of the newest items that the model has read."""

    def common_meaning(self, model: str) -> tuple[bytes, int] | None:
        """Return what a stream's titles have in common (float32), and of how many."""


class MeaningWriter(Protocol):
    """What keeps meanings; each call is one transaction."""

    def save_meanings(self, meanings: Sequence[ItemMeaning]) -> None:
        """Store these in place of what older models made of the items."""

    def save_common_meaning(self, model: str, common: bytes, title_count: int) -> None:
        """Note what the titles have in common, for good."""

    def note_encoder(self, state: EncoderState | None) -> None:
        """Note how the encoder is doing; None: none is asked for."""
