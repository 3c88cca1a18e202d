"""Disputes before out-of-court bodies as the API takes and gives them, as pydantic models."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from ground.strict_json import NOT_BLANK
from moderation.api.schemas.bodies import Body

DisputeOutcomeView = Literal["upheld", "partially_reversed", "reversed", "omitted"]


class NewDispute(Body):
    """A decision was taken to an out-of-court dispute settlement body."""

    body: str = Field(
        min_length=1, max_length=200, description="Name of the body.", json_schema_extra={"pattern": NOT_BLANK}
    )
    reference: str = Field(
        min_length=1,
        max_length=200,
        description="What the body calls the dispute; no personal data.",
        json_schema_extra={"pattern": NOT_BLANK},
    )
    submitted_at: AwareDatetime | None = Field(None, description="When the body got it; left out: now.", strict=False)


class DisputeSettled(Body):
    """What an out-of-court body said."""

    outcome: DisputeOutcomeView = Field(description="`omitted`: it came to no decision.")
    decided_at: AwareDatetime | None = Field(None, description="When you were told; left out: now.", strict=False)
    is_followed: bool = Field(
        True, description="False where you do not do what it said. Matters where that reverses the decision."
    )


class DisputeView(BaseModel):
    """A decision before an out-of-court body, and what it said."""

    id: str = Field(description="Of the dispute.")
    item: str = Field(description="Id of the item.")
    decision: int = Field(description="Number of the decision that it is about.")
    body: str = Field(description="Name of the body.")
    reference: str = Field(description="What the body calls it.")
    submitted_at: datetime = Field(description="When the body got it.")
    outcome: DisputeOutcomeView | None = Field(description="Null until the body has said it.")
    decided_at: datetime | None = Field(description="When you were told; null until then.")
    is_to_be_followed: bool | None = Field(description="Null where there is nothing to do.")
    followed_at: datetime | None = Field(description="When it was done: of a reversal, when the item was decided anew.")


class DisputeList(BaseModel):
    """The disputes about an item."""

    disputes: list[DisputeView] = Field(description="Oldest first.")
