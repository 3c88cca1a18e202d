"""Errors as Google's APIs answer them: ``{"error": {"code", "message", "status", "details"}}`` (google.rpc.Status).

What went wrong with a comment is told in ``errorType`` of a detail, as Perspective documents it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from moderation.api.problems import Refused
from moderation.core.errors import ModerationError

ErrorType = Literal[
    "COMMENT_TOO_LONG",
    "COMMENT_EMPTY",
    "NO_REQUESTED_ATTRIBUTES",
    "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    "LANGUAGE_DETECTION_FAILED",
    "INVALID_REQUEST",
]
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
"""google.rpc.Code by HTTP status."""
_OWN_ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


class GoogleError(ModerationError):
    """An answer that is no success.

    Args:
        details: as google.rpc.Status has them.
        headers: more headers, such as Retry-After.
    """

    def __init__(
        self,
        code: int,
        message: str,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code, self.message, self.details = code, message, list(details)
        self.headers = dict(headers or {})
        super().__init__(message)

    @property
    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": _STATUSES[self.code]}
        if self.details:
            error["details"] = self.details
        return {"error": error}


def refuse(error_type: ErrorType, message: str, **more: Any) -> GoogleError:
    """A comment or a request that cannot be scored: 400.

    Args:
        more: members of the detail beside ``errorType``.
    """
    return GoogleError(400, message, [{"@type": _OWN_ERROR, "errorType": error_type, **more}])


def language_not_supported(attribute: str, requested: Sequence[str], detected: Sequence[str]) -> GoogleError:
    """The attribute was not measured in the comment's language."""
    languages = {"detectedLanguages": list(detected), "requestedLanguages": list(requested), "attribute": attribute}
    message = f"Attribute {attribute} does not support request languages: {', '.join(requested or detected)}"
    return refuse(
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        message,
        languageNotSupportedByAttributeError={name: value for name, value in languages.items() if value},
    )


def malformed(field: str, description: str) -> GoogleError:
    """The body is no request, as Google's front end says it."""
    violation = {"field": field, "description": description} if field else {"description": description}
    return GoogleError(400, description, [{"@type": _BAD_REQUEST, "fieldViolations": [violation]}])


def without_answer(message: str) -> GoogleError:
    """A detector gave no answer: there is no score, and a client may try again. Never 0, which reads as harmless."""
    return GoogleError(503, message, headers={"Retry-After": "1"})


def of_refused(refused: Refused) -> GoogleError:
    """What the API's gate and readers say, in this form."""
    if refused.status == 401:
        # Google's front end answers so, and clients look for API_KEY_INVALID.
        info = {"@type": _ERROR_INFO, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        return GoogleError(400, "API key not valid. Please pass a valid API key.", [info])
    if refused.status == 429:
        info = {"@type": _ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com"}
        return GoogleError(429, f"Quota exceeded: {refused.detail}", [info], refused.headers)
    if refused.status in (400, 413, 415, 422):
        return malformed(refused.errors[0].field if refused.errors else "", refused.detail)
    code = refused.status if refused.status in _STATUSES else 500
    return GoogleError(code, refused.detail, headers=refused.headers)


def no_key() -> GoogleError:
    """Nobody said who calls."""
    message = (
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key: "
        "?key=KEY or the header x-goog-api-key, with a key made by `moderation keys add`."
    )
    return GoogleError(403, message)
