"""Listening: a Flask application behind waitress, in a thread of its own."""

from __future__ import annotations

import errno
import logging
import threading

from flask import Flask
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from ground.awswire.protocol import MAX_BODY_BYTES as A2I_BODY_BYTES
from ground.errors import SettingsError
from ground.settings import GroundSettings
from ground.web.strict_http import MAX_HEADER_BYTES, make_strict


class Listener:
    """The socket listens at once; requests are answered from `start` on.

    Attributes:
        url: how this machine reaches it, without a slash at the end.

    Raises:
        SettingsError: the address cannot be listened on.
    """

    def __init__(self, app: Flask, settings: GroundSettings) -> None:
        self._http: BaseWSGIServer | MultiSocketServer
        try:
            self._http = create_server(
                app,
                host=settings.host,
                port=settings.port,
                threads=settings.threads,
                # The application refuses what is larger than max_body_bytes once it was read, so that the client gets
                # the answer; what is far larger is cut off unread. A2I's requests may be longer than items.
                max_request_body_size=2 * max(settings.max_body_bytes, A2I_BODY_BYTES),
                max_request_header_size=MAX_HEADER_BYTES,
                channel_timeout=60,
                # Nobody believes them, but that they are there says that a proxy asks for somebody else.
                clear_untrusted_proxy_headers=False,
                ident=None,
            )
            make_strict(self._http)
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another with --port"
            ) from error
        port = self._http.effective_port
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host  # noqa: S104
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._closing = threading.Event()

    def start(self) -> None:
        """Answer requests."""
        threading.Thread(target=self._answer, name="http", daemon=True).start()

    def close(self) -> None:
        """Stop answering. May be called twice."""
        self._closing.set()
        # A thread that ends its answer now finds the bell gone by which it wakes the others.
        logging.getLogger("waitress").addFilter(_is_news)
        self._http.close()

    def _answer(self) -> None:
        try:
            self._http.run()
        except OSError:  # its sockets were closed under it
            if not self._closing.is_set():
                raise


def _is_news(record: logging.LogRecord) -> bool:
    """False for what waitress says of descriptors that were closed under it."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, OSError) and error.errno == errno.EBADF)
