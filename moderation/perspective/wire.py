"""Perspective on the wire: Google's JSON over HTTP, with an API key of ours in the query or a header."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from ground.errors import StoreUnavailable
from moderation.api.auth import Gate
from moderation.api.problems import Refused
from moderation.api.strict_json import read_json
from moderation.perspective.analyzing import analyze
from moderation.perspective.attributes import Attributes
from moderation.perspective.discovery import discovery_document
from moderation.perspective.faults import GoogleError, no_key, of_refused
from moderation.perspective.requests import AnalyzeComment, SuggestCommentScore, read
from moderation.perspective.suggesting import suggest
from moderation.service import Service
from moderation.storage.counters import keyed_hash
from moderation.storage.suggestions import SuggestedScores

logger = logging.getLogger(__name__)

PATH = "/perspective"
MOST_BODY_BYTES = 4_000_000
"""A comment has 20 kB at most, and each entry of its context, which is not used, a megabyte."""
_DISCOVERY = ("$discovery/rest", "discovery/v1/apis/commentanalyzer/v1alpha1/rest")
"""Where client libraries look for the document: each API's own address, and the older one of all APIs."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The endpoint; mount it at `PATH`. Every answer, errors too, is in the form that Google's clients read.

    Raises:
        PolicyFault: the file of own cards has faults.
    """
    door = Blueprint("perspective", __name__)
    attributes = Attributes.load(service.settings.perspective_cards, service.judge.plugins.detectors)
    runner, suggestions = service.judge.runner, SuggestedScores(service.database)

    def analyze_comment(body: Any) -> dict[str, Any]:
        return analyze(runner, attributes, g.app_name, read(AnalyzeComment, body))

    def suggest_score(body: Any) -> dict[str, Any]:
        given, now = read(SuggestCommentScore, body), datetime.now(UTC)
        keyed = keyed_hash(service.database, now)
        return suggest(runner, attributes, suggestions, keyed, g.app_name, given, now)

    methods: Mapping[str, Callable[[Any], dict[str, Any]]] = {
        "v1alpha1/comments:analyze": analyze_comment,
        "v1alpha1/comments:suggestscore": suggest_score,
    }

    @door.route("/", defaults={"name": ""}, methods=_METHODS)
    @door.route("/<path:name>", methods=_METHODS)
    def answer(name: str) -> Response:
        request.max_content_length = MOST_BODY_BYTES
        if name in _DISCOVERY and request.method == "GET":
            return _json(discovery_document(_root(service)))
        method = methods.get(name)
        if method is None or request.method != "POST":
            raise GoogleError(404, f"Method not found: {request.method} {PATH}/{name[:100]}")
        gate.admit_key(_key())
        body = request.get_data()
        return _json(method(read_json(body) if body else None))

    @door.errorhandler(Exception)
    def refuse(error: Exception) -> Response:
        fault = _fault_of(error)
        if fault is None:
            logger.exception("request=%s failed", g.get("request_id"))
            fault = GoogleError(500, "Internal error encountered.")
        return _json(fault.document, fault.code, fault.headers)

    return door


def _key() -> str:
    """The caller's key: from the query, as Perspective's clients send it, or from a header, where no proxy logs it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token if scheme.lower() == "bearer" else ""
    key = request.args.get("key") or request.headers.get("X-Goog-Api-Key") or bearer
    if not key:
        raise no_key()
    return key.strip()


def _fault_of(error: Exception) -> GoogleError | None:
    """An error as Google's APIs tell it; None for a failure of the service."""
    if isinstance(error, GoogleError):
        return error
    if isinstance(error, Refused):
        return of_refused(error)
    if isinstance(error, StoreUnavailable):
        return GoogleError(503, str(error), headers={"Retry-After": "5"})
    if isinstance(error, HTTPException) and error.code == 413:
        return GoogleError(413, f"Request payload size exceeds the limit: {MOST_BODY_BYTES} bytes.")
    if isinstance(error, HTTPException) and error.code is not None and 400 <= error.code < 500:
        return GoogleError(400, "Request contains an invalid argument.")
    return None


def _root(service: Service) -> str:
    """Where clients are to send their calls, with a slash at the end."""
    return f"{service.settings.public_url or request.host_url.rstrip('/')}{PATH}/"


def _json(document: Mapping[str, Any], code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    response = Response(json.dumps(document, ensure_ascii=False), code, content_type="application/json; charset=UTF-8")
    response.headers.extend(headers or {})
    return response
