"""Problem documents (RFC 9457): every error that the API answers, in one form."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from moderation.core.errors import (
    FieldError,
    IdempotencyConflict,
    IdempotencyInFlight,
    InputError,
    InvalidSubmission,
    NotFound,
    PolicyMissing,
    StoreUnavailable,
)

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


class Refused(Exception):
    """An answer that is no success.

    Args:
        slug: names the kind of problem; the end of its ``type``.
        headers: more headers, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status, self.slug, self.detail = status, slug, detail
        self.errors, self.headers = tuple(errors), headers or {}
        super().__init__(detail)


def invalid(field: str, message: str) -> Refused:
    """One field is wrong."""
    return Refused(422, "invalid", f"{field}: {message}", [FieldError(field, message)])


def document(refused: Refused) -> dict[str, Any]:
    """The problem as JSON data."""
    problem: dict[str, Any] = {
        "type": f"/docs#problem-{refused.slug}",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "detail": refused.detail,
        "request_id": g.get("request_id", ""),
    }
    if refused.errors:
        problem["errors"] = [{"field": e.field, "message": e.message} for e in refused.errors]
    return problem


def answer(refused: Refused) -> Response:
    """The problem as a response."""
    response = Response(json.dumps(document(refused)), refused.status, content_type=CONTENT_TYPE)
    response.headers.extend(refused.headers)
    return response


def refusal_of(error: Exception) -> Refused | None:
    """Our own errors as answers; None for what is no error of ours."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, PolicyMissing):
        return Refused(422, "policy-missing", str(error), error.errors)
    if isinstance(error, InvalidSubmission):
        return Refused(422, "invalid", str(error), error.errors)
    if isinstance(error, IdempotencyConflict):
        return Refused(422, "idempotency-conflict", str(error))
    if isinstance(error, IdempotencyInFlight):
        return Refused(409, "idempotency-in-flight", str(error), headers={"Retry-After": "1"})
    if isinstance(error, InputError):
        return Refused(422, "invalid", str(error))
    if isinstance(error, NotFound):
        return Refused(404, "not-found", str(error))
    if isinstance(error, StoreUnavailable):
        return Refused(503, "unavailable", str(error), headers={"Retry-After": "5"})
    return None


def register(app: Flask) -> None:
    """Answer every error as a problem; the portal and the A2I endpoint have forms of their own."""

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        headers = {"Allow": ", ".join(sorted(error.valid_methods))} if getattr(error, "valid_methods", None) else {}  # type: ignore[attr-defined]
        slug = HTTPStatus(status).phrase.lower().replace(" ", "-")
        return answer(Refused(status, slug, error.description or HTTPStatus(status).phrase, headers=headers))

    @app.errorhandler(Exception)
    def any_error(error: Exception) -> Response:
        refused = refusal_of(error)
        if refused is None:
            logger.exception("request=%s %s %s failed", g.get("request_id"), request.method, request.url_rule)
            refused = Refused(500, "internal", "an internal failure; the log of the service has the request id")
        return answer(refused)
