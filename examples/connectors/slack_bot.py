"""Slack: an app for the Events API. A message that is not approved is taken out; moderators are told of it.

Scopes: ``channels:history`` and ``chat:write`` for the bot, ``chat:write`` of an administrator for taking messages out.
Slack waits three seconds for an answer, so it has one before the message is judged.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asking import Act, Calls, Service, as_object, new_app, serve
from flask import Flask, Response, jsonify, request

OLDEST_SECONDS = 300


def create_app(
    service: Service,
    secret: str,
    call: Act,
    moderators: str,
    later: Callable[[Callable[[], None]], object],
    clock: Callable[[], float] = time.time,
) -> Flask:
    """The receiver.

    Args:
        secret: Slack's signing secret.
        call: Slack's Web API.
        moderators: the channel that is told.
        later: runs what comes after the answer to Slack.
    """
    app = new_app("slack")

    @app.post("/slack")
    def judge() -> Response:
        body = request.get_data()
        if not _is_from_slack(secret, body, clock()):
            return Response("the signature is wrong", 401)
        event = as_object(body) or {}
        if event.get("type") == "url_verification":
            return jsonify({"challenge": event.get("challenge")})
        message = event.get("event")
        if isinstance(message, dict) and message.get("type") == "message" and not message.get("bot_id"):
            later(lambda: look(service, call, moderators, message))
        return Response(status=200)

    return app


def look(service: Service, call: Act, moderators: str, message: dict[str, Any]) -> None:
    """Judge one message, new or edited."""
    channel, shown = str(message.get("channel")), message
    if message.get("subtype") == "message_changed" and isinstance(message.get("message"), dict):
        shown = message["message"]
    elif message.get("subtype") not in (None, "file_share", "thread_broadcast", "me_message"):
        return  # joins, topics and what was deleted
    text = str(shown.get("text") or "")
    if not text.strip() and not shown.get("files"):
        return
    # Files lie at Slack behind a token: nobody here looks at them, and so the message is held.
    parts = [{"type": "text", "text": text}] if text.strip() else []
    outcome, reason = "hold", "it has files, which nobody here can look at"
    if not shown.get("files"):
        answer = service.ask(f"slack:{channel}:{shown.get('ts')}", parts, {"author": str(shown.get("user", ""))})
        outcome, reason = answer.outcome, answer.reason
    if outcome == "approve":
        return
    call("POST", "/api/chat.delete", {"channel": channel, "ts": shown.get("ts")})
    what = "was rejected" if outcome == "reject" else "waits for people"
    note = f"A message of <@{shown.get('user')}> in <#{channel}> was taken out, because it {what}: {reason}"
    call("POST", "/api/chat.postMessage", {"channel": moderators, "text": note})


def _is_from_slack(secret: str, body: bytes, now: float) -> bool:
    """Slack's scheme v0; requests of more than five minutes ago may be somebody else's copies."""
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > OLDEST_SECONDS:
        return False
    right = "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), request.headers.get("X-Slack-Signature", "").encode())


if __name__ == "__main__":
    threads = ThreadPoolExecutor(8)
    serve(
        create_app(
            Service(os.environ["SERVICE_URL"], os.environ["SERVICE_KEY"]),
            os.environ["SLACK_SECRET"],
            Calls("https://slack.com", {"Authorization": f"Bearer {os.environ['SLACK_TOKEN']}"}),
            os.environ["SLACK_MODERATORS"],
            threads.submit,
        )
    )
