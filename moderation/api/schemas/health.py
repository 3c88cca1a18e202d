"""Whether the service lives, and is ready."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The process answers.

    Attributes:
        status: ``ok``.
    """

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether the service can do all of its work.

    Attributes:
        status: whether it can do all of its work.
    """

    status: Literal["ready", "not ready"]
    reasons: list[str] = Field(
        description="What is wrong, in words. Faults in changed policy files are named although the service is ready. "
        "Empty for who may not see figures."
    )
