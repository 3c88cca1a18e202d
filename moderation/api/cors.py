"""CORS: which pages of other origins may call ``/v1`` in somebody's browser. None, unless the settings say so, by app.

A key in a page is a key that its visitors can read: give such an app keys that may do little (`keys add --scope`).
"""

from __future__ import annotations

import re

from flask import Flask, Response, g, request

from moderation.core.errors import SettingsError
from moderation.settings import Settings

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"
METHODS = "GET, POST, DELETE"
EXPOSED = "ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
PREFLIGHT_SECONDS = 600


def origins_of(settings: Settings) -> dict[str, frozenset[str]]:
    """The origins whose pages may call for an app, by app.

    Raises:
        SettingsError: an entry is not ``APP=ORIGIN``.
    """
    found: dict[str, set[str]] = {}
    for entry in settings.cors.split():
        app, _, origin = entry.partition("=")
        if not app or not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f"MODERATION_CORS: {entry[:100]!r} is not APP=ORIGIN, such as shop=https://shop.example (no path)"
            )
        found.setdefault(app, set()).add(origin)
    return {app: frozenset(origins) for app, origins in found.items()}


def add_cors(app: Flask, settings: Settings) -> None:
    """Let pages of the origins in the settings read answers to calls for their app.

    Raises:
        SettingsError: as `origins_of`.
    """
    allowed = origins_of(settings)
    if not allowed:
        return
    everywhere = frozenset().union(*allowed.values())

    @app.before_request
    def preflight() -> Response | None:
        # Browsers send it without the key, so which app will call is not known yet.
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method != "OPTIONS" or asked is None or not request.path.startswith("/v1/"):
            return None
        response = Response(status=204)
        if request.headers.get("Origin") in everywhere:
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Allow-Headers"] = HEADERS
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return response

    @app.after_request
    def allow(response: Response) -> Response:
        if not request.path.startswith("/v1/"):
            return response
        response.vary.add("Origin")
        mine = everywhere if request.method == "OPTIONS" else allowed.get(g.get("app_name", ""), frozenset())
        origin = request.headers.get("Origin", "")
        if origin in mine:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
        return response
