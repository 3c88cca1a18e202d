"""Problem documents (RFC 9457): every error that the API answers, in one form."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from moderation.core.errors import (
    AppealRefused,
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

KINDS: Mapping[str, str] = {
    "not-json": "The body is not JSON, or JSON beyond our bounds (doubled keys, NaN, depth, 64 bits).",
    "malformed-request": "The request is not HTTP as we read it; the connection is closed.",
    "unauthorized": "No API key, or not a valid one. Make one with `moderation keys add --app APP`.",
    "other-app": "The key belongs to another app than the one the item names.",
    "not-found": "No such thing, or not yours.",
    "method-not-allowed": "The resource is there, but not with this method; see the Allow header.",
    "idempotency-in-flight": "The first post with this Idempotency-Key is not answered yet; see Retry-After.",
    "idempotency-conflict": "The Idempotency-Key was used with another body. Use a new key for a new post.",
    "appeal-refused": "The item is not decided yet, is being looked at again, or was appealed often enough.",
    "too-large": "The body, or one of its parts, is larger than accepted.",
    "unsupported-media-type": "Send application/json or multipart/form-data, without Content-Encoding.",
    "invalid": "Fields are wrong or missing; `errors` says which and what to do.",
    "media": "A picture, film or sound is damaged, too large, in no format we accept, or not what it is declared as.",
    "policy-missing": "No policy in force covers the type of a part for the app. `errors` names each such part by its "
    "number; files of a form count after the parts. GET /v1/policies lists those in force.",
    "upload-refused": "The upload address is forged, of another service, or over. POST /v1/uploads gives a new one.",
    "batch-refused": "No item of the batch was accepted; `items` has the problem of each.",
    "overloaded": "Too many items wait. Nothing was stored; try again after Retry-After.",
    "unavailable": "The database or the media store does not answer. Nothing was stored; try again after Retry-After.",
    "internal": "A failure of the service. The log has the request id.",
}
"""The kinds of problems, by the end of their ``type``; shown at ``/docs``."""


class Refused(Exception):
    """An answer that is no success.

    Args:
        slug: names the kind of problem, one of `KINDS`.
        headers: more headers, such as Retry-After.
        more: extension members of the document.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.status, self.slug, self.detail = status, slug, detail
        self.errors, self.headers, self.more = tuple(errors), dict(headers or {}), dict(more or {})
        super().__init__(detail)


def invalid(field: str, message: str) -> Refused:
    """One field is wrong; an empty `field` stands for the whole body."""
    return Refused(422, "invalid", f"{field}: {message}" if field else message, [FieldError(field, message)])


def document(refused: Refused) -> dict[str, Any]:
    """The problem as JSON data."""
    return {
        "type": f"/docs#problem-{refused.slug}",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "detail": refused.detail,
        "instance": quote(request.path),
        "request_id": g.get("request_id", ""),
        "errors": [{"field": error.field, "message": error.message} for error in refused.errors],
        **refused.more,
    }


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
    if isinstance(error, AppealRefused):
        return Refused(409, "appeal-refused", str(error))
    if isinstance(error, IdempotencyConflict):
        return Refused(422, "idempotency-conflict", str(error), [FieldError("Idempotency-Key", str(error))])
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
        if error.response is not None or (error.code or 500) < 400:
            return Response.force_type(error.get_response(), request.environ)  # type: ignore[return-value]
        return answer(_of_http(error))

    @app.errorhandler(Exception)
    def any_error(error: Exception) -> Response:
        refused = refusal_of(error)
        if refused is None:
            # Messages of foreign exceptions may quote the content; where it happened says enough.
            trace = "".join(traceback.format_tb(error.__traceback__))
            kind, request_id = type(error).__name__, g.get("request_id")
            logger.error("request=%s %s %s raised %s\n%s", request_id, request.method, request.url_rule, kind, trace)
            refused = Refused(500, "internal", "a failure of the service; its log has the request id")
        return answer(refused)


def _of_http(error: HTTPException) -> Refused:
    """What Flask or Werkzeug refused, in our words where theirs do not help."""
    status = error.code or 500
    slug, detail = {
        400: ("not-json", "the request cannot be read"),
        404: ("not-found", "there is nothing at this address; /docs lists what there is"),
        405: ("method-not-allowed", f"{request.method} is not offered here"),
        413: ("too-large", "the body, its fields or the number of its parts is larger than accepted"),
        415: ("unsupported-media-type", "send application/json or multipart/form-data"),
    }.get(status, ("invalid" if status < 500 else "internal", HTTPStatus(status).phrase))
    methods = getattr(error, "valid_methods", None)
    return Refused(status, slug, detail, headers={"Allow": ", ".join(sorted(methods))} if methods else None)
