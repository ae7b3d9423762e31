"""The program that sends one message; the only module that knows Apprise.

It runs apart from the daemon (`delivery.sending`): Apprise takes 36 MB and its services
each have time-outs of their own. It reads one JSON object from standard input and
writes one; what it is given stands in no argument and no file.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import apprise

UNKNOWN = (
    "is no address that Apprise knows; write one such as "
    "mailtos://user:password@host?to=desk@example.org"
)

MAIL = ("mailto://", "mailtos://")
"""What is sent as HTML; chats and pushes get plain text."""


def main() -> None:
    """Send what stands on standard input, or only look at the address."""
    asked = json.load(sys.stdin)
    answer = sys.stdout
    sys.stdout = sys.stderr  # whatever a service prints, it is not the answer
    json.dump({"error": _error_of(asked)}, answer)


def _error_of(asked: dict[str, Any]) -> str:
    """Return what went wrong; empty if nothing did."""
    service = apprise.Apprise.instantiate(asked["address"])
    if service is None:
        return UNKNOWN
    if "title" not in asked:
        return ""
    sender = apprise.Apprise()
    sender.add(service)
    is_html = bool(asked["html"]) and asked["address"].startswith(MAIL)
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as told:  # type: ignore[no-untyped-call]  # Apprise's own
        sent = sender.notify(
            title=asked["title"],
            body=asked["html"] if is_html else asked["text"],
            body_format=apprise.NotifyFormat.HTML
            if is_html
            else apprise.NotifyFormat.TEXT,
        )
        return "" if sent else _last_line(told.getvalue())


def _last_line(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1] if lines else "the service did not take it"


main()
