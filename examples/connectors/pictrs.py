"""pict-rs, Lemmy's picture server: validation of uploads. A picture is taken when it is approved, and not before.

In pict-rs.toml: ``[media]``, ``external_validation = "http://127.0.0.1:8100/pictrs"``, and
``external_validation_timeout = 30``. It posts the bytes; 2xx takes them, anything else refuses the upload.
The same picture sent again is the same item: once people approved it, it is taken.
"""

from __future__ import annotations

import base64
import hashlib
import os

from asking import Service, new_app, serve
from flask import Flask, Response, request


def create_app(service: Service) -> Flask:
    """The endpoint; pict-rs signs nothing, so let nobody else reach it."""
    app = new_app("pictrs")

    @app.post("/pictrs")
    def judge() -> Response:
        data = request.get_data()
        kind = request.headers.get("Content-Type", "").partition("/")[0]
        if not data or kind not in ("image", "video"):
            return Response("a picture or a film is wanted", 415)
        digest = hashlib.sha256(data).hexdigest()
        answer = service.ask(f"pictrs:{digest}", [{"type": kind, "base64": base64.b64encode(data).decode()}])
        if answer.outcome == "approve":
            return Response(status=204)
        waits = "people look at it; send it again later" if answer.outcome == "hold" else "it is not allowed here"
        return Response(waits, 403)

    return app


if __name__ == "__main__":
    serve(create_app(Service(os.environ["SERVICE_URL"], os.environ["SERVICE_KEY"], wait_seconds=25)))
