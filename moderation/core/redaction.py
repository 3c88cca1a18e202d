"""Redaction: which places of which given parts, and texts with those places taken out.

What was found in an extracted part (text read in a picture) is redacted where it stands in the part that the app gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderation.core.detections import Detection
from moderation.core.items import Frozen, Media, Part, PartType


class RedactedPart(Frozen):
    """The copy of a given part that may be shown.

    Attributes:
        part: id of the given part.
        text: of a text part.
        media: of any other.
        withheld: why there is no copy; empty when there is one.
    """

    part: str
    type: PartType
    text: str | None = None
    media: Media | None = None
    withheld: str = ""


def places(parts: Sequence[Part], detections: Sequence[Detection]) -> Mapping[str, list[Detection]]:
    """What is to be redacted in each given part, by its id.

    A place in text that was read in a picture becomes the box where it stood, one in a transcript the seconds in which
    it was said; where that is not known, all of the part.
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
            if detection.span is not None
            and place.span.start < detection.span.end
            and detection.span.start < place.span.end
        ]
        for box, seconds in where or [(None, None)]:
            # A frame's own boxes mean nothing in the film it is from: then all of it.
            place_in_parent = {"part": part.extraction.part, "box": box, "time_range": seconds, "span": None}
            todo.append(detection.model_copy(update=place_in_parent))
    for listed in found.values():
        listed.sort(key=lambda d: d.model_dump_json())
    return found


def redact_text(text: str, detections: Sequence[Detection]) -> str:
    """The text with each place replaced by the name of what was there, such as ``[EMAIL]``; the rest is as it was.

    Places that overlap become one. A detection without a span is about the whole text.
    """
    spans = sorted(
        (d.span.start if d.span else 0, d.span.end if d.span else len(text), short_name(d.label)) for d in detections
    )
    joined: list[tuple[int, int, str]] = []
    for start, end, name in spans:
        if joined and start < joined[-1][1]:
            first, last, names = joined[-1]
            known = names.split("/")
            joined[-1] = (first, max(last, end), names if name in known else f"{names}/{name}")
        else:
            joined.append((start, end, name))
    pieces: list[str] = []
    at = 0
    for start, end, name in joined:
        pieces += [text[at:start], f"[{name}]"]
        at = end
    return "".join([*pieces, text[at:]])


MASKS = "!#$%&*@"
"""Characters that may stand for each redacted one (Amazon Comprehend's MaskCharacter)."""


def mask_text(text: str, detections: Sequence[Detection], mask: str) -> str:
    """The text with each code point of each place replaced by `mask`; its length stays, and line ends do."""
    characters = list(text)
    for detection in detections:
        start, end = (detection.span.start, detection.span.end) if detection.span else (0, len(text))
        for at in range(start, end):
            if characters[at] not in "\r\n":
                characters[at] = mask
    return "".join(characters)


def short_name(label: str) -> str:
    """A label as it stands in a redacted text: ``PII/BANK_ACCOUNT_NUMBER`` is ``BANK-ACCOUNT-NUMBER``."""
    return label.rpartition("/")[2].replace("_", "-").replace(" ", "-").upper()
