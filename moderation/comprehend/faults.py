"""Comprehend's errors, with the status that AWS gives them."""

from __future__ import annotations

from ground.awswire.errors import ApiError
from ground.awswire.shapes import service_model

MODEL = "comprehend"
LANGUAGES = ("en", "es")
"""Those that Comprehend's PII operations support, of the twelve in its model."""

_STATUSES = {"InternalServerException": 500, "JobNotFoundException": 404, "TooManyRequestsException": 429}
"""As botocore's newer models have them; older ones do not say. All others are 400."""


def fault(code: str, message: str) -> ApiError:
    """An error that the model has, such as ``InvalidRequestException``."""
    service_model(MODEL).shape_for(code)  # a name that the model lacks is a mistake of ours
    return ApiError(code, message, _STATUSES.get(code, 400))


def check_language(language: str, code: str) -> None:
    """Raise where the model knows a language that the PII operations do not support.

    Args:
        code: of the error; jobs have no ``UnsupportedLanguageException``.
    """
    if language not in LANGUAGES:
        raise fault(code, f"The language {language} is not supported; use en or es")
