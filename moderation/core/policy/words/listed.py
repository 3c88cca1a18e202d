"""``{content: {in_list: NAME}}``: something of the item stands on a list that operators keep while the service runs."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from moderation.core.detections import Detection
from moderation.core.items import Span
from moderation.core.policy.terms import Name, PolicyModel
from moderation.core.policy.words.word import Word

LISTS: Final = "lists"
"""Stands where a detector's name would, for lists that could not be read."""
CONTENT: Final = "content"
FOUND: Final = "detections"
METADATA: Final = "metadata."
"""Where a list is looked for: in an item's contents, in what was found of it, before a key of the app's metadata."""


def place_of(detection: Detection) -> str:
    """Where a list is looked for, for what one detection found."""
    return place_at(detection.part, detection.span)


def place_at(part: str, span: Span | None) -> str:
    """The same for a part and a place in it; None for all of it."""
    return f"{FOUND} {part}" if span is None else f"{FOUND} {part}[{span.start}:{span.end}]"


def name_of(list_name: str, place: str) -> str:
    """What a list that is looked for at a place is called among an item's facts."""
    return f"{list_name} {place}"


class InList(PolicyModel):
    """A list at run time."""

    in_list: Name = Field(description="Name of a list that operators keep: moderation lists.")


class ContentCondition(Word):
    """A text has a listed word or domain, or a part is a listed one by its hash."""

    content: InList = Field(description="What the item has in it stands on a list at run time.")
