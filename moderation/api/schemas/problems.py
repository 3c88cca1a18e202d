"""Problems, as RFC 9457 has them."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldProblem(BaseModel):
    """One thing wrong with one field.

    Attributes:
        message: what is wrong with it, and what to do.
    """

    field: str = Field(description="Such as parts[0].url; empty for the whole body.")
    message: str


class Problem(BaseModel):
    """RFC 9457 problem document.

    Attributes:
        title: of the status.
        status: the HTTP status.
        detail: what is wrong, in words.
        errors: what is wrong with which field.
    """

    type: str = Field(description="Address of its description.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    request_id: str = Field(description="To be found in the log of the service.")
    errors: list[FieldProblem]
