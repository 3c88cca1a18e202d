"""HTTP before the application sees it: stricter than waitress alone, and refused with problem documents."""

from __future__ import annotations

import json
import secrets
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask

from ground.web.hygiene import NO_PAGE

MAX_HEADER_BYTES = 65_536

_SLUGS = {413: "too-large", 431: "too-large", 400: "malformed-request", 501: "malformed-request"}


class StrictParser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses what servers and proxies in front of them could read differently (RFC 9112, section 6.1)."""

    def parse_header(self, header_plus: bytes) -> None:
        """Waitress's own, and then: one way to say how long the body is, and a version that we speak."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # A Content-Length of thousands of digits, or an address that is none.
            raise ParsingError("the request cannot be read") from error
        if self.version not in ("1.0", "1.1"):
            raise ParsingError("only HTTP/1.0 and HTTP/1.1 are spoken")
        if "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("HTTP/1.0 has no Transfer-Encoding")
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")


class ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what was refused before the application was asked."""

    def execute(self) -> None:
        """Write the answer and close the connection: what follows on it cannot be trusted."""
        self.request.error = _Problem(self.request.error)
        super().execute()


class StrictChannel(HTTPChannel):  # type: ignore[misc]
    """A connection read by `StrictParser`."""

    parser_class = StrictParser
    error_task_class = ProblemTask

    def send_continue(self) -> None:
        """Let the client send its body. Of a request that is whole by then (its body is empty) nothing more comes."""
        is_whole = self.request.completed
        super().send_continue()
        self.request.completed = is_whole


class _Problem:
    """A waitress error whose response is a problem document (RFC 9457)."""

    def __init__(self, error: Any) -> None:
        self._error = error

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status line, headers, body."""
        code, reason = int(self._error.code), str(self._error.reason)
        request_id = secrets.token_hex(8)
        document = {
            "type": f"/docs#problem-{_SLUGS.get(code, 'internal')}",
            "title": reason,
            "status": code,
            "detail": str(self._error.body) if code < 500 or code == 501 else "a failure of the service",
            "instance": "/",
            "request_id": request_id,
            "errors": [],
        }
        headers = [
            ("Content-Type", "application/problem+json"),
            ("X-Request-Id", request_id),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", NO_PAGE),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ]
        return f"{code} {reason}", headers, json.dumps(document).encode()
