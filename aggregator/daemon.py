"""One process: ticker and site, from start to SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from aggregator.config import Settings
from aggregator.errors import AggregatorError
from aggregator.instance import single_instance
from aggregator.pipeline import Pipeline
from aggregator.schedule import Ticker
from aggregator.serving import SiteServer
from aggregator.store import Desk, Inbox, Reader, open_store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

DATABASE = "aggregator.db"
PATIENCE = timedelta(seconds=7)
"""How long a tick under way may take to end: within the 10 s that a SIGTERM has."""
LAST_RESORT = timedelta(seconds=9)
"""When a process that was told to end is ended, whatever it waits for."""
WATCH_S = 0.1
WEB_THREADS = 4
MAX_BODY = 16 * 1024 * 1024
"""What is taken of a request before the site says how much it wants: not a gigabyte."""


class PortInUse(AggregatorError):
    """The site's port belongs to another process."""


class _Site:
    """The application that answers now: an edited feeds.yaml makes another."""

    def __init__(self, app: WSGIApplication) -> None:
        self.use(app)

    def use(self, app: WSGIApplication) -> None:
        """Answer by another application from now on."""
        self._app = app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        return self._app(environ, start_response)


def run_daemon(
    settings: Settings,
    data: Path,
    host: str,
    port: int,
    *,
    create_app: Callable[[Settings, Reader, Inbox, Desk], WSGIApplication],
    announce: Callable[[str], None],
) -> bool:
    """Serve and poll until SIGTERM or SIGINT; return whether all ended in time.

    `create_app` makes the site, again whenever feeds.yaml was edited; `announce` is
    called once with the site's address, when it answers. Raises
    `AlreadyRunning`, `StoreError` and `PortInUse`.
    """
    stop = threading.Event()
    with single_instance(data):
        store = open_store(data / DATABASE)
        try:
            pipeline = Pipeline(store, settings, stop=stop)
            site = _Site(create_app(settings, store, store, store))
            try:
                server = SiteServer(
                    site,
                    host,
                    port,
                    threads=WEB_THREADS,
                    max_request_body_size=MAX_BODY,
                )
            except OSError as error:
                raise PortInUse(
                    f"{host}:{port}: {error.strerror}; give another --port"
                ) from error
            ticker = Ticker(
                pipeline,
                on_reload=lambda new: site.use(create_app(new, store, store, store)),
            )
            asked = _note_signals()
            ticker.start()
            name = f"[{host}]" if ":" in host else host
            announce(f"http://{name}:{server.port}/")
            while not asked:
                time.sleep(WATCH_S)
            stop.set()
            log.info("stopping")
            _end_at_last()
            ended = ticker.stop(PATIENCE)
            server.close()
            pipeline.close()
        finally:
            store.close()
    return ended


def _end_at_last() -> None:
    """End the process even if something hangs: whatever is stored is stored whole."""
    last = threading.Timer(LAST_RESORT.total_seconds(), os._exit, (0,))
    last.daemon = True
    last.start()


def _note_signals() -> list[int]:
    """Return a list that gets the number of the signal that asks for an end.

    Not an event: its lock may be held by the very code that the signal interrupts.
    """
    asked: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if asked:  # asked twice: now
            raise SystemExit(128 + number)
        asked.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return asked
