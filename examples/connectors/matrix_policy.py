"""Matrix: a policy server (MSC4284). It signs an event that is approved; what it did not sign is not shown.

``/_matrix/policy/v1/sign`` is for homeservers of today, ``.../org.matrix.msc4284/event/ID/check`` for those of 2025.
The server must be in the room under its name, so let the homeserver's proxy lead these two paths here. Who may ask
(X-Matrix) is checked by nobody here: bound it at the proxy, and name the rooms.

What cannot be read is not signed: encrypted events, and media, which lies on the homeservers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Collection
from typing import Any

from asking import Answer, Outcome, Service, as_object, new_app, plain, serve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, Response, jsonify, request

_KEPT = (
    "event_id", "type", "room_id", "sender", "state_key", "hashes", "depth", "prev_events", "auth_events",
    "origin_server_ts",
)  # fmt: skip
_KEPT_CONTENT: dict[str, tuple[str, ...]] = {
    "m.room.create": (),
    "m.room.member": ("membership", "join_authorised_via_users_server"),
    "m.room.join_rules": ("join_rule", "allow"),
    "m.room.power_levels": (
        "ban", "events", "events_default", "invite", "kick", "redact", "state_default", "users", "users_default",
    ),
    "m.room.history_visibility": ("history_visibility",),
    "m.room.redaction": ("redacts",),
}  # fmt: skip
"""What redaction leaves (room version 11)."""
_WORDS = ("body", "formatted_body", "name", "topic", "displayname", "reason", "key")
_UNREADABLE = ("m.room.encrypted", "m.sticker")
_MEDIA = ("m.image", "m.file", "m.video", "m.audio")


class NotAnEvent(ValueError):
    """The body is no event as rooms of version 11 have it."""


def create_app(service: Service, server_name: str, key: Ed25519PrivateKey, rooms: Collection[str]) -> Flask:
    """The policy server.

    Args:
        server_name: under which it is in the rooms.
        key: its public half stands in the rooms' ``m.room.policy``.
        rooms: ids of those that it protects.
    """
    app = new_app("matrix_policy")

    @app.post("/_matrix/policy/v1/sign")
    def sign() -> tuple[Response, int] | Response:
        try:
            event = _event(as_object(request.get_data()))
        except NotAnEvent as error:
            return jsonify({"errcode": "M_BAD_JSON", "error": str(error)}), 400
        if event["room_id"] not in rooms:
            return jsonify({"errcode": "M_NOT_FOUND", "error": "this room is not protected here"}), 400
        if _judge(service, event).outcome != "approve":
            return jsonify({})
        return jsonify({server_name: {"ed25519:policy_server": _signature(event, key)}})

    @app.post("/_matrix/policy/unstable/org.matrix.msc4284/event/<event_id>/check")
    def check(event_id: str) -> tuple[Response, int] | Response:
        try:
            event = _event(as_object(request.get_data()))
        except NotAnEvent as error:
            return jsonify({"errcode": "M_BAD_JSON", "error": str(error)}), 400
        outcome: Outcome = _judge(service, event).outcome if event["room_id"] in rooms else "hold"
        return jsonify({"recommendation": "ok" if outcome == "approve" else "spam"})

    return app


def _event(found: dict[str, Any] | None) -> dict[str, Any]:
    """A body as an event whose hash is that of its content: the signature covers the hash alone."""
    if found is None:
        raise NotAnEvent("the body is no JSON object")
    hashes, content = found.get("hashes"), found.get("content")
    texts = all(isinstance(found.get(name), str) for name in ("type", "room_id", "sender"))
    if not texts or not isinstance(hashes, dict) or not isinstance(content, dict):
        raise NotAnEvent("type, room_id, sender, content and hashes are wanted")
    bare = {name: value for name, value in found.items() if name not in ("unsigned", "signatures", "hashes")}
    if hashes.get("sha256") != _base64(hashlib.sha256(_canonical(bare)).digest()):
        raise NotAnEvent("the hash is not that of the event")
    return found


def _judge(service: Service, event: dict[str, Any]) -> Answer:
    content = event["content"]
    if event["type"] in _UNREADABLE or content.get("msgtype") in _MEDIA:
        return Answer("hold", reason="nobody here can read it")
    content = {**content, **(content["m.new_content"] if isinstance(content.get("m.new_content"), dict) else {})}
    related = content.get("m.relates_to")
    words = [*_texts(content), *_texts(related if isinstance(related, dict) else {})]
    if not words:
        # Membership without a name, power levels, redactions: there is nothing to look at.
        return (
            Answer("approve", reason="nothing in it is shown") if event["type"] != "m.room.message" else Answer("hold")
        )
    parts = [{"type": "text", "text": word} for word in dict.fromkeys(words)]
    digest = hashlib.sha256(_canonical(event["hashes"])).hexdigest()
    return service.ask(f"matrix:{digest}", parts, {"author": event["sender"], "room": event["room_id"]})


def _texts(content: dict[str, Any]) -> list[str]:
    words = [value for name in _WORDS if isinstance(value := content.get(name), str)]
    return [each for each in map(plain, words) if each.strip()]


def _signature(event: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """Of the event as it is after redaction, without signatures (Matrix, Server-Server API, signing events)."""
    kept = {name: event[name] for name in _KEPT if name in event}
    names = _KEPT_CONTENT.get(event["type"], ())
    content = (
        event["content"]
        if event["type"] == "m.room.create"
        else {n: event["content"][n] for n in names if n in event["content"]}
    )
    return _base64(key.sign(_canonical({**kept, "content": content})))


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


if __name__ == "__main__":
    seed = base64.b64decode(os.environ["POLICY_KEY"] + "==")
    serve(
        create_app(
            Service(os.environ["SERVICE_URL"], os.environ["SERVICE_KEY"], wait_seconds=5),
            os.environ["SERVER_NAME"],
            Ed25519PrivateKey.from_private_bytes(seed),
            os.environ["ROOMS"].split(),
        )
    )
