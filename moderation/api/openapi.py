"""The OpenAPI 3.1 document, made of an application's routes and of what its views say of themselves beside them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from flask import Flask, request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ground.strict_json import NO_NUL
from moderation import __version__
from moderation.api.described import describe, models_in
from moderation.api.examples import EXAMPLES, problem_example
from moderation.api.problems import CONTENT_TYPE as PROBLEM
from moderation.api.problems import invalid
from moderation.api.schemas.problems import Problem
from moderation.api.strict_json import check_text
from moderation.api.tightening import settle, take_text
from moderation.core.events import EVENT_TYPES, EVENTS, EventType
from moderation.core.policy.terms import NAME as LIST_NAME
from moderation.storage.accounts import Scope

JSON = "application/json"
View = TypeVar("View", bound=Callable[..., Any])

Answers = type[BaseModel] | tuple[type[BaseModel], ...] | str | None


@dataclass(frozen=True)
class Parameter:
    """A parameter beside those in the path. A view reads it by its `name` and holds it against its `schema`.

    Attributes:
        schema: JSON Schema of its value.
        example: a value, for readers; None where the schema says enough.
    """

    name: str
    schema: Mapping[str, Any]
    meaning: str
    place: Literal["query", "header"] = "query"
    example: str | int | float | None = None


@dataclass(frozen=True)
class Operation:
    """What a view takes and answers.

    A view that is marked with it, below its route, is in the document, and refuses query parameters that are not::

        @items.get("/<item_id>")
        @Operation("An item and all that happened to it.", {200: ItemView})
        def get_item(item_id: str) -> Response: ...

    Attributes:
        answers: status to model or to several, or to a media type where the answer is no JSON; None where it is empty.
        bodies: models of which the JSON body is one.
        takes_files: a form with `file` fields, and the JSON as field `item`, is a body too.
        form: the model of a form, where no JSON is taken.
        problems: statuses that are answered with a problem.
        problem_models: of problems that say more than `Problem` does, by status.
        also: media types in which 200 is answered beside JSON.
        is_open: True when no key is needed.
        scope: what the key must be for; None for ``read`` on a GET and ``post`` on everything else.
    """

    summary: str
    answers: Mapping[int, Answers]
    bodies: tuple[type[BaseModel], ...] = ()
    takes_files: bool = False
    form: type[BaseModel] | None = None
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[int, ...] = (401, 404, 422, 503)
    problem_models: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    is_open: bool = False
    scope: Scope | None = None

    def needed_scope(self, method: str) -> Scope:
        """What the key must be for."""
        return self.scope or ("read" if method in ("GET", "HEAD") else "post")

    def __call__(self, view: View) -> View:
        """`view`, marked and behind the check of its query."""

        @functools.wraps(view)
        def checked(*args: Any, **given: Any) -> Any:
            self._check_query()
            return view(*args, **given)

        checked.operation = self  # type: ignore[attr-defined]
        return cast(View, checked)

    def _check_query(self) -> None:
        """Refuse what nobody reads: a misspelled ``?wait=`` would be left out in silence.

        Pages for machines that watch are asked with parameters of those machines' own, and take none.
        """
        if self.is_open and request.method == "GET":
            return
        known = [parameter.name for parameter in self.parameters if parameter.place == "query"]
        for name, value in request.args.items(multi=True):
            if name not in known:
                raise invalid(name[:60], f"unknown parameter; known: {', '.join(known) or 'none'}")
            if len(request.args.getlist(name)) > 1:
                raise invalid(name, "give it once")
            check_text(name, value)
            self._check_value(next(each for each in self.parameters if each.name == name), value)

    @staticmethod
    def _check_value(parameter: Parameter, value: str) -> None:
        """Refuse text that is no such value by its schema; views read numbers, times and choices themselves."""
        schema = parameter.schema
        least, most = schema.get("minLength", 0), schema.get("maxLength", len(value))
        if not least <= len(value) <= most:
            raise invalid(parameter.name, f"{least} to {most} characters")


_UUID = {"type": "string", "format": "uuid"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^/\\u0000]+$"}
_NUMBER = {"type": "integer", "minimum": 0}
IN_PATHS: Mapping[str, tuple[str, Mapping[str, Any], Any]] = {
    "item_id": ("Id of the item.", _UUID, "01a1fe22-ffce-7123-bb1a-5c1bfe7efea2"),
    "part_id": ("Id of the part.", _NAME, "p0"),
    "delivery_id": ("Id of the delivery.", _NAME, "evt_01a1fe22ffce7123bb1a5c1bfe7efea2_1"),
    "number": ("Of the notice's receipt.", _NAME, "N-7K2M-Q4TD"),
    "dispute_id": ("Id of the dispute.", _UUID, "01a1fe24-3c55-7a0e-8d11-9f2b6c1d4e20"),
    "flag_id": ("Id of the report.", _UUID, "01a1fe23-0a11-7c0e-9d52-0d5a3b0e7c11"),
    "name": ("Its name.", _NAME, "pii"),
    "list_name": (
        "Its name.",
        {"type": "string", "maxLength": 60, "pattern": f"^{LIST_NAME.pattern}$"},
        "banned-authors",
    ),
    "detector": ("Name of the detector or extractor.", _NAME, "pii.text"),
    "run_id": ("Id of the run.", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "5f0c8a4be1d24f0c9a6b7e3d2c1f0a98"),
    "entry_id": ("Id of the entry.", _NUMBER, 1),
}
"""What stands in paths, with its schema and an example."""
TAGS: Mapping[str, str] = {
    "items": "Posting items, and what becomes of them.",
    "deliveries": "What was sent to your callbacks.",
    "flags": "Users' reports.",
    "notices": "What anybody says is wrong with your items.",
    "statements": "Why it was decided so, for the user who was moderated.",
    "disputes": "Decisions before out-of-court bodies.",
    "moderations": "OpenAI's moderation contract.",
    "redact": "Personal data out of texts.",
    "uploads": "Large media, sent apart.",
    "policies": "What items are judged by.",
    "detectors": "Who looks, and what each sees.",
    "lists": "Lists at run time; for operators.",
    "remoderations": "Decided items judged by changed policies; for operators.",
    "health": "For machines that watch.",
    "events": "What callbacks and targets are told.",
}
"""Groups of calls: names of blueprints, with what they are for."""
_ANSWERS = {200: "Done.", 201: "Made.", 204: "Stored.", 202: "Stored; will be judged.", 503: "Not ready."}
_PROBLEMS = {
    400: "Not JSON, or JSON beyond our bounds.",
    401: "No key, or not a valid one.",
    403: "The key is for less than this, of another app, or of no operator; or an upload address is not valid.",
    404: "No such thing, or not yours.",
    409: "Not as it stands: the first post with this idempotency key is not answered yet (see Retry-After), or `type` "
    "says what else.",
    412: "The item has changed since you have seen it (If-Match); nothing was done.",
    413: "The body is too large.",
    415: "Neither JSON nor multipart/form-data, or compressed.",
    422: "Something in the request is wrong; `errors` says what and where.",
    429: "Too many calls, or too many items wait; see Retry-After.",
    503: "Nothing was stored; try again after Retry-After.",
}


LIMITS = "openapi_limits"
"""Extension of an application: the settings that schemas name as limits."""


def openapi(app: Flask) -> dict[str, Any]:
    """The document of `app`: its marked views, in the order in which they were registered. Made once."""
    if "openapi" not in app.extensions:
        app.extensions["openapi"] = _document(list(_routes(app)), app.extensions.get(LIMITS, {}))
    document: dict[str, Any] = app.extensions["openapi"]
    return document


def _routes(app: Flask) -> Iterator[tuple[str, str, str, Operation]]:
    """Method, path as OpenAPI writes it, tag, operation."""
    for rule in app.url_map.iter_rules():
        operation: Operation | None = getattr(app.view_functions[rule.endpoint], "operation", None)
        if operation is not None:
            path = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method.lower(), path, rule.endpoint.rpartition(".")[0] or "health", operation


def _document(routes: Sequence[tuple[str, str, str, Operation]], limits: Mapping[str, Any]) -> dict[str, Any]:
    refs, definitions = _schemas([operation for *_, operation in routes], limits)
    paths: dict[str, Any] = {}
    for method, path, tag, operation in routes:
        paths.setdefault(path, {})[method] = {"tags": [tag], **_described(method, path, operation, refs)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Moderation",
            "version": __version__,
            "description": "Post content, get one final decision per item: by rules, or by people.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": said} for name, said in TAGS.items()],
        "paths": paths,
        "webhooks": {kind: {"post": _webhook(kind, refs)} for kind in EVENT_TYPES},
        "components": {
            "schemas": definitions,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "`moderation keys add`"}},
        },
        "security": [{"key": []}],
    }


def _schemas(operations: Iterable[Operation], limits: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """References to the models, and the models by name."""
    takes: set[type[BaseModel]] = set()
    gives: set[type[BaseModel]] = {Problem}
    for operation in operations:
        takes |= {*operation.bodies, *([operation.form] if operation.form else [])}
        gives |= {model for answer in operation.answers.values() for model in _models(answer)}
        gives |= set(operation.problem_models.values())
    wanted: list[Any] = [(model, "validation") for model in sorted(takes, key=lambda m: m.__name__)]
    wanted += [(model, "serialization") for model in sorted(gives, key=lambda m: m.__name__)]
    wanted += [(model, "serialization") for model in EVENTS.values()]
    refs, definitions = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    made: dict[str, Any] = definitions.get("$defs", {})
    describe(made, [*takes, *gives, *EVENTS.values()])
    settle(made, limits)
    # What is given too is not tightened: a text of before may be anything.
    given = {each.__name__ for each in models_in([*gives, *EVENTS.values()])}
    take_text(made, {each.__name__ for each in models_in(takes)} & set(made) - given)
    return refs, made


_SIGNED = {
    "webhook-id": "The event's `id`, the same in every attempt.",
    "webhook-timestamp": "Seconds since 1970 at which this attempt was signed.",
    "webhook-signature": "`v1,` and a signature in base64; several with blanks between while a secret is changed over.",
}


def _webhook(kind: EventType, refs: Any) -> dict[str, Any]:
    """What an item's `callback_url` is sent of one kind of event, as OpenAPI 3.1 says it."""
    model = EVENTS[kind]
    return {
        "summary": (model.__doc__ or "").partition("\n")[0],
        "description": "Signed by the Standard Webhooks scheme with the app's secret; at least once, in no promised "
        "order: keep the highest `number` of each item.",
        "tags": ["events"],
        "operationId": f"event_{kind.replace('.', '_')}",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": meaning}
            for name, meaning in _SIGNED.items()
        ],
        "requestBody": {"required": True, "content": {JSON: _content(refs[model, "serialization"], model)}},
        "responses": {
            "2XX": {"description": "You have it."},
            "410": {"description": "You want no more of this event."},
            "default": {"description": "It is sent again: ten times in three days in all."},
        },
        "security": [],
    }


