"""What every answer has: a request id, headers that keep browsers strict, and an access line without content."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack

from flask import Flask, Response, g, request

from ground import tracing
from ground.web.problems import Refused

logger = logging.getLogger("moderation.access")

NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""Content security policy of answers that no browser should make a page of."""
OWN_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Content security policy of our own pages: nothing inline, nothing from elsewhere."""
SANDBOX = "default-src 'none'; sandbox"
"""Content security policy of bytes that somebody else made."""


Timed = Callable[[str, str, int, float], None]
"""Told of each answer: method, template of the route (empty where there is none), status, seconds."""


def add_hygiene(
    app: Flask, pages: tuple[str, ...], own_limits: tuple[str, ...] = (), timed: Timed = lambda *_: None
) -> None:
    """See the module.

    Args:
        pages: beginnings of the paths where our pages are.
        own_limits: beginnings of the paths that bound bodies themselves, in a form of their own.
        timed: see `Timed`.
    """

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.began = time.monotonic()
        route = str(request.url_rule or "none")
        g.trace = ExitStack()
        g.span = g.trace.enter_context(tracing.span(f"{request.method} {route}", http__route=route))
        if request.path.startswith(own_limits):
            return
        if request.content_length is not None and request.content_length > app.config["MAX_CONTENT_LENGTH"]:
            raise Refused(413, "too-large", f"the body has more than {app.config['MAX_CONTENT_LENGTH']:,} bytes")

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-Id"] = g.get("request_id", "")
        headers.setdefault("Content-Security-Policy", OWN_PAGE if request.path.startswith(pages) else NO_PAGE)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        seconds = time.monotonic() - g.get("began", time.monotonic())
        timed(request.method, str(request.url_rule or ""), response.status_code, seconds)
        if "span" in g:
            g.span.set(http__response__status_code=response.status_code, moderation__request__id=g.request_id)
        logger.info(
            "request=%s method=%s route=%s status=%d ms=%.1f",
            g.get("request_id", ""),
            request.method,
            request.url_rule,
            response.status_code,
            seconds * 1000,
        )
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        if "trace" in g:
            g.trace.close()
