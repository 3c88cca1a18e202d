"""Events: what an app's callback and the operator's targets are told of an item. At least once, in no promised order.

The events of an item are numbered from 1 on: a receiver keeps the highest number that it has seen, and leaves alone
what comes with a lower one. Content of the item is in none of them, but what may be shown in its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import Field, JsonValue

from moderation.core.decisions import Decision, FinalOutcome
from moderation.core.items import Frozen, Item, PartType

EventType = Literal["item.decided", "item.in_review", "item.appealed", "item.withdrawn"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


class Event(Frozen):
    """What every event says of itself."""

    id: str = Field(description="Of this event; the same in every attempt, and the `webhook-id`. Tell repeats by it.")
    number: int = Field(ge=1, description="Of this event among those of its item: the highest is how it stands.")
    supersedes: int | None = Field(description="The number before; what has it or a lower one is outdated.")
    timestamp: datetime = Field(description="When it happened.")


class ItemNamed(Frozen):
    """The item, by its names."""

    id: str = Field(description="Of the item.")
    app: str = Field(description="Whose it is.")
    content_id: str | None = Field(description="The app's own name for the content.")
    metadata: dict[str, JsonValue] | None = Field(
        None, description="As the app sent it; only where the item asked for `event_metadata`."
    )


class RedactedPartTold(Frozen):
    """A copy of a part that may be shown in its place."""

    part: str = Field(description="Id of the part.")
    type: PartType = Field(description="What it is.")
    text: str | None = Field(None, description="Of a text, with [EMAIL] and the like in the place of what was found.")
    path: str | None = Field(None, description="Of a picture: where the API has the bytes.")
    withheld: str | None = Field(None, description="Why there is no copy. Do not show the part.")
    breaks_signature: bool | None = Field(None, description="True where the part said who made it, and no copy can.")


class MediaTold(Frozen):
    """A picture, film or sound of the item."""

    part: str = Field(description="Id of the part, such as p0.")
    content_type: str = Field(description="By its content, such as image/jpeg.")
    sha256: str = Field(description="Of the bytes that were judged, in hex.")


class ItemDecided(ItemNamed):
    """The item and its decision."""

    number: int = Field(ge=1, description="Of the decision on this item: the highest is in force, whatever came last.")
    decision: Decision = Field(description="In force from now on.")
    media: tuple[MediaTold, ...] = Field(description="What of it is no text.")
    due_at: datetime | None = Field(None, description="Until when people were to decide it, where policies say that.")
    redacted: list[RedactedPartTold] | None = Field(None, description="Show these in place of the parts given.")


class ItemInReview(ItemNamed):
    """The item, about which people are asked."""

    policy: str = Field(description="Name of the policy that asks them.")
    queue: str = Field(description="Where the item waits, a queue of that policy.")
    reason: str = Field(description="Why, for people.")


class ItemAppealed(ItemNamed):
    """The item whose decision is looked at again; that one stays in force meanwhile."""


class ItemWithdrawn(Frozen):
    """The item of which nothing is known any more."""

    id: str = Field(description="Of the item.")
    app: str = Field(description="Whose it was.")


class DecidedEvent(Event):
    """An item was decided, for the first time or anew."""

    type: Literal["item.decided"] = Field(description="`item.decided`.")
    data: ItemDecided = Field(description="What was decided of which item.")


class InReviewEvent(Event):
    """People are asked about an item."""

    type: Literal["item.in_review"] = Field(description="`item.in_review`.")
    data: ItemInReview = Field(description="The item, and where it waits.")


class AppealedEvent(Event):
    """A decision was appealed: fresh reviewers are asked."""

    type: Literal["item.appealed"] = Field(description="`item.appealed`.")
    data: ItemAppealed = Field(description="The item.")


class WithdrawnEvent(Event):
    """An item was withdrawn and erased."""

    type: Literal["item.withdrawn"] = Field(description="`item.withdrawn`.")
    data: ItemWithdrawn = Field(description="The item.")


EVENTS: Mapping[EventType, type[Event]] = {
    "item.decided": DecidedEvent,
    "item.in_review": InReviewEvent,
    "item.appealed": AppealedEvent,
    "item.withdrawn": WithdrawnEvent,
}
"""The model of each event."""


@dataclass(frozen=True)
class Listener:
    """Who is told of events of many items, beside an item's own callback.

    Attributes:
        name: as the outbox says it.
        events: of which kinds.
        apps: of whose items; None for all.
        outcomes: of decisions, only those with one of these; None for all.
        with_metadata: True when what it is told has the items' metadata, too.
    """

    name: str
    events: frozenset[EventType] = frozenset({"item.decided"})
    apps: frozenset[str] | None = None
    outcomes: frozenset[FinalOutcome] | None = None
    with_metadata: bool = False

    def wants(self, app: str, kind: EventType, outcome: FinalOutcome | None = None) -> bool:
        """True when it is to be told of such an event.

        Args:
            outcome: of a decision.
        """
        if kind not in self.events or (self.apps is not None and app not in self.apps):
            return False
        return outcome is None or self.outcomes is None or outcome in self.outcomes


def event_id(item_id: str, number: int) -> str:
    """The id of an item's event: the same whenever it is made."""
    return f"evt_{item_id.replace('-', '')}_{number}"


def is_wanted(item: Item, kind: EventType) -> bool:
    """True when the item's callback is to be told of such events."""
    return bool(item.callback_url) and kind in (item.events or ("item.decided",))


def event_bytes(
    item: Item, kind: EventType, number: int, at: datetime, data: Mapping[str, Any], *, with_metadata: bool
) -> bytes:
    """The bytes of an event, made once so that every attempt sends the same.

    Args:
        data: what this kind says beside the item's names; what is None is left out.
    """
    named: dict[str, Any] = {"id": item.id, "app": item.app}
    if kind != "item.withdrawn":
        named["content_id"] = item.content_id
        if with_metadata:
            named["metadata"] = dict(item.metadata)
    body = {
        "type": kind,
        "timestamp": utc(at),
        "data": {**named, **{name: value for name, value in data.items() if value is not None}},
        "id": event_id(item.id, number),
        "number": number,
        "supersedes": number - 1 or None,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def utc(at: datetime) -> str:
    """A time as events write it, RFC 3339 with Z."""
    return at.isoformat().replace("+00:00", "Z")
