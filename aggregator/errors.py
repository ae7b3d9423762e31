"""Every exception raised on purpose.

AggregatorError
├── ConfigError       feeds.yaml cannot be used; carries every problem found
├── FetchError        a URL could not be fetched; becomes the poll's error
├── ParseError        the bytes of a response are no feed that can be read
├── StoreError        the database refused
│   └── StoreVersion  the database was written by a newer version
├── EncodingError     the sentence encoder is missing, or gave no usable vectors
├── NotFound          nothing is stored under this id
└── AlreadyRunning    another daemon holds the data directory
"""

from __future__ import annotations


class AggregatorError(Exception):
    """Anything this project raises on purpose."""


class ConfigError(AggregatorError):
    """feeds.yaml cannot be used. `problems` holds one `Problem` per mistake."""


class FetchError(AggregatorError):
    """A URL could not be fetched; arguments are a short kind and a sentence."""

    @property
    def kind(self) -> str:
        """A word that groups errors: `timeout`, `dns`, `too_large`, …"""
        return str(self.args[0])

    def __str__(self) -> str:
        return str(self.args[-1])


class ParseError(AggregatorError):
    """A response is no feed that can be read; arguments as in `FetchError`."""

    @property
    def kind(self) -> str:
        """A word that groups errors: `html`, `empty`, `not_a_feed`, …"""
        return str(self.args[0])

    def __str__(self) -> str:
        return str(self.args[-1])


class StoreError(AggregatorError):
    """The database refused: locked, full, read-only or damaged."""


class StoreVersion(StoreError):
    """The database was written by a newer version of this program."""


class EncodingError(AggregatorError):
    """The sentence encoder cannot be loaded or failed; all goes on without it."""


class NotFound(AggregatorError):
    """Nothing is stored under this id."""


class AlreadyRunning(AggregatorError):
    """Another daemon holds the data directory."""
