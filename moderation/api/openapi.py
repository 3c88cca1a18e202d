"""The OpenAPI 3.1 document, generated from the pydantic models and a table of routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from moderation import __version__
from moderation.api import schemas
from moderation.api.problems import CONTENT_TYPE as PROBLEM

JSON = "application/json"
Query = tuple[str, dict[str, Any], str]
"""Name, schema, meaning."""


@dataclass(frozen=True)
class Route:
    """One operation.

    Attributes:
        answers: status to model, or to a media type where the answer is no JSON; None where it is empty.
        bodies: models of which the JSON body is one.
        problems: status to model.
        is_open: True when no key is needed.
    """

    method: str
    path: str
    summary: str
    answers: Mapping[int, type[BaseModel] | str | None]
    bodies: tuple[type[BaseModel], ...] = ()
    query: tuple[Query, ...] = ()
    problems: tuple[int, ...] = (401, 404, 503)
    special: Mapping[int, type[BaseModel]] = field(default_factory=dict)
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
    ("cursor", {"type": "string", "format": "uuid"}, "next_cursor of the page before."),
    ("limit", {"type": "integer", "minimum": 1, "maximum": 200}, "Items on the page; 50 unless told."),
)
_POSTING = (400, 401, 403, 409, 413, 415, 422, 429, 503)

ROUTES: tuple[Route, ...] = (
    Route(
        "post",
        "/v1/items",
        "Post an item to be judged. JSON, or multipart/form-data with `file` fields and the rest as JSON in `item`. "
        "202 when it is stored; 200 when it is decided within ?wait=.",
        {200: schemas.ItemView, 202: schemas.Accepted},
        (schemas.PostedItem,),
        _WAIT,
        _POSTING,
    ),
    Route(
        "post",
        "/v1/items/batch",
        "Post up to 100 items. Those that are right are stored in one durable commit; an answer per item, in order. "
        "422 when none was accepted.",
        {202: schemas.BatchAnswer},
        (schemas.PostedBatch, schemas.PostedList),
        (),
        tuple(status for status in _POSTING if status != 403),
        {422: schemas.BatchProblem},
    ),
    Route("get", "/v1/items", "Your items, newest first.", {200: schemas.ItemPage}, (), _SEARCH, (401, 422, 503)),
    Route("get", "/v1/items/{item_id}", "An item and all that happened to it.", {200: schemas.ItemView}),
    Route(
        "get",
        "/v1/items/{item_id}/explanation",
        "Why it was decided so: rules, detections, thresholds and answers, in words and as data.",
        {200: schemas.Explanation},
    ),
    Route(
        "post",
        "/v1/items/{item_id}/appeal",
        "Ask people who have not seen the item to decide it anew; their decision supersedes the one there is.",
        {202: schemas.ItemView},
        (schemas.Appeal,),
        (),
        (400, 401, 404, 409, 413, 415, 422, 503),
    ),
    Route(
        "get",
        "/v1/items/{item_id}/parts/{part_id}/redacted",
        "The bytes of a picture with places blacked out, where a rule asked for that and the item was approved.",
        {200: "image/*"},
    ),
    Route(
        "post",
        "/v1/redact",
        "Take personal data out of a text. Nothing is stored.",
        {200: schemas.RedactedText},
        (schemas.TextToRedact,),
        (),
        (400, 401, 413, 415, 422, 503),
    ),
    Route(
        "post",
        "/v1/uploads",
        "A short-lived address to which one large object is sent, to be named in an item afterwards. Of S3, or ours.",
        {201: schemas.UploadView},
        (schemas.WantedUpload,),
        (),
        (400, 401, 413, 415, 422, 503),
    ),
    Route(
        "post",
        "/uploads",
        "Our own upload address. What `POST /v1/uploads` gave is all it asks for.",
        {204: None},
        (schemas.UploadForm,),
        (),
        (400, 403, 413, 415, 422, 503),
        is_open=True,
    ),
    Route("get", "/v1/policies", "The policies in force.", {200: schemas.PolicyList}, problems=(401, 503)),
    Route("get", "/v1/policies/{name}", "One policy, with its text.", {200: schemas.PolicyText}),
    Route("get", "/healthz", "Does the process answer?", {200: schemas.Health}, problems=(), is_open=True),
    Route(
        "get",
        "/readyz",
        "Can it do all of its work, and if not, why?",
        {200: schemas.Readiness, 503: schemas.Readiness},
        problems=(),
        is_open=True,
    ),
    Route("get", "/metrics", "Figures for Prometheus.", {200: "text/plain"}, problems=(503,), is_open=True),
    Route("get", "/openapi.json", "This document.", {200: JSON}, problems=(), is_open=True),
)

_ANSWERS = {200: "Done.", 201: "Made.", 204: "Stored.", 202: "Stored; will be judged.", 503: "Not ready."}
_PROBLEMS = {
    400: "Not JSON, or JSON beyond our bounds.",
    401: "No key, or not a valid one.",
    403: "The key belongs to another app, or the upload address is not valid.",
    404: "No such thing, or not yours.",
    409: "The first post with this idempotency key is not answered yet; see Retry-After.",
    413: "The body is too large.",
    415: "Neither JSON nor multipart/form-data, or compressed.",
    422: "Something in the item is wrong; `errors` says what and where.",
    429: "Too many items wait; see Retry-After.",
    503: "Nothing was stored; try again after Retry-After.",
}


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The document."""
    takes = {model for route in ROUTES for model in route.bodies}
    gives: set[type[BaseModel]] = {schemas.Problem}
    for route in ROUTES:
        models = [*route.answers.values(), *route.special.values()]
        gives |= {model for model in models if model is not None and not isinstance(model, str)}
    wanted: list[Any] = [(model, "validation") for model in sorted(takes, key=lambda m: m.__name__)]
    wanted += [(model, "serialization") for model in sorted(gives, key=lambda m: m.__name__)]
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
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method}_{route.path.strip('/').translate(str.maketrans('/.', '__', '{}'))}",
        "parameters": _parameters(route),
        "responses": {},
    }
    if route.bodies:
        operation["requestBody"] = {"required": True, "content": _body(route, refs)}
    for status, model in route.answers.items():
        if model is None:
            operation["responses"][str(status)] = {"description": _ANSWERS[status]}
            continue
        kind, schema = (model, {}) if isinstance(model, str) else (JSON, refs[model, "serialization"])
        content = {kind: {"schema": schema} if schema else {}}
        operation["responses"][str(status)] = {"description": _ANSWERS[status], "content": content}
    for status in route.problems:
        model = route.special.get(status, schemas.Problem)
        content = {PROBLEM: {"schema": refs[model, "serialization"]}}
        operation["responses"][str(status)] = {"description": _PROBLEMS[status], "content": content}
    if route.is_open:
        operation["security"] = []
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    inside = (piece.strip("{}") for piece in route.path.split("/") if piece.startswith("{"))
    found: list[dict[str, Any]] = [{"name": name, "in": "path", "required": True, "schema": _STRING} for name in inside]
    found += [
        {"name": name, "in": "query", "schema": schema, "description": text} for name, schema, text in route.query
    ]
    if schemas.PostedItem in route.bodies or schemas.PostedBatch in route.bodies:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                "description": "The same key and body get the same answer; kept in the database.",
            }
        )
    return found


def _body(route: Route, refs: Any) -> dict[str, Any]:
    if route.bodies == (schemas.UploadForm,):
        return {"multipart/form-data": {"schema": refs[schemas.UploadForm, "validation"]}}
    schemas_of = [refs[model, "validation"] for model in route.bodies]
    body: dict[str, Any] = {JSON: {"schema": schemas_of[0] if len(schemas_of) == 1 else {"anyOf": schemas_of}}}
    if schemas.PostedItem in route.bodies:
        item = {"type": "string", "contentMediaType": JSON, "contentSchema": schemas_of[0]}
        file = {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
        form = {"type": "object", "properties": {"item": item, "file": file}, "additionalProperties": False}
        body["multipart/form-data"] = {"schema": form}
    return body
