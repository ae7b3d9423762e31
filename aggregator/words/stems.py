"""Words -> what is left of them without their endings; the only module that knows Snowball."""

from __future__ import annotations

from collections.abc import Callable

import Stemmer

STEM_LANGUAGES = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
"""ISO 639-1 codes and Snowball's names."""


def stemmer(language: str) -> Callable[[str], str]:
    """Return what cuts the ending off a word in lower case: "raided" becomes "raid".

    Each one is for one thread: PyStemmer keeps state in it.
    """
    stem: Callable[[str], str] = Stemmer.Stemmer(STEM_LANGUAGES[language], 0).stemWord
    return stem
