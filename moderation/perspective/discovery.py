"""The discovery document, from which Google's client libraries build their methods (Discovery format v1)."""

from __future__ import annotations

from typing import Any

from moderation.perspective.requests import AnalyzeComment, SuggestCommentScore

_ANSWERS: dict[str, Any] = {
    "AnalyzeCommentResponse": {
        "id": "AnalyzeCommentResponse",
        "type": "object",
        "properties": {
            "attributeScores": {"type": "object", "additionalProperties": {"$ref": "AttributeScores"}},
            "languages": {"type": "array", "items": {"type": "string"}},
            "detectedLanguages": {"type": "array", "items": {"type": "string"}},
            "clientToken": {"type": "string"},
        },
    },
    "SuggestCommentScoreResponse": {
        "id": "SuggestCommentScoreResponse",
        "type": "object",
        "properties": {
            "requestedLanguages": {"type": "array", "items": {"type": "string"}},
            "detectedLanguages": {"type": "array", "items": {"type": "string"}},
            "clientToken": {"type": "string"},
        },
    },
}
_METHODS = (("analyze", "AnalyzeComment"), ("suggestscore", "SuggestCommentScore"))


def discovery_document(root: str) -> dict[str, Any]:
    """The document of the endpoint at `root`, an address that ends with a slash."""
    methods = {
        name: {
            "id": f"commentanalyzer.comments.{name}",
            "path": f"v1alpha1/comments:{name}",
            "flatPath": f"v1alpha1/comments:{name}",
            "httpMethod": "POST",
            "parameters": {},
            "parameterOrder": [],
            "request": {"$ref": f"{message}Request"},
            "response": {"$ref": f"{message}Response"},
        }
        for name, message in _METHODS
    }
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": "v1alpha1",
        "title": "Perspective Comment Analyzer API",
        "description": "Scores of comments, by the detectors of this service; see its page on Perspective.",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "parameters": {
            "key": {"type": "string", "location": "query", "description": "An API key of this service."},
            "alt": {"type": "string", "location": "query", "default": "json", "enum": ["json"]},
            "prettyPrint": {"type": "boolean", "location": "query", "default": "true"},
        },
        "schemas": _schemas() | _ANSWERS,
        "resources": {"comments": {"methods": methods}},
    }


def _schemas() -> dict[str, Any]:
    """The requests, and what they are made of, from their models."""
    made: dict[str, Any] = {}
    for model in (AnalyzeComment, SuggestCommentScore):
        schema = model.model_json_schema(by_alias=True)
        for name, each in {f"{model.__name__}Request": schema, **schema.get("$defs", {})}.items():
            properties = {key: _property(value) for key, value in each["properties"].items()}
            made[name] = {"id": name, "type": "object", "properties": properties}
    return made


def _property(schema: dict[str, Any]) -> dict[str, Any]:
    """A property without null, which is everywhere in JSON of protocol buffers, and with short references."""
    for inner in schema.get("anyOf", ()):
        if inner.get("type") != "null":
            return _property(inner)
    if "$ref" in schema:
        return {"$ref": schema["$ref"].rpartition("/")[2]}
    kind = schema["type"]
    if kind == "array":
        return {"type": "array", "items": _property(schema["items"])}
    if kind == "object":
        return {"type": "object", "additionalProperties": _property(schema["additionalProperties"])}
    formats = {"number": "float", "integer": "int32"}
    return {"type": kind, "format": formats[kind]} if kind in formats else {"type": kind}
