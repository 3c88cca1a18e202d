"""Listening: a Flask application behind the front, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence

from flask import Flask

from ground.awswire.protocol import MAX_BODY_BYTES as A2I_BODY_BYTES
from ground.errors import SettingsError
from ground.settings import GroundSettings
from ground.web.front import BACKLOG, Front, Limits

IDLE_SECONDS = 1.0
"""When it is to end: how long connections may still bring a request that is answered."""
END_SECONDS = 25.0
"""When it is to end: how long requests that were begun may take."""


class Listener:
    """The socket listens at once; requests are answered from `start` on.

    Args:
        waits: threads beside those that the settings name, for requests that wait for something.
        sockets: that listen already and that other processes listen on, too; none to listen where the settings say.

    Attributes:
        url: how this machine reaches it, without a slash at the end.

    Raises:
        SettingsError: the address cannot be listened on.
    """

    def __init__(
        self, app: Flask, settings: GroundSettings, waits: int = 0, sockets: Sequence[socket.socket] = ()
    ) -> None:
        limits = Limits(
            threads=settings.threads + waits,
            connections=settings.connections,
            idle_seconds=settings.idle_seconds,
            receive_seconds=settings.receive_seconds,
            # The application refuses what is larger than max_body_bytes once it was read, so that the client gets the
            # answer; what is far larger is cut off unread. A2I's requests may be longer than items.
            max_body_bytes=2 * max(settings.max_body_bytes, A2I_BODY_BYTES),
        )
        try:
            self._front = Front(app, sockets or (settings.host, settings.port), limits)
        except OSError as error:
            raise _cannot(settings, error) from error
        self.url = url_of(settings, self._front.port)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Answer requests."""
        self._thread = threading.Thread(target=self._front.run, name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer what was begun, and end. May be called twice."""
        if self._thread is None:
            self._front.drop()
        else:
            self._front.close(IDLE_SECONDS, END_SECONDS)


def listen(settings: GroundSettings) -> list[socket.socket]:
    """Sockets that listen where the settings say, for several processes.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    made: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sock = socket.socket(family, kind, protocol)
            made.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
            sock.listen(BACKLOG)
    except OSError as error:
        for sock in made:
            sock.close()
        raise _cannot(settings, error) from error
    return made


def url_of(settings: GroundSettings, port: int) -> str:
    """How this machine reaches what listens there, without a slash at the end."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _cannot(settings: GroundSettings, error: OSError) -> SettingsError:
    return SettingsError(
        f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another with --port"
    )
