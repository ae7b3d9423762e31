"""What people and the service itself did: who, when, to what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that was done; rows are never changed.

    `subject_kind` and `subject_id` name what it was done to, such as "feed" and "12";
    `action` is a verb phrase that reads after `who`, `note` what else is to be said.
    """

    id: int
    at: datetime
    who: str
    action: str
    subject_kind: str
    subject_id: str
    note: str = ""
