"""Discourse: a webhook for posts. A post that people still look at is hidden, one that is rejected is deleted.

Discourse, API, Webhooks: URL ``https://HOST/discourse``, with a secret, for posts that are created and edited; and an
API key of a moderator. A post is to be seen until the webhook came; who wants none of that has Discourse approve posts
first.
"""

from __future__ import annotations

import os

from asking import Act, Calls, Outcome, Service, hear_decisions, new_app, serve, signed_body
from flask import Flask, Response, request

_NOTIFY_MODERATORS = 7
"""Discourse's number for a flag with a message to moderators."""


def create_app(service: Service, secret: str, call: Act, webhook_secret: str) -> Flask:
    """The receiver.

    Args:
        secret: of the webhook at Discourse.
        call: Discourse's API.
        webhook_secret: of the app here, for later decisions.
    """
    app = new_app("discourse")

    @app.post("/discourse")
    def judge() -> Response:
        event = signed_body(secret, "X-Discourse-Event-Signature")
        if event is None:
            return Response("the signature is wrong", 401)
        post = event.get("post")
        if request.headers.get("X-Discourse-Event") not in ("post_created", "post_edited") or not isinstance(
            post, dict
        ):
            return Response(status=204)
        text, number = str(post.get("raw") or ""), int(post["id"])
        metadata = {"author": str(post.get("username", "")), "topic": str(post.get("topic_id", ""))}
        answer = service.ask(f"discourse:{number}", [{"type": "text", "text": text}], metadata)
        if answer.outcome == "hold":
            message = f"Hidden until people have looked at it: {answer.reason}"
            flag = {"id": number, "post_action_type_id": _NOTIFY_MODERATORS, "message": message, "take_action": True}
            call("POST", "/post_actions.json", flag)
        elif answer.outcome == "reject":
            call("DELETE", f"/posts/{number}.json")
        return Response(status=204)

    def decided(outcome: Outcome, content_id: str, item: str) -> None:
        kind, _, number = content_id.partition(":")
        if kind != "discourse" or not number.isdigit():
            return
        if outcome == "approve":
            call("PUT", f"/posts/{number}/unhide.json")
        else:
            call("DELETE", f"/posts/{number}.json")

    hear_decisions(app, webhook_secret, decided)
    return app


if __name__ == "__main__":
    headers = {"Api-Key": os.environ["DISCOURSE_KEY"], "Api-Username": os.environ["DISCOURSE_USER"]}
    serve(
        create_app(
            Service(os.environ["SERVICE_URL"], os.environ["SERVICE_KEY"], callback_url=os.environ["CALLBACK_URL"]),
            os.environ["DISCOURSE_SECRET"],
            Calls(os.environ["DISCOURSE_URL"], headers),
            os.environ["WEBHOOK_SECRET"],
        )
    )