def _models(answer: Answers) -> tuple[type[BaseModel], ...]:
    if answer is None or isinstance(answer, str):
        return ()
    return answer if isinstance(answer, tuple) else (answer,)


def _described(method: str, path: str, operation: Operation, refs: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{method}_{path.strip('/').translate(str.maketrans('/.', '__', '{}'))}",
        "parameters": _parameters(path, operation),
        "responses": {},
    }
    if operation.bodies or operation.form:
        described["requestBody"] = {"required": True, "content": _body(operation, refs)}
    for status, answer in operation.answers.items():
        if answer is None:
            described["responses"][str(status)] = {"description": _ANSWERS[status]}
            continue
        schemas = [refs[model, "serialization"] for model in _models(answer)]
        kind = answer if isinstance(answer, str) else JSON
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas} if schemas else {}
        content = {kind: _content(schema, *_models(answer)[:1]) if schema else {}}
        if status == 200:
            content |= {each: {} for each in operation.also}
        described["responses"][str(status)] = {"description": _ANSWERS[status], "content": content}
    if method == "get" and not operation.is_open and _models(operation.answers.get(200)):
        described["responses"]["304"] = {"description": "As you have it already (If-None-Match)."}
    # Whoever needs a key may come too often with it, or with one that is for less.
    for status in sorted({*operation.problems, *(() if operation.is_open else (403, 429))}):
        model = operation.problem_models.get(status, Problem)
        example = problem_example(status, path, has_items=model is not Problem)
        content = {PROBLEM: {"schema": refs[model, "serialization"], "example": example}}
        described["responses"][str(status)] = {"description": _PROBLEMS[status], "content": content}
    if operation.is_open:
        described["security"] = []
    return described


