"""The Flask application: API, docs, health, A2I and Comprehend endpoints, portal. Wiring only; starts nothing."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request

from ground.blobs import Blobs
from moderation.api import health, items, policies, problems, redact, uploads
from moderation.api.figures import Figures
from moderation.api.openapi import openapi
from moderation.api.problems import KINDS, Refused
from moderation.comprehend.wire import blueprint as comprehend_blueprint
from moderation.service import Service
from moderation.settings import Settings
from review_ui.a2i.wire import blueprint as a2i_blueprint
from review_ui.portal import blueprint as portal_blueprint
from review_ui.service import ReviewService

logger = logging.getLogger("moderation.access")

API_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For answers that no browser should make a page of."""
PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""For our own pages: nothing inline, nothing from elsewhere."""
PAGES = ("/docs", "/static/", "/review")


def create_app(service: Service, review: ReviewService) -> Flask:
    """The application over an open service and an open A2I endpoint."""
    settings = service.settings
    app = Flask("moderation", root_path=__file__.rpartition("/")[0])
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    app.config["MAX_FORM_PARTS"] = settings.max_parts + 2
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.register(app)
    figures = Figures(service)
    app.register_blueprint(items.blueprint(service, figures))
    app.register_blueprint(policies.blueprint(service))
    app.register_blueprint(redact.blueprint(service))
    app.register_blueprint(uploads.blueprint(service))
    app.register_blueprint(health.blueprint(service, figures))
    app.register_blueprint(a2i_blueprint(review), url_prefix="/a2i")
    app.register_blueprint(comprehend_blueprint(service, review), url_prefix="/comprehend")
    app.register_blueprint(portal_blueprint(review, service.blobs, settings, service.overturns), url_prefix="/review")
    _add_docs(app)
    _add_hygiene(app)
    return app


def create_a2i_app(review: ReviewService, blobs: Blobs, settings: Settings) -> Flask:
    """The A2I endpoint and the reviewers' portal alone."""
    app = Flask("moderation", root_path=__file__.rpartition("/")[0])
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    problems.register(app)
    app.register_blueprint(a2i_blueprint(review), url_prefix="/a2i")
    app.register_blueprint(portal_blueprint(review, blobs, settings), url_prefix="/review")

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok"})

    @app.get("/")
    def root() -> Response:
        return Response("", 302, {"Location": "/review/"})

    _add_hygiene(app)
    return app


def _add_docs(app: Flask) -> None:
    @app.get("/openapi.json")
    def openapi_json() -> Response:
        return jsonify(openapi())

    @app.get("/docs")
    def docs() -> str:
        return render_template("docs.html", doc=openapi(), type_of=_type_of, kinds=KINDS)

    @app.get("/")
    def root() -> Response:
        return Response("", 302, {"Location": "/review/"})


def _type_of(schema: dict[str, Any]) -> str:
    """A schema's type in a word or two, for people."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type_of(inner) for inner in schema[key]))
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"list of {_type_of(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def _add_hygiene(app: Flask) -> None:
    """A request id, headers that keep browsers strict, and an access line without content."""

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.began = time.monotonic()
        if request.path.startswith("/a2i"):
            return  # it has a limit of its own, and AWS's form for saying so
        if request.content_length is not None and request.content_length > app.config["MAX_CONTENT_LENGTH"]:
            raise Refused(413, "too-large", f"the body has more than {app.config['MAX_CONTENT_LENGTH']:,} bytes")

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-Id"] = g.get("request_id", "")
        headers.setdefault("Content-Security-Policy", PAGE_CSP if request.path.startswith(PAGES) else API_CSP)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        logger.info(
            "request=%s method=%s route=%s status=%d ms=%.1f",
            g.get("request_id", ""),
            request.method,
            request.url_rule,
            response.status_code,
            (time.monotonic() - g.get("began", time.monotonic())) * 1000,
        )
        return response
