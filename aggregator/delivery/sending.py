"""A message and an address -> sent, or why not; bounded in time whatever a service does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import unquote

from aggregator.models import Message, Target

LONGEST = timedelta(seconds=60)
"""How long one message to one target may take."""
WATCH_S = 0.5
"""How often it is looked whether it shall be ended."""
TRIES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720))
"""How long after each try that failed the next one comes; after the last, it is given up."""
_REASON_CHARS = 300


def send(target: Target, message: Message, stop: threading.Event | None = None) -> str:
    """Send a message; return what went wrong, or ''. Never raises, never says a secret.

    With `stop` set, the sender is ended in the middle of it, whatever it waits for.
    """
    asked = {"title": message.title, "text": message.text, "html": message.html}
    return _ask(target, asked, stop or threading.Event())


def mistakes(targets: Sequence[Target]) -> list[tuple[Target, str]]:
    """Return the targets whose address Apprise does not know, with the reason."""
    found = ((target, _ask(target, {}, threading.Event())) for target in targets)
    return [(target, error) for target, error in found if error]


def _ask(target: Target, asked: dict[str, str], stop: threading.Event) -> str:
    """Have the sender do what is asked; return what it says went wrong."""
    given = json.dumps({"address": target.address, **asked}).encode()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "aggregator.delivery.program"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as sender:
            told = _answer(sender, given, stop)
    except OSError as error:
        return f"the sender did not start: {error.strerror}"
    if told is None:
        return f"nothing was answered within {LONGEST.total_seconds():.0f} s"
    out, err = told
    if sender.returncode:
        lines = err.decode("utf-8", "replace").strip().splitlines()
        return without_secrets(lines[-1] if lines else "the sender broke", target)
    return without_secrets(str(json.loads(out)["error"]), target)


def _answer(
    sender: subprocess.Popen[bytes], given: bytes, stop: threading.Event
) -> tuple[bytes, bytes] | None:
    """Return what a sender writes; None if it was ended for taking too long."""
    until = time.monotonic() + LONGEST.total_seconds()
    asked: bytes | None = given
    while True:
        try:
            return sender.communicate(asked, WATCH_S)
        except subprocess.TimeoutExpired:
            asked = None  # it goes on with what it was given
            if stop.is_set() or time.monotonic() >= until:
                sender.kill()
                return None


def without_secrets(text: str, target: Target) -> str:
    """Return a text without any part of a target's address that may be a secret."""
    rest = target.address.partition("://")[2]
    # no urlsplit: it refuses some addresses, and says in words what they are
    netloc, *path = re.split(r"[/?#]", rest)
    user, password = netloc.rpartition("@")[0].partition(":")[::2]
    values = [pair.partition("=")[2] for pair in re.split(r"[?#&]", rest)[1:]]
    words = {target.address, rest, netloc, user, password, *path, *values}
    words |= {unquote(word) for word in words}
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            text = re.sub(re.escape(word), "***", text, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", text)[:_REASON_CHARS]


def next_try(try_count: int) -> timedelta | None:
    """Return how long to wait after so many tries that failed; None to give up."""
    return TRIES[try_count - 1] if try_count <= len(TRIES) else None
