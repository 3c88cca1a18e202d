"""Comprehend's errors, with the status that botocore's model gives them."""

from __future__ import annotations

from review_ui.a2i.errors import ApiError
from review_ui.a2i.shapes import service_model

MODEL = "comprehend"
LANGUAGES = ("en", "es")
"""Those that Comprehend's PII operations support, of the twelve in its model."""


def fault(code: str, message: str) -> ApiError:
    """An error that the model has, such as ``InvalidRequestException``."""
    return ApiError(code, message, service_model(MODEL).shape_for(code).metadata["error"]["httpStatusCode"])


def check_language(code: str) -> None:
    """Raise where the model knows a language that the PII operations do not support."""
    if code not in LANGUAGES:
        raise fault("UnsupportedLanguageException", f"The language {code} is not supported; use en or es")
