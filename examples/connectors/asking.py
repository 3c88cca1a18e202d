"""What all connectors share: asking the service, and holding whatever it did not approve in time.

An answer is ``hold`` when people still look, when the service does not answer, and when it cannot read the content:
never ``approve`` without a decision.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import urllib3
from flask import Flask, Response, request
from standardwebhooks import Webhook, WebhookVerificationError

Outcome = Literal["approve", "reject", "hold"]
MOST_BYTES = 30_000_000
"""Of a request to a connector."""


@dataclass(frozen=True)
class Answer:
    """What is to be done with a piece of content.

    Attributes:
        item: its id at the service; empty where the service did not take it.
        reason: for moderators.
    """

    outcome: Outcome
    item: str = ""
    reason: str = ""


class Service:
    """The service, as one app.

    Args:
        url: such as ``http://127.0.0.1:8000``.
        key: an API key of the app, by ``moderation keys add``.
        wait_seconds: for a decision; 0-30. Stay under the time that the asking program waits itself.
        callback_url: where later decisions are told, for connectors that act on them.
    """

    def __init__(self, url: str, key: str, *, wait_seconds: float = 5.0, callback_url: str | None = None) -> None:
        self._url, self._key, self._wait = url.rstrip("/"), key, wait_seconds
        self._callback_url = callback_url
        self._http = urllib3.PoolManager(retries=False)

    def ask(
        self, content_id: str, parts: Sequence[Mapping[str, str]], metadata: Mapping[str, Any] | None = None
    ) -> Answer:
        """Post content, and say what is to be done with it. The same content asked again is the same item."""
        item: dict[str, Any] = {"content_id": content_id, "parts": list(parts), "metadata": dict(metadata or {})}
        if self._callback_url is not None:
            item["callback_url"] = self._callback_url
        body = json.dumps(item, sort_keys=True).encode()
        headers = {"Idempotency-Key": hashlib.sha256(body).hexdigest(), "Content-Type": "application/json"}
        try:
            status, found = self._call("POST", f"/v1/items?wait={self._wait:g}", body, headers)
            if status not in (200, 202):
                return Answer("hold", reason=f"the service did not take it ({status}: {found.get('detail', '')})"[:300])
            if found["status"] != "decided":  # a post that is repeated is answered as it was the first time
                _, found = self._call("GET", f"/v1/items/{found['id']}")
            if found["status"] != "decided":
                return Answer("hold", found["id"], "people look at it")
            outcome: Outcome = "approve" if found["decision"]["outcome"] == "approve" else "reject"
            return Answer(outcome, found["id"], str(found["decision"]["reason"]))
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError) as error:
            return Answer("hold", reason=f"the service gave no answer ({type(error).__name__})")

    def texts(self, item: str) -> str:
        """The texts of an item, for who shows it again after it was approved. Raises `KeyError` without an answer."""
        _, found = self._call("GET", f"/v1/items/{item}")
        return "\n".join(part["text"] for part in found["parts"] if part.get("text"))

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        more = {"Authorization": f"Bearer {self._key}", **(headers or {})}
        answer = self._http.request(method, self._url + path, body=body, headers=more, timeout=self._wait + 5)
        found = json.loads(answer.data)
        if not isinstance(found, dict):
            raise ValueError("no object")
        return answer.status, found


class Calls:
    """Calls of another program's API.

    Args:
        headers: with what lets the connector in.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url, self._headers = url.rstrip("/"), dict(headers)
        self._http = urllib3.PoolManager(retries=urllib3.Retry(3, backoff_factor=1, respect_retry_after_header=True))

    def __call__(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Make one. Raises `RuntimeError` when it is refused, so that whoever called is told and tries again."""
        answer = self._http.request(method, self._url + path, json=body, headers=self._headers, timeout=10)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} was answered {answer.status}")


Act = Callable[..., None]
"""`Calls`, or what stands for it."""


def is_signed(secret: str, body: bytes, given: str) -> bool:
    """True when one of the signatures in a header (``sha256=HEX``, by commas) is the body's HMAC-SHA-256."""
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    found = [each.strip().removeprefix("sha256=") for each in given.split(",")]
    return any(hmac.compare_digest(right, each) for each in found if each.isascii())


def signed_body(secret: str, header: str) -> dict[str, Any] | None:
    """The JSON of the request at hand; None where its signature is wrong or it is no object."""
    body = request.get_data()
    if not is_signed(secret, body, request.headers.get(header, "")):
        return None
    return as_object(body)


def as_object(body: bytes) -> dict[str, Any] | None:
    """A body as a JSON object; None for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def new_app(name: str) -> Flask:
    """An application that takes no larger bodies than the service does."""
    app = Flask(name)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    return app


def hear_decisions(app: Flask, secret: str, act: Callable[[Outcome, str, str], None]) -> None:
    """Take the service's webhooks at ``/decided``.

    Args:
        secret: the app's webhook secret, ``whsec_...``.
        act: told of outcome, content id and item id; may be told twice.
    """

    @app.post("/decided")
    def decided() -> Response:
        try:
            event = Webhook(secret).verify(request.get_data(), dict(request.headers))
        except WebhookVerificationError:
            return Response("the signature is wrong", 401)
        if event["type"] == "item.decided":
            data = event["data"]
            outcome: Outcome = "approve" if data["decision"]["outcome"] == "approve" else "reject"
            act(outcome, str(data.get("content_id") or ""), str(data["id"]))
        return Response(status=204)


def plain(html: str) -> str:
    """The words of HTML, for detectors of texts."""
    from html.parser import HTMLParser

    words: list[str] = []
    parser = HTMLParser(convert_charrefs=True)
    parser.handle_data = words.append  # type: ignore[method-assign]
    parser.feed(html)
    parser.close()
    return " ".join(words)


def serve(app: Flask, port: int = 8100) -> None:
    """Answer on the loopback address; put a proxy with TLS before it."""
    from waitress import serve as listen

    listen(app, host="127.0.0.1", port=port)
