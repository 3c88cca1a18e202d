"""Problem documents (RFC 9457): every error that an application of ours answers, in one form."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from ground.errors import FieldError, InputError, ModerationError, NotFound, StoreUnavailable

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"

_TITLES = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}
"""Those that Python words differently from 3.13 on (as RFC 9110 does): callers get the same from every installation."""


class Refused(ModerationError):
    """An answer that is no success.

    Args:
        slug: names the kind of problem, for its ``type``.
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


def title_of(status: int) -> str:
    """The ``title`` of a problem of this status, 400-599."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def document(refused: Refused) -> dict[str, Any]:
    """The problem as JSON data."""
    return {
        "type": f"/docs#problem-{refused.slug}",
        "title": title_of(refused.status),
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
    """The ground's own errors as answers; None for what is no error of ours."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, InputError):
        return Refused(422, "invalid", str(error))
    if isinstance(error, NotFound):
        return Refused(404, "not-found", str(error))
    if isinstance(error, StoreUnavailable):
        return Refused(503, "unavailable", str(error), headers={"Retry-After": "5"})
    return None


def register(app: Flask, refusal_of: Callable[[Exception], Refused | None] = refusal_of) -> None:
    """Answer every error as a problem; blueprints may have forms of their own.

    Args:
        refusal_of: an error as an answer; None for a failure of the service.
    """

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
    }.get(status, ("invalid" if status < 500 else "internal", title_of(status)))
    methods = getattr(error, "valid_methods", None)
    return Refused(status, slug, detail, headers={"Allow": ", ".join(sorted(methods))} if methods else None)
