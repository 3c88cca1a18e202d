"""A receiver of webhooks on this machine, as good or as bad as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from tests.loopback import Loopback, Silent


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(Loopback):
    """Answers each path as told; remembers what it was sent."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.requests: list[Request] = []
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.closing = threading.Event()

    def stop(self) -> None:
        """Stop answering, and let answers that never end come to their end."""
        self.closing.set()
        super().stop()

    def got(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]


class _Handler(Silent, BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append(Request(self.path, headers, body))
        self.server.answers.get(self.path, status(200))(self)

    do_GET = do_POST  # noqa: N815 - the standard library's names


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
