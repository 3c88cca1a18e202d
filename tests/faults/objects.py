"""Stands in for S3: objects in memory, by path-style addresses, without a look at signatures."""

from __future__ import annotations

import hashlib
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from tests.loopback import Loopback, Silent


class Objects(Loopback):
    """Keeps what is put, and gives it back."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.kept: dict[str, tuple[bytes, str, str]] = {}
        self.address = f"http://127.0.0.1:{self.server_port}"


class _Handler(Silent, BaseHTTPRequestHandler):
    server: Objects
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        data = self.body()
        etag = hashlib.md5(data).hexdigest()
        if not urlsplit(self.path).query:
            self.server.kept[self._name] = (data, self.headers.get("Content-Type") or "", formatdate(usegmt=True))
        self.answer(200, {"ETag": f'"{etag}"'}, b"")

    def do_GET(self) -> None:
        found = self.server.kept.get(self._name)
        if found is None:
            self.answer(404, {}, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")
            return
        data, kind, at = found
        etag = hashlib.md5(data).hexdigest()
        self.answer(200, {"ETag": f'"{etag}"', "Content-Type": kind, "Last-Modified": at}, data)

    do_HEAD = do_GET  # noqa: N815 - the standard library's names

    def do_DELETE(self) -> None:
        self.server.kept.pop(self._name, None)
        self.answer(204, {}, b"")

    @property
    def _name(self) -> str:
        return unquote(urlsplit(self.path).path)
