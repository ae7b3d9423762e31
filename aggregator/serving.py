"""The site on its port: starts in a thread of its own, and ends in that thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.server import create_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOP_S = 0.2
"""How often the loop looks whether it shall end."""


class SiteServer:
    """Answers requests on one host and port until `close`.

    The sockets are closed by the thread that waits on them: closed by another, its
    select meets a descriptor that is gone, or one that is somebody else's by then.
    Raises `OSError` where the port cannot be had.
    """

    def __init__(
        self, app: WSGIApplication, host: str, port: int, **settings: Any
    ) -> None:
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app, map=self._sockets, host=host, port=port, **settings
        )
        listening = getattr(self._server, "effective_listen", None)
        # a name such as localhost may stand for several addresses
        self.port: int = listening[0][1] if listening else self._server.effective_port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="site", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and answering."""
        self._over.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._over.is_set():
            wasyncore.loop(timeout=LOOP_S, map=self._sockets, count=1)
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._sockets, ignore_all=True)