def _parameters(path: str, operation: Operation) -> list[dict[str, Any]]:
    inside = re.findall(r"\{(\w+)\}", path)
    found: list[dict[str, Any]] = []
    for name in inside:
        meaning, schema, example = IN_PATHS[name]
        found.append({"name": name, "in": "path", "required": True, "schema": schema, "description": meaning})
        found[-1]["example"] = example
    found += [
        {"name": each.name, "in": each.place, "schema": _text_of(each.schema), "description": each.meaning}
        | ({"example": each.example} if each.example is not None else {})
        for each in operation.parameters
    ]
    return found


def _text_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a parameter; text has no NUL, whatever else it is."""
    is_free = schema.get("type") == "string" and not {"pattern", "enum", "format"} & set(schema)
    return {**schema, "pattern": NO_NUL} if is_free else schema


def _content(schema: Any, model: type[BaseModel]) -> dict[str, Any]:
    """A schema with the example of its model, or of the first of several."""
    return {"schema": schema, **({"example": EXAMPLES[model.__name__]} if model.__name__ in EXAMPLES else {})}


def _body(operation: Operation, refs: Any) -> dict[str, Any]:
    if operation.form is not None:
        return {"multipart/form-data": {"schema": refs[operation.form, "validation"]}}
    schemas = [refs[model, "validation"] for model in operation.bodies]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    body: dict[str, Any] = {JSON: _content(schema, operation.bodies[0])}
    if operation.takes_files:
        item = {"type": "string", "contentMediaType": JSON, "contentSchema": schema}
        of_bytes = {"type": "string", "contentMediaType": "application/octet-stream"}
        file = {"type": "array", "items": of_bytes, "minItems": 1}
        form: dict[str, Any] = {
            "type": "object",
            "properties": {"item": item, "file": file},
            "additionalProperties": False,
        }
        # Files alone are an item, too. Not as `anyOf` of what is required: generators take that for a type unknown.
        form["minProperties"] = 1
        body["multipart/form-data"] = {"schema": form}
    return body
