"""Titles -> vectors of a sentence encoder, where the settings name one; else never loaded."""

from aggregator.encoding.meanings import Encoder, Meanings
from aggregator.encoding.models import open_encoder, open_meanings

__all__ = ["Encoder", "Meanings", "open_encoder", "open_meanings"]
