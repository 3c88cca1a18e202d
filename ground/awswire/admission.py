"""Who is let in: requests signed with a key of ours, or, with signatures off, programs on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from flask import request

from ground.awswire.errors import ApiError
from ground.awswire.protocol import MAX_BODY_BYTES, raw_target, read_body
from ground.awswire.signing import is_loopback, read_authorization, verify, verify_link, verify_old_link
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


@dataclass(frozen=True)
class Admitted:
    """A request whose sender is known.

    Attributes:
        key_id: of the access key that signed it; None where signatures are not checked.
    """

    body: bytes
    key_id: str | None


def admit(keys: AccessKeys, service: str, most_bytes: int = MAX_BODY_BYTES, below: str = "") -> Admitted:
    """The request at hand, once its sender is known; of an unknown one the body is not even read.

    Args:
        service: what the signature has to be for, by its signing name: ``sagemaker``, ``s3``, ``comprehend``.
        most_bytes: of its body.
        below: the path that the endpoint is at.

    Raises:
        ApiError: whoever sent it is not let in, or sent too much, or too often.
    """
    if not keys.checks_signatures:
        _need_own_machine()
        return Admitted(read_body(most_bytes), None)
    path, query = raw_target()
    headers = {name.lower(): value for name, value in request.headers.items()}
    host = headers.get("host", "")
    url = f"{request.scheme}://{host}{path}" + (f"?{query}" if query else "")
    if service == "s3" and "X-Amz-Signature=" in query:
        key_id = verify_link(url, headers, keys.secret_of, keys.clock(), request.method)
        return Admitted(read_body(most_bytes), key_id)
    if service == "s3" and "AWSAccessKeyId=" in query and "authorization" not in headers:
        key_id = verify_old_link(url, path.removeprefix(below), headers, keys.secret_of, keys.clock(), request.method)
        return Admitted(read_body(most_bytes), key_id)
    signed = read_authorization(headers, service, keys.secret_of)
    body = read_body(most_bytes)
    verify(signed, request.method, url, headers, body, keys.clock())
    if service == "sagemaker":
        keys.throttle.check(signed.key_id)
    return Admitted(body, signed.key_id)


def _need_own_machine() -> None:
    """Let in programs on this machine only, and none that is a browser on some page's behalf."""
    name = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    is_page = "Origin" in request.headers or "Sec-Fetch-Site" in request.headers
    if is_page or not is_loopback(name) or not is_loopback(request.remote_addr or ""):
        raise ApiError("AccessDeniedException", "Unsigned requests are taken from programs on this machine only", 403)
