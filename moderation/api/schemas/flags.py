"""Reports of items by users."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ground.strict_json import NOT_BLANK
from moderation.api.schemas.bodies import Body


def _one_name(schema: dict[str, Any]) -> None:
    """The item is named in exactly one way."""
    schema["oneOf"] = [
        {"properties": {name: {"type": "string"}, other: {"type": "null"}}, "required": [name]}
        for name, other in (("item", "content_id"), ("content_id", "item"))
    ]


class NewFlag(Body):
    """A user's report of an item: `item` or `content_id`."""

    model_config = ConfigDict(json_schema_extra=_one_name)

    item: str | None = Field(None, min_length=1, max_length=36, description="Id of the item.")
    content_id: str | None = Field(
        None, min_length=1, max_length=200, description="Your own name for the content; its newest item is meant."
    )
    reason: str = Field(
        min_length=1,
        max_length=500,
        description="Why it is reported, in a few words or as a code.",
        json_schema_extra={"pattern": NOT_BLANK},
    )
    reporter: str = Field(
        min_length=1,
        max_length=200,
        description="Who reports it, by your own id.",
        json_schema_extra={"pattern": NOT_BLANK},
    )


class FlagView(BaseModel):
    """A user's report and what became of it."""

    id: str = Field(description="Of the report.")
    item: str = Field(description="Id of the item.")
    reason: str = Field(description="As it was given first.")
    reporter: str = Field(description="Who reported it.")
    status: Literal["received", "upheld", "dismissed"] = Field(
        description="`upheld` once the item was rejected after it, `dismissed` once people approved it after it."
    )
    acts: bool = Field(
        description="False where no policy for the item goes by reports: then nobody looks because of it, and it is "
        "only kept."
    )
    created_at: datetime = Field(description="When it came.")
    settled_at: datetime | None = Field(description="When it was upheld or dismissed; null until then.")


class FlagList(BaseModel):
    """Reports, newest first: the newest two hundred."""

    flags: list[FlagView] = Field(description="Newest first.")
