"""A client of the whole application, whose every answer under /v1 is held against the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from moto import mock_aws
from werkzeug.test import TestResponse

import moderation
from ground.database import Database
from moderation.api.openapi import ROUTES, openapi
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import Settings
from moderation.storage import tables
from review_ui.a2i.service import ReviewService

MIGRATIONS = Path(moderation.__file__).parent / "storage" / "migrations"
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
        review = ReviewService.open(settings, blobs=service.blobs)
        client = create_app(service, review).test_client()
        now = datetime.now(UTC)
        return cls(service, review, client, {app: service.accounts.add_key(app, now).key for app in ("shop", "forum")})

    def close(self) -> None:
        self.service.close()
        self.review.database.close()

    def call(self, method: str, path: str, *, app: str | None = "shop", **more: Any) -> TestResponse:
        """A request with the app's key; fails when the answer is not what the OpenAPI document says."""
        headers = dict(more.pop("headers", {}))
        if app is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys[app]}")
        answer = self.client.open(path, method=method, headers=headers, **more)
        check_documented(method, path, answer)
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


def check_documented(method: str, path: str, answer: TestResponse) -> None:
    """The status is in the OpenAPI document and the body is as its schema says."""
    document = openapi()
    bare = path.partition("?")[0]
    route = next((r for r in ROUTES if r.method == method.lower() and _pattern(r.path).fullmatch(bare)), None)
    if route is None:
        return
    responses = document["paths"][route.path][route.method]["responses"]
    assert str(answer.status_code) in responses, f"{method} {bare} answered {answer.status_code}: {answer.text[:300]}"
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        assert not answer.data
        return
    if f"{answer.mimetype.partition('/')[0]}/*" in content:
        return
    assert answer.mimetype in content
    schema = content[answer.mimetype].get("schema")
    if schema:
        # Our own bodies are documents without $id, so references resolve within the whole.
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application over shipped plugins and rules, with workers, for a module of tests."""
    opened = Api.open(_settings(tmp_path_factory.mktemp("api")))
    opened.service.doorbell.start(lambda: bool(opened.service.work_once()))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def empty_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application without workers, shared by tests after which nothing is stored."""
    opened = Api.open(_settings(tmp_path_factory.mktemp("empty")))
    yield opened
    opened.close()


@pytest.fixture
def idle_api(tmp_path: Path) -> Iterator[Api]:
    """The application without workers: what is posted stays pending."""
    opened = Api.open(_settings(tmp_path))
    yield opened
    opened.close()


def _settings(folder: Path) -> Settings:
    return Settings(data=folder, allow_private_urls=True, a2i_endpoint_url=NOBODY, sweep_seconds=0.2, workers=2)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The service's database at its newest schema, empty: SQLite, then Postgres."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'x.db'}", MIGRATIONS, tables.metadata)
    else:
        opened = Database(request.getfixturevalue("postgres_url"), MIGRATIONS, tables.metadata)
        with opened.engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of moto's S3, which has the bucket ``texts``."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="texts")
        yield client
