"""Coral: an external moderation phase. Comments that people still look at are withheld, never let through.

Coral, Moderation, External moderation phases: URL ``https://HOST/coral``, format plain text, timeout 10,000 ms.
Coral lets a comment through when the phase takes longer than its timeout, so wait for less here.
"""

from __future__ import annotations

import os
from typing import Any

from asking import Answer, Service, new_app, serve, signed_body
from flask import Flask, Response, jsonify

_FLAG = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}


def create_app(service: Service, secret: str) -> Flask:
    """The phase. `secret` is the phase's signing secret."""
    app = new_app("coral")

    @app.post("/coral")
    def judge() -> Response:
        posted = signed_body(secret, "X-Coral-Signature")
        if posted is None:
            return Response("the signature is wrong", 401)
        return _status(_ask(service, posted))

    return app


def _ask(service: Service, posted: dict[str, Any]) -> Answer:
    comment, story = posted.get("comment") or {}, posted.get("story") or {}
    text = str(comment.get("body") or "").strip()
    if not text:
        return Answer("hold", reason="a comment without a text")
    author = str((posted.get("author") or {}).get("id", ""))
    metadata = {"author": author, "story": str(story.get("id", "")), "action": str(posted.get("action", ""))}
    return service.ask(f"coral:{story.get('id', '')}:{author}"[:200], [{"type": "text", "text": text}], metadata)


def _status(answer: Answer) -> Response:
    if answer.outcome == "approve":
        return Response(status=204)  # the last word is that of Coral's own settings, such as premoderation
    if answer.outcome == "reject":
        return jsonify({"status": "REJECTED", "actions": [_FLAG]})
    return jsonify({"status": "SYSTEM_WITHHELD", "actions": [_FLAG]})


if __name__ == "__main__":
    serve(create_app(Service(os.environ["SERVICE_URL"], os.environ["SERVICE_KEY"]), os.environ["CORAL_SECRET"]))
