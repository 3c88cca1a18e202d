"""Notices: what topics, buses and queues are told of a decision. No content of the item and none of its metadata."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from moderation.core.decisions import Decision
from moderation.core.items import Frozen, Item

SOURCE, DETAIL_TYPE = "moderation", "Item Decided"
"""What EventBridge rules match."""


class MediaNotice(Frozen):
    """A picture, film or sound of the item."""

    part: str = Field(description="Id of the part, such as p0.")
    content_type: str = Field(description="By its content, such as image/jpeg.")
    sha256: str = Field(description="Of the bytes that were judged, in hex.")


class DecidedItem(Frozen):
    """The item and its decision."""

    id: str = Field(description="Of the item; a later decision on it has the same one.")
    app: str
    content_id: str | None = Field(description="The app's own name for the content.")
    number: int = Field(ge=1, description="Of the decision on this item: the highest is in force, whatever came last.")
    decision: Decision
    due_at: datetime | None = Field(
        None,
        exclude_if=lambda due_at: due_at is None,
        description="Until when people were to decide it, by the policies; absent where they say nothing.",
    )
    media: tuple[MediaNotice, ...]


class Notice(Frozen):
    """An item was decided. Told at least once, in no promised order."""

    id: str = Field(description="Of this event; the same however often it is told. Tell duplicates by it.")
    type: Literal["item.decided"]
    timestamp: datetime
    data: DecidedItem


def notice_of(event_id: str, item: Item, decision: Decision, number: int, due_at: datetime | None = None) -> Notice:
    """The notice of an item's decision of this number (1-based)."""
    media = tuple(
        MediaNotice(part=part.id, content_type=part.media.content_type, sha256=part.media.sha256)
        for part in item.parts
        if part.media is not None
    )
    decided = DecidedItem(
        id=item.id,
        app=item.app,
        content_id=item.content_id,
        number=number,
        decision=decision,
        due_at=due_at,
        media=media,
    )
    return Notice(id=event_id, type="item.decided", timestamp=decision.decided_at, data=decided)
