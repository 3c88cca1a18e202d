"""Bytes on the wire: what is no HTTP, or could be read in two ways, is refused with a problem document."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground.web.front import Front, Limits
from ground.web.strict_http import MAX_HEADER_BYTES
from moderation.api.problems import KINDS
from moderation.settings import Settings
from tests.houses.api import NOBODY, Api
from tests.waiting import PATIENCE_SECONDS

BODY = b'{"parts": [{"type": "text", "text": "Have a nice day"}]}'
MAX_BODY = 50_000


class Wire:
    """A listening application, spoken to by raw sockets."""

    def __init__(self, folder: Path) -> None:
        self.api = Api.open(Settings(data=folder, a2i_endpoint_url=NOBODY, max_body_bytes=MAX_BODY))
        application = self.api.client.application
        self._server = Front(application, ("127.0.0.1", 0), Limits(2, 100, 60, 60, 2 * MAX_BODY))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def send(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the first answer, read to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self._server.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(data)
            received = b""
            while chunk := connection.recv(65_536):
                received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), headers, body

    def post(self, *headers: bytes, body: bytes = BODY, version: bytes = b"1.1") -> bytes:
        """A post with these headers."""
        key = self.api.keys["shop"].encode()
        lines = [
            b"POST /v1/items HTTP/" + version,
            b"Host: x",
            b"Connection: close",
            b"Authorization: Bearer " + key,
            b"Content-Type: application/json",
            *headers,
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def close(self) -> None:
        self._server.close(0, 5)
        self.api.close()


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    opened = Wire(tmp_path_factory.mktemp("wire"))
    yield opened
    opened.close()


def _length(body: bytes = BODY) -> bytes:
    return b"Content-Length: %d" % len(body)


def _chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


CHUNKED = b"Transfer-Encoding: chunked"


def test_bodies_with_a_length_and_in_chunks_are_read(wire: Wire) -> None:
    for data in (wire.post(_length()), wire.post(CHUNKED, body=_chunked(BODY[:9], BODY[9:]))):
        status, headers, body = wire.send(data)
        assert status == 202
        assert json.loads(body)["status"] == "pending"
        assert headers["content-type"] == "application/json"


REFUSED = [
    ("two lengths", [_length(), b"Content-Length: 5"], BODY, 400),
    ("length and chunks", [_length(), CHUNKED], _chunked(BODY), 400),
    ("chunks and length", [CHUNKED, b"content-length: 3"], _chunked(BODY), 400),
    ("negative length", [b"Content-Length: -5"], BODY, 400),
    ("signed length", [b"Content-Length: +56"], BODY, 400),
    ("length of words", [b"Content-Length: ten"], BODY, 400),
    ("endless length", [b"Content-Length: " + b"9" * 9000], b"", 400),
    ("large length", [b"Content-Length: 99999999999"], b"", 413),
    ("large body", [b"Content-Length: %d" % (MAX_BODY + 1)], b"x" * (MAX_BODY + 1), 413),
    ("large chunks", [CHUNKED], _chunked(*[b"x" * 9_000] * 6), 413),
    ("far larger chunks", [CHUNKED], _chunked(b"x" * 2 * MAX_BODY), 413),
    ("no chunk size", [CHUNKED], b"zz\r\n\r\n", 400),
    ("other coding", [b"Transfer-Encoding: gzip, chunked"], b"", 501),
    ("folded header", [_length(), b"X: a\r\n\x00b"], BODY, 400),
    ("NUL in a header", [_length(), b"X: a\x00b"], BODY, 400),
    ("no colon", [_length(), b"Nonsense"], BODY, 400),
    ("space before the colon", [_length(), b"X : y"], BODY, 400),
]


@pytest.mark.parametrize(
    ("headers", "body", "status"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_could_be_read_in_two_ways_or_not_at_all_is_a_problem(
    wire: Wire, headers: list[bytes], body: bytes, status: int
) -> None:
    before = wire.api.service.store.backlog()[0]

    answered, answer_headers, answer = wire.send(wire.post(*headers, body=body))

    assert answered == status
    assert answer_headers["content-type"] == "application/problem+json"
    document = json.loads(answer)
    assert document["status"] == status
    assert document["type"].removeprefix("/docs#problem-") in KINDS
    assert document["request_id"] == answer_headers["x-request-id"]
    assert answer_headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer_headers["content-security-policy"]
    assert "server" not in answer_headers
    assert wire.api.service.store.backlog()[0] == before


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET http://[::1/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST /v1/items HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_what_is_no_http_of_ours_is_400(wire: Wire, data: bytes) -> None:
    status, headers, _ = wire.send(data)

    assert status == 400
    assert headers["content-type"] == "application/problem+json"


def test_headers_have_a_size(wire: Wire) -> None:
    # Not a byte more: what the server leaves unread would reset the connection before the answer is read.
    status, headers, _ = wire.send(wire.post(b"X: ", body=b"").rstrip().ljust(MAX_HEADER_BYTES, b"a"))

    assert status == 431
    assert headers["content-type"] == "application/problem+json"


def test_what_follows_a_refused_request_on_its_connection_is_not_read(wire: Wire) -> None:
    before = wire.api.service.store.backlog()[0]
    hidden = wire.post(_length())

    status, _, answer = wire.send(wire.post(_length(), CHUNKED, body=_chunked(BODY) + hidden))

    assert status == 400
    assert b"202" not in answer
    assert wire.api.service.store.backlog()[0] == before
