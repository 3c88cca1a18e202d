"""Runs that judge decided items by the policies in force."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from ground.strict_json import NOT_BLANK
from moderation.api.schemas.bodies import AS_WHOLE, Body, Whole
from moderation.core.decisions import FinalOutcome
from moderation.core.verdicts import Outcome


class NewRemoderation(Body):
    """Which decided items are judged anew, and how many may change."""

    app: str | None = Field(None, min_length=1, max_length=100, description="Only items of this app; null for all.")
    since: AwareDatetime | None = Field(
        None, strict=False, description="Only items that were posted since; null for all."
    )
    most: Whole = Field(1000, ge=1, le=1_000_000, description="Change no more items than this.")
    pace: Annotated[int, Field(ge=1, le=100_000), AS_WHOLE] | None = Field(
        None, description="Change no more items a minute; null for as many as can be."
    )
    with_people: bool = Field(False, description="Items that people have decided, too; people are asked anew.")
    why: str = Field(
        min_length=1,
        max_length=1000,
        description="The reason, for the audit chain; no content.",
        json_schema_extra={"pattern": NOT_BLANK},
    )
    dry_run: bool = Field(False, description="Say what would change, and change nothing.")


class Move(BaseModel):
    """How many items would go from one outcome to another, or stay."""

    was: FinalOutcome = Field(description="The outcome in force.")
    would_be: Outcome | Literal["to be looked at again"] = Field(
        description="What the policies in force want; where others look today than then, nobody knows before."
    )
    items: int = Field(ge=1, description="How many.")


class Example(BaseModel):
    """An item that would change; nothing of its content."""

    item: str = Field(description="Its id.")
    was: FinalOutcome = Field(description="The outcome in force.")
    would_be: Outcome = Field(description="What the policies in force want.")
    because: str = Field(description="The rules' reason.")


class RemoderationPreview(BaseModel):
    """What a run would do, from what was found in items then."""

    moves: list[Move] = Field(description="Changes, and what stays.")
    examples: list[Example] = Field(description="Items that would change, at most 20.")
    on_hold: int = Field(description="Items under a legal hold, which stay as they are.")
    left_to_people: int = Field(description="Items that people have decided, which stay as they are.")
    is_cut: bool = Field(description="Whether there are more items than a look over HTTP goes through, oldest first.")


class RemoderationView(BaseModel):
    """A run, and how far it is."""

    id: str = Field(description="Of the run.")
    status: Literal["running", "done", "cancelled", "undoing", "undone"] = Field(
        description="`done` once all were judged or as many changed as may; `undoing` while it is taken back."
    )
    why: str = Field(description="The reason that was given.")
    by: str = Field(description="Who began it.")
    app: str | None = Field(description="Only items of this app; null for all.")
    since: AwareDatetime | None = Field(description="Only items that were posted since; null for all.")
    most: int = Field(description="It changes no more items than this.")
    pace: int | None = Field(description="It changes no more items a minute; null for as many as can be.")
    with_people: bool = Field(description="Whether items that people have decided are judged, too.")
    decided: int = Field(description="Items that it decided anew.")
    asked: int = Field(description="Items about which people are asked because of it.")
    position: str | None = Field(description="The item that it judged last; null while it has judged none.")
    begun_at: AwareDatetime = Field(description="When it was begun.")


class RemoderationList(BaseModel):
    """Runs, newest first."""

    remoderations: list[RemoderationView] = Field(description="Those of the command line, too; at most 100.")
