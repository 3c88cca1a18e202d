"""The errors that A2I's APIs answer with."""

from __future__ import annotations

from ground.errors import ModerationError


class ApiError(ModerationError):
    """An error on the wire.

    Attributes:
        code: AWS's name for it; the runtime's end in ``Exception``, the control plane's do not.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(f"{code}: {message}")


def invalid(message: str) -> ApiError:
    """A parameter is wrong."""
    return ApiError("ValidationException", message, 400)
