"""Rekognition's errors, and which of them a detector's failure is."""

from __future__ import annotations

from ground.awswire.errors import ApiError
from ground.awswire.shapes import service_model
from moderation.core.detections import Failure

MODEL = "rekognition"
NOT_READY = "ResourceNotReadyException"


def fault(code: str, message: str) -> ApiError:
    """An error that the model has. All but ``InternalServerError`` are 400."""
    service_model(MODEL).shape_for(code)  # a name that the model lacks is a mistake of ours
    return ApiError(code, message, 500 if code == "InternalServerError" else 400)


def not_ready(message: str) -> ApiError:
    """Nobody here looks for what was asked. Clients do not try again by themselves."""
    return fault(NOT_READY, message)


def failed(failure: Failure) -> ApiError:
    """What a detector's failure is on the wire; what may pass by itself is tried again by AWS's clients."""
    message = f"{failure.detector.name} gave no answer: {failure.message}"
    if failure.kind in ("timed_out", "unavailable"):
        return fault("ThrottlingException", message)
    if failure.kind == "unreadable":
        return fault("InvalidImageFormatException", message)
    if failure.kind == "not_run":
        # Part of the picture was left out, for good: to answer the rest would pass it off as the whole.
        return not_ready(message)
    return fault("InternalServerError", message)
