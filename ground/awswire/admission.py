"""Who is let in: requests signed with a key of ours, or, with signatures off, programs on this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from flask import request

from ground.awswire.errors import ApiError
from ground.awswire.protocol import raw_target, read_body
from ground.awswire.signing import is_loopback, read_authorization, verify, verify_link
from ground.awswire.throttle import Throttle


class AccessKeys(Protocol):
    """Who may sign requests, and how often each key may be used."""

    checks_signatures: bool
    """False takes unsigned requests, from this machine only."""
    throttle: Throttle
    clock: Callable[[], datetime]

    def secret_of(self, key_id: str) -> str | None:
        """The secret of a key in force; None for any other."""
        ...


def admitted_body(keys: AccessKeys, service: str) -> bytes:
    """The body of the request at hand, once its sender is known; of an unknown one it is not even read.

    Args:
        service: what the signature has to be for, by its signing name: ``sagemaker``, ``s3``, ``comprehend``.

    Raises:
        ApiError: whoever sent it is not let in, or sent too much, or too often.
    """
    if not keys.checks_signatures:
        _need_own_machine()
        return read_body()
    path, query = raw_target()
    headers = {name.lower(): value for name, value in request.headers.items()}
    host = headers.get("host", "")
    url = f"{request.scheme}://{host}{path}" + (f"?{query}" if query else "")
    if service == "s3" and request.method == "GET" and "X-Amz-Signature=" in query:
        verify_link(url, host, keys.secret_of, keys.clock())
        return b""
    signed = read_authorization(headers, service, keys.secret_of)
    body = read_body()
    verify(signed, request.method, url, headers, body, keys.clock())
    if service == "sagemaker":
        keys.throttle.check(signed.key_id)
    return body


def _need_own_machine() -> None:
    """Let in programs on this machine only, and none that is a browser on some page's behalf."""
    name = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    is_page = "Origin" in request.headers or "Sec-Fetch-Site" in request.headers
    if is_page or not is_loopback(name) or not is_loopback(request.remote_addr or ""):
        raise ApiError("AccessDeniedException", "Unsigned requests are taken from programs on this machine only", 403)
