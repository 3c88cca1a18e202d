"""The Flask application: API, docs, health, endpoints in others' protocols, portal. Wiring only; starts nothing."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, render_template

from ground.web.hygiene import add_hygiene
from ground.web.problems import register
from moderation.api import (
    deliveries,
    detectors,
    disputes,
    flags,
    health,
    items,
    lists,
    moderations,
    notices,
    policies,
    problems,
    redact,
    remoderations,
    statements,
    uploads,
)
from moderation.api.auth import Gate
from moderation.api.conditional import add_etags
from moderation.api.cors import add_cors
from moderation.api.figures import Figures
from moderation.api.openapi import JSON, LIMITS, Operation, openapi
from moderation.api.problems import KINDS
from moderation.aws.door import PATH as AWS
from moderation.aws.door import blueprint as aws_blueprint
from moderation.comprehend.wire import blueprint as comprehend_blueprint
from moderation.console.pages import blueprint as console_blueprint
from moderation.console.seen import SeenLists
from moderation.notices.pages import PATH as NOTICES
from moderation.notices.pages import blueprint as notices_blueprint
from moderation.perspective.wire import PATH as PERSPECTIVE
from moderation.perspective.wire import blueprint as perspective_blueprint
from moderation.service import Service
from moderation.spreading import Spreading, waiting_for_clearance
from moderation.storage.attention import Attention
from review_ui.a2i.wire import blueprint as a2i_blueprint
from review_ui.desk.staffing import unstaffed
from review_ui.portal import blueprint as portal_blueprint
from review_ui.service import ReviewService

PAGES = ("/docs", "/static/", "/review")


def create_app(service: Service, review: ReviewService) -> Flask:
    """The application over an open service and an open portal, A2I endpoint included."""
    settings = service.settings
    review.objects = service.own_objects
    review.before_page = Spreading(service.clearances, review).spread
    app = Flask("moderation", root_path=__file__.rpartition("/")[0])
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    app.config["MAX_FORM_PARTS"] = settings.max_parts + 2
    app.extensions[LIMITS] = settings.model_dump(include={"max_text_chars", "max_parts", "max_media_bytes"})
    app.json.sort_keys = False  # type: ignore[attr-defined]
    register(app, problems.refusal_of)
    figures, gate = Figures(service), Gate(service.accounts, settings)
    add_cors(app, settings)
    gate.add_headers(app)
    # In this order the operations stand in the documents.
    app.register_blueprint(items.blueprint(service, gate, figures))
    app.register_blueprint(deliveries.blueprint(service, gate))
    app.register_blueprint(flags.blueprint(service, gate))
    app.register_blueprint(notices.blueprint(service, gate))
    app.register_blueprint(statements.blueprint(service, gate))
    app.register_blueprint(disputes.blueprint(service, gate))
    app.register_blueprint(moderations.blueprint(service, gate))
    app.register_blueprint(redact.blueprint(service, gate))
    app.register_blueprint(uploads.blueprint(service, gate))
    app.register_blueprint(policies.blueprint(service, gate))
    app.register_blueprint(detectors.blueprint(service, gate))
    app.register_blueprint(lists.blueprint(service, gate))
    app.register_blueprint(remoderations.blueprint(service, gate))
    app.register_blueprint(health.blueprint(service, figures, lambda: [each.sentence() for each in unstaffed(review)]))
    app.register_blueprint(a2i_blueprint(review), url_prefix="/a2i")
    app.register_blueprint(comprehend_blueprint(service, review), url_prefix="/comprehend")
    if not settings.is_for_works_council:  # its buckets and jobs keep what they are given
        app.register_blueprint(aws_blueprint(service, review), url_prefix=AWS)
    app.register_blueprint(perspective_blueprint(service, gate), url_prefix=PERSPECTIVE)
    app.register_blueprint(notices_blueprint(service), url_prefix=NOTICES)

    def stuck() -> list[Attention]:
        return [*service.store.need_attention(), *waiting_for_clearance(service.database, unstaffed(review))]

    kept = SeenLists(service)
    portal = portal_blueprint(review, service.blobs, settings, service.overturns, stuck, kept, service.holds)
    portal.register_blueprint(console_blueprint(service, review))
    app.register_blueprint(portal, url_prefix="/review")
    _add_docs(app)
    add_etags(app)
    # AWS's and Google's protocols have limits for bodies of their own, and a form for saying so.
    add_hygiene(app, PAGES, own_limits=("/a2i", AWS, PERSPECTIVE), timed=figures.answered)
    return app


def _add_docs(app: Flask) -> None:
    @app.get("/openapi.json")
    @Operation("This document.", {200: JSON}, problems=(), is_open=True)
    def openapi_json() -> Response:
        return jsonify(openapi(app))

    @app.get("/docs")
    def docs() -> str:
        return render_template("docs.html", doc=openapi(app), type_of=_type_of, kinds=KINDS)

    @app.get("/")
    def root() -> Response:
        return Response("", 302, {"Location": "/review/"})

    @app.get("/admin")
    def admin() -> Response:
        # Under the portal's path, where its session is known.
        return Response("", 302, {"Location": "/review/admin/"})


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
