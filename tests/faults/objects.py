"""Stands in for S3: objects in memory, by path-style addresses, without a look at signatures."""

from __future__ import annotations

import hashlib
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class Objects(ThreadingHTTPServer):
    """Keeps what is put, and gives it back."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: dict[str, tuple[bytes, str, str]] = {}
        self.address = f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients are killed on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: Objects
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        etag = hashlib.md5(data).hexdigest()
        if not urlsplit(self.path).query:
            self.server.kept[self._name] = (data, self.headers.get("Content-Type") or "", formatdate(usegmt=True))
        self._answer(200, b"", {"ETag": f'"{etag}"'})

    def do_GET(self) -> None:
        found = self.server.kept.get(self._name)
        if found is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>", {})
            return
        data, kind, at = found
        etag = hashlib.md5(data).hexdigest()
        self._answer(200, data, {"ETag": f'"{etag}"', "Content-Type": kind, "Last-Modified": at})

    do_HEAD = do_GET  # noqa: N815 - the standard library's names

    def do_DELETE(self) -> None:
        self.server.kept.pop(self._name, None)
        self._answer(204, b"", {})

    @property
    def _name(self) -> str:
        return unquote(urlsplit(self.path).path)

    def _answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass
