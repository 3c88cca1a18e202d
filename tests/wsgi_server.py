"""A WSGI application that answers on a free port of this machine, in threads of the test's own process."""

from __future__ import annotations

import threading
from typing import Any

from waitress.server import create_server

from tests.waiting import PATIENCE_SECONDS


class WsgiServer:
    """Answers from now on, until it is closed.

    Attributes:
        url: where, without a slash at the end.
    """

    def __init__(self, application: Any, threads: int = 4) -> None:
        self._http = create_server(application, host="127.0.0.1", port=0, threads=threads)
        self.url = f"http://127.0.0.1:{self._http.effective_port}"
        self._is_over, self._ending = False, threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it. Its own thread closes its sockets: closed by another, they would be gone while it waits for them."""
        with self._ending:
            self._is_over = True
            self._http.pull_trigger()
        self._thread.join(timeout=PATIENCE_SECONDS)
        self._http.task_dispatcher.shutdown()

    def _serve(self) -> None:
        while not self._is_over:
            self._http.asyncore.loop(timeout=1, map=self._http._map, use_poll=True, count=1)
        with self._ending:  # whoever ends it has woken it by now, through a pipe that is closed here
            self._http.asyncore.close_all(self._http._map)
