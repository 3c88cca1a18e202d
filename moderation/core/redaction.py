"""Redaction: which places of which given parts, and texts with those places taken out.

What was found in an extracted part (text read in a picture) is redacted where it stands in the part that the app gave.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pydantic import Field

from moderation.core.detections import Detection
from moderation.core.items import Frozen, Media, Part, PartType
from moderation.core.replacing import joined_places, replace_places, with_name


class RedactedPart(Frozen):
    """The copy of a given part that may be shown.

    Attributes:
        part: id of the given part.
        text: of a text part.
        media: of any other.
        withheld: why there is no copy; empty when there is one.
        breaks_signature: True when what was given had content credentials, which a copy cannot have.
    """

    part: str
    type: PartType
    text: str | None = None
    media: Media | None = None
    withheld: str = ""
    breaks_signature: bool = Field(False, exclude_if=lambda breaks: not breaks)


SIGNED: Collection[str] = ("Source/CREDENTIALS_VALID", "Source/CREDENTIALS_UNCHECKED")
"""Labels of parts with a signature that a change breaks."""


HEARD = "heard"
"""Attribute of what was said in a film or sound: its seconds are muted, and the pictures stay."""


def signed_parts(detections: Sequence[Detection]) -> frozenset[str]:
    """Ids of the parts of which a copy breaks a signature."""
    return frozenset(each.part for each in detections if each.label in SIGNED)


def places(parts: Sequence[Part], detections: Sequence[Detection]) -> Mapping[str, list[Detection]]:
    """What is to be redacted in each given part, by its id.

    A place in text that was read in a picture becomes the box where it stood, one in a transcript the seconds in which
    it was said, and all of such a text all these places; where they are not known, all of the part.
    """
    by_id = {part.id: part for part in parts}
    found: dict[str, list[Detection]] = {}
    todo = list(detections)
    while todo:
        detection = todo.pop()
        part = by_id.get(detection.part)
        if part is None or part.extraction is None:
            found.setdefault(detection.part, []).append(detection)
            continue
        where = [
            (place.box, place.time_range)
            for place in part.extraction.places
            if detection.span is None
            or (place.span.start < detection.span.end and detection.span.start < place.span.end)
        ]
        for box, seconds in where or [(None, None)]:
            # A frame's own boxes mean nothing in the film it is from: then all of it.
            place_in_parent: dict[str, object] = {"part": part.extraction.part, "box": box, "time_range": seconds}
            if box is None and seconds is not None:
                place_in_parent["attributes"] = {**detection.attributes, HEARD: True}
            todo.append(detection.model_copy(update={**place_in_parent, "span": None}))
    for listed in found.values():
        listed.sort(key=lambda d: d.model_dump_json())
    return found


def redact_text(text: str, detections: Sequence[Detection]) -> str:
    """The text with each place replaced by the name of what was there, such as ``[EMAIL]``; the rest is as it was."""
    return replace_places(text, joined_places(text, detections), with_name)
