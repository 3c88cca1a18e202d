"""A client of the whole application, whose every answer under /v1 is held against the OpenAPI document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from ground.errors import SettingsError
from moderation.api.openapi import openapi
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import Settings
from moderation.storage.records import ItemRecord
from review_ui.opening import open_review
from review_ui.service import ReviewService
from tests.waiting import wait_for

NOBODY = "http://127.0.0.1:9"
"""No human loop can be opened there: items that people should see wait in review."""


@dataclass
class Api:
    """The application and keys of two apps."""

    service: Service
    review: ReviewService
    client: FlaskClient
    keys: dict[str, str]

    @classmethod
    def open(cls, settings: Settings) -> Api:
        service = Service.open(settings)
        review = open_review(settings, blobs=service.blobs)
        try:
            client = create_app(service, review).test_client()
        except SettingsError:
            service.close()
            review.database.close()
            raise
        now = datetime.now(UTC)
        return cls(service, review, client, {app: service.accounts.add_key(app, now).key for app in ("shop", "forum")})

    def work(self) -> None:
        """Start the workers. A post that waits does so until its item is moderated, however busy the machine is."""
        service = self.service
        wait_decided = service.pipeline.wait_decided

        def wait_long(item_id: str, seconds: float) -> ItemRecord:
            record = wait_decided(item_id, seconds)
            wait_for(lambda: service.store.get_item(item_id).status != "pending")
            return service.store.get_item(item_id) if record.status == "pending" else record

        service.pipeline.wait_decided = wait_long  # type: ignore[method-assign]
        service.doorbell.start(service.work_once)

    def close(self) -> None:
        self.service.close()
        self.review.database.close()

    def call(self, method: str, path: str, *, app: str | None = "shop", **more: Any) -> TestResponse:
        """A request with the app's key; fails when the answer is not what the OpenAPI document says."""
        headers = dict(more.pop("headers", {}))
        if app is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys[app]}")
        answer = self.client.open(path, method=method, headers=headers, **more)
        check_documented(self.client.application, method, path, answer)
        return answer

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.call("POST", path, **more)

    def post_text(self, text: str, *, wait: float = 30, **more: Any) -> dict[str, Any]:
        """The document of an item of one text, decided or in review when it comes back."""
        item = {"parts": [{"type": "text", "text": text}], **more}
        answer = self.post(f"/v1/items?wait={wait}", json=item)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json
        return document


def check_documented(app: Flask, method: str, path: str, answer: TestResponse) -> None:
    """The status is in the OpenAPI document and the body is as its schema says."""
    document = _document_of(app)
    bare = path.partition("?")[0]
    routes = ((path, operations.get(method.lower())) for path, operations in document["paths"].items())
    operation = next((found for path, found in routes if found and _pattern(path).fullmatch(bare)), None)
    if operation is None:
        return
    responses = operation["responses"]
    assert str(answer.status_code) in responses, f"{method} {bare} answered {answer.status_code}: {answer.text[:300]}"
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        assert not answer.data
        return
    if not content.keys().isdisjoint({f"{answer.mimetype.partition('/')[0]}/*", "*/*"}):
        return
    assert answer.mimetype in content
    schema = content[answer.mimetype].get("schema")
    if schema:
        # Our own bodies are documents without $id, so references resolve within the whole.
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json)


def _document_of(app: Flask) -> dict[str, Any]:
    """Applications with the same routes have the same document, which takes its time to make."""
    routes = frozenset((rule.rule, rule.endpoint) for rule in app.url_map.iter_rules())
    if routes not in _DOCUMENTS:
        _DOCUMENTS[routes] = openapi(app)
    return _DOCUMENTS[routes]


_DOCUMENTS: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
