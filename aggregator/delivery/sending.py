"""A message and an address -> sent, or why not; bounded in time whatever a service does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from aggregator.models import Message, Target

LONGEST = timedelta(seconds=60)
"""How long one message to one target may take."""
TRIES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720))
"""How long after each try that failed the next one comes; after the last, it is given up."""
_REASON_CHARS = 300


def send(target: Target, message: Message) -> str:
    """Send a message; return what went wrong, or ''. Never raises, never says a secret."""
    asked = {"title": message.title, "text": message.text, "html": message.html}
    return _ask(target, asked)


def mistakes(targets: Sequence[Target]) -> list[tuple[Target, str]]:
    """Return the targets whose address Apprise does not know, with the reason."""
    found = ((target, _ask(target, {})) for target in targets)
    return [(target, error) for target, error in found if error]


def _ask(target: Target, asked: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator.delivery.program"],
            input=json.dumps({"address": target.address, **asked}).encode(),
            capture_output=True,
            timeout=LONGEST.total_seconds(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"nothing was answered within {LONGEST.total_seconds():.0f} s"
    except OSError as error:
        return f"the sender did not start: {error.strerror}"
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return without_secrets(lines[-1] if lines else "the sender broke", target)
    return without_secrets(str(json.loads(done.stdout)["error"]), target)


def without_secrets(text: str, target: Target) -> str:
    """Return a text without any part of a target's address that may be a secret."""
    parts = urlsplit(target.address)
    words = {target.address, parts.netloc, parts.query, *parts.path.split("/")}
    words |= {part for part in (parts.username, parts.password) if part}
    words |= {unquote(word) for word in words}
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            text = text.replace(word, "***")
    return re.sub(r"\s+", " ", text)[:_REASON_CHARS]


def next_try(try_count: int) -> timedelta | None:
    """Return how long to wait after so many tries that failed; None to give up."""
    return TRIES[try_count - 1] if try_count <= len(TRIES) else None
