"""The settings of the daily brief."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True)
class BriefSettings:
    """When a brief is made and kept, and what it covers."""

    at: time = time(7)
    """By the clock of the settings' zone."""
    window: timedelta = timedelta(hours=24)
    silence: timedelta = timedelta(hours=12)
    """How long no feed may say anything new before the brief cries out."""
    enabled: bool = True
