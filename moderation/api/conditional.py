"""Conditional requests (RFC 9110, section 13): answers carry an ETag, so that what is known need not be sent again.

``If-None-Match`` on a GET is answered 304 while nothing has changed. ``If-Match`` on what changes an item acts only
while it is as the client has seen it; else 412, and nothing was done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request

from moderation.api.openapi import JSON, Parameter
from moderation.api.problems import Refused

IF_MATCH = Parameter(
    "If-Match",
    {"type": "string", "maxLength": 300},
    "The ETag of the item as you have seen it, read without `fields`: nothing is done (412) when it has changed.",
    "header",
    example='"f3b2a1"',
)
LARGEST = 8 * 2**20
"""Bytes of an answer beyond which none is worked out."""


def add_etags(app: Flask) -> None:
    """Answer every GET under ``/v1`` with an ETag, and 304 where the client has the same already."""

    @app.after_request
    def tag(response: Response) -> Response:
        is_document = response.status_code == 200 and response.mimetype == JSON
        if request.method not in ("GET", "HEAD") or not request.path.startswith("/v1/") or not is_document:
            return response
        if response.calculate_content_length() or LARGEST >= 0:
            response.set_etag(_digest(response.get_data()))
            response.headers.setdefault("Cache-Control", "private, no-cache")
            response.make_conditional(request)
        return response


def check_if_match(document: Callable[[], Mapping[str, Any]]) -> None:
    """See that an item is as the client has seen it, where the request asks for that.

    Args:
        document: gives what a GET of it is answered.

    Raises:
        Refused: 412, it has changed.
    """
    if request.if_match and not request.if_match.contains(_digest(json.dumps(document()).encode())):
        raise Refused(412, "changed", "the item has changed since you have seen it; read it again, then decide")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
