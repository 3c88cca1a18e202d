"""Mastodon: an administrator's webhook. What is not approved is reported to the server's moderators.

Mastodon, Administration, Webhooks: URL ``https://HOST/mastodon``, events ``status.created`` and ``status.updated``; and
an application with the scope ``write:reports``. Its API deletes nobody else's post, so both a rejection and a hold are
reports, which say so. An approval changes nothing: the post is there.
"""

from __future__ import annotations

import os
from typing import Any

from asking import Act, Calls, Service, new_app, plain, serve, signed_body
from flask import Flask, Response

_MEDIA = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


def create_app(service: Service, secret: str, call: Act) -> Flask:
    """The receiver. `secret` is the webhook's, `call` Mastodon's API."""
    app = new_app("mastodon")

    @app.post("/mastodon")
    def judge() -> Response:
        event = signed_body(secret, "X-Hub-Signature")
        if event is None:
            return Response("the signature is wrong", 401)
        status = event.get("object")
        if event.get("event") not in ("status.created", "status.updated") or not isinstance(status, dict):
            return Response(status=204)
        account = status["account"]
        parts = _parts(status)
        if not parts:
            return Response(status=204)
        answer = service.ask(f"mastodon:{status['id']}", parts, {"author": str(account.get("acct", ""))})
        if answer.outcome != "approve":
            why = "It is against the rules" if answer.outcome == "reject" else "People have to look at it"
            comment = f"{why}: {answer.reason}"[:1000]
            report = {"account_id": account["id"], "status_ids": [status["id"]], "comment": comment, "forward": False}
            call("POST", "/api/v1/reports", report)
        return Response(status=204)

    return app


def _parts(status: dict[str, Any]) -> list[dict[str, str]]:
    texts = [plain(str(status.get(name) or "")) for name in ("spoiler_text", "content")]
    media = [each for each in status.get("media_attachments") or () if isinstance(each, dict)]
    texts += [str(each.get("description") or "") for each in media]
    parts = [{"type": "text", "text": text} for text in texts if text.strip()]
    # What is of no kind that is known here goes along as a picture, and is refused there: it is held.
    return parts + [{"type": _MEDIA.get(str(each.get("type")), "image"), "url": str(each.get("url"))} for each in media]


if __name__ == "__main__":
    serve(
        create_app(
            Service(os.environ["SERVICE_URL"], os.environ["SERVICE_KEY"]),
            os.environ["MASTODON_SECRET"],
            Calls(os.environ["MASTODON_URL"], {"Authorization": f"Bearer {os.environ['MASTODON_TOKEN']}"}),
        )
    )
