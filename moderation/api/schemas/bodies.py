"""Request bodies: what all of them have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _whole(value: object) -> object:
    """1.0 is a whole number in JSON Schema, and in JavaScript."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


AS_WHOLE = BeforeValidator(_whole)
Whole = Annotated[int, AS_WHOLE]


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)
