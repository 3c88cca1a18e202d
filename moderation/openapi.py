"""The OpenAPI 3.1 document, generated from the pydantic models and a table of routes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from moderation import __version__
from moderation.api import schemas


@dataclass(frozen=True)
class Route:
    """One operation.

    Attributes:
        query: name to (schema, description).
        answers: status to model; None for no JSON of ours.
    """

    method: str
    path: str
    summary: str
    answers: dict[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    query: tuple[tuple[str, dict[str, Any], str], ...] = ()
    problems: tuple[int, ...] = (401, 404, 503)
    is_open: bool = False


_STRING: dict[str, Any] = {"type": "string"}
_WAIT = (("wait", {"type": "number", "minimum": 0, "maximum": 30}, "Seconds to wait for the decision."),)
_SEARCH = (
    ("status", {"type": "string", "enum": ["pending", "in_review", "decided"]}, "Status."),
    ("app", _STRING, "App; only your own has items."),
    ("label", _STRING, "A label that was found, or one above it."),
    ("outcome", {"type": "string", "enum": ["approve", "reject"]}, "Outcome of the decision."),
    ("content_id", _STRING, "Your own name for the content."),
    ("since", {"type": "string", "format": "date-time"}, "Created at or after."),
    ("cursor", _STRING, "next_cursor of the page before."),
    ("limit", {"type": "integer", "minimum": 1, "maximum": 200}, "Items on the page; 50 unless told."),
)

ROUTES: tuple[Route, ...] = (
    Route(
        "post",
        "/v1/items",
        "Post an item to be judged. JSON, or multipart/form-data with `file` fields and the rest as JSON in `item`.",
        {200: schemas.ItemView, 202: schemas.Accepted},
        schemas.PostedItem,
        _WAIT,
        (400, 401, 403, 409, 413, 415, 422, 429, 503),
    ),
    Route(
        "post",
        "/v1/items/batch",
        "Post up to 100 items in one durable commit; an answer per item, in order.",
        {202: schemas.BatchAnswer},
        schemas.PostedBatch,
        (),
        (400, 401, 409, 413, 422, 429, 503),
    ),
    Route("get", "/v1/items", "Your items, newest first.", {200: schemas.ItemPage}, None, _SEARCH, (401, 422, 503)),
    Route("get", "/v1/items/{item_id}", "An item and all that happened to it.", {200: schemas.ItemView}),
    Route("get", "/v1/items/{item_id}/explanation", "Why it was decided so.", {200: schemas.Explanation}),
    Route("get", "/v1/policies", "The policies in force.", {200: schemas.PolicyList}, problems=(401, 503)),
    Route("get", "/v1/policies/{name}", "One policy, with its text.", {200: schemas.PolicyText}),
    Route("get", "/healthz", "Does the process answer?", {200: None}, problems=(), is_open=True),
    Route(
        "get",
        "/readyz",
        "Can it do all of its work, and if not, why?",
        {200: None, 503: None},
        problems=(),
        is_open=True,
    ),
    Route("get", "/metrics", "Figures for Prometheus.", {200: None}, problems=(), is_open=True),
)


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The document."""
    models = {m for route in ROUTES for m in (*route.answers.values(), route.body) if m is not None} | {schemas.Problem}
    takes = {route.body for route in ROUTES}
    wanted: list[Any] = [
        (m, "validation" if m in takes else "serialization") for m in sorted(models, key=lambda m: m.__name__)
    ]
    refs, definitions = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Moderation",
            "version": __version__,
            "description": "Post content, get one final decision per item: by rules, or by people.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "`moderation keys add`"}},
        },
        "security": [{"key": []}],
    }


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    def content(model: type[BaseModel], mode: str, kind: str = "application/json") -> dict[str, Any]:
        return {kind: {"schema": refs[model, mode]}}

    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method}_{route.path.strip('/').replace('/', '_').replace('{', '').replace('}', '')}",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _STRING}
            for name in (piece.strip("{}") for piece in route.path.split("/") if piece.startswith("{"))
        ]
        + [{"name": name, "in": "query", "schema": schema, "description": text} for name, schema, text in route.query],
        "responses": {},
    }
    if route.method == "post":
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                "description": "The same key and body get the same answer; kept in the database.",
            }
        )
    if route.body is not None:
        body = content(route.body, "validation")
        if route.body is schemas.PostedItem:
            file = {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
            form = {"type": "object", "properties": {"item": {"type": "string"}, "file": file}}
            body["multipart/form-data"] = {"schema": form}
        operation["requestBody"] = {"required": True, "content": body}
    for status, model in route.answers.items():
        answer: dict[str, Any] = {"description": route.summary if status == 200 else "Stored; will be judged."}
        if model is not None:
            answer["content"] = content(model, "serialization")
        operation["responses"][str(status)] = answer
    for status in route.problems:
        problem = content(schemas.Problem, "serialization", "application/problem+json")
        operation["responses"][str(status)] = {"description": _PROBLEMS[status], "content": problem}
    if route.is_open:
        operation["security"] = []
    return operation


_PROBLEMS = {
    400: "Not JSON.",
    401: "No key, or not a valid one.",
    403: "The key belongs to another app.",
    404: "No such thing, or not yours.",
    409: "The first post with this idempotency key is not answered yet.",
    413: "The body is too large.",
    415: "Neither JSON nor multipart/form-data.",
    422: "Something in the item is wrong; `errors` says what and where.",
    429: "Too many items wait; see Retry-After.",
    503: "Nothing was stored; try again after Retry-After.",
}
