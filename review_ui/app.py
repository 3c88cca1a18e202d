"""The Flask application of the A2I endpoint and the portal alone. Wiring only; starts nothing."""

from __future__ import annotations

from flask import Flask, Response, jsonify

from ground.web.hygiene import add_hygiene
from ground.web.problems import register
from review_ui.a2i.wire import blueprint as a2i_blueprint
from review_ui.portal import blueprint as portal_blueprint
from review_ui.service import ReviewService
from review_ui.settings import ReviewSettings


def create_a2i_app(review: ReviewService, settings: ReviewSettings) -> Flask:
    """The application over an open portal: ``/a2i``, ``/review`` and ``/healthz``."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes  # the answer of a task may be a picture
    register(app)
    app.register_blueprint(a2i_blueprint(review), url_prefix="/a2i")
    app.register_blueprint(portal_blueprint(review, review.blobs, settings), url_prefix="/review")

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok"})

    @app.get("/")
    def root() -> Response:
        return Response("", 302, {"Location": "/review/"})

    # A2I has a limit for bodies of its own, and AWS's form for saying so.
    add_hygiene(app, ("/review",), own_limits=("/a2i",))
    return app
