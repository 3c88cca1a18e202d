"""What can go wrong.

ModerationError
├── Refused      the service says no, and why
├── Unreachable  it says nothing, or to come back later, and was asked often enough
└── NotSigned    a webhook that is not from the service, or is too old
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ModerationError(Exception):
    """Base of this package's errors."""


class Refused(ModerationError):
    """The service refuses a call, as a problem document (RFC 9457) says.

    Attributes:
        status: of HTTP.
        kind: of the problem, such as ``invalid``; all are at ``/docs`` of the service.
        errors: faulty fields, each ``{"field", "message"}``.
    """

    def __init__(self, status: int, kind: str, detail: str, errors: Sequence[Any] = ()) -> None:
        super().__init__(f"{status} {kind}: {detail}")
        self.status, self.kind, self.detail, self.errors = status, kind, detail, list(errors)


class Unreachable(ModerationError):
    """No answer, or only that it is to be tried later; trying again later is safe."""


class NotSigned(ModerationError):
    """A webhook without a signature that fits: do not believe it."""
