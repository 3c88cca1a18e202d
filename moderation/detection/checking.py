"""What the processes of tools answer, held against the contract: what breaks it is a `NoAnswer`."""

from __future__ import annotations

import base64
import re
from typing import Any

from pydantic import ValidationError

from moderation.core.detections import Detection
from moderation.core.items import Extraction, Part, Tool
from moderation.core.started_loops import started
from moderation.core.taxonomy import Taxonomy
from moderation.detection.process import NoAnswer

_SHA256 = re.compile(r"[0-9a-f]{64}")


def checked_detection(raw: Any, tool: Tool, detector: Any, part: Part, taxonomy: Taxonomy) -> Detection:
    """A detection that keeps the contract, with who, where and the label's ancestors filled in."""
    try:
        detection = Detection.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise NoAnswer("invalid_answer", f"{'.'.join(map(str, first['loc']))}: {first['type']}") from error
    if detection.label not in detector.labels:
        raise NoAnswer("invalid_answer", "a label that the detector did not declare")
    try:
        started([detection])
    except ValueError as error:
        raise NoAnswer("invalid_answer", str(error)) from error
    if detection.span is not None and (part.text is None or detection.span.end > len(part.text)):
        raise NoAnswer("invalid_answer", "a span outside the text")
    when = detection.time_range
    if when is None and part.extraction is not None:
        when = part.extraction.time_range
    return detection.model_copy(
        update={
            "parents": taxonomy.parents(detection.label),
            "detector": tool,
            "part": part.id,
            "time_range": when,
        }
    )


def digests_of(answer: dict[str, Any]) -> tuple[str, ...]:
    """Of the pictures that the tool was shown."""
    seen = answer.get("seen", [])
    if not isinstance(seen, list) or not all(isinstance(each, str) and _SHA256.fullmatch(each) for each in seen):
        raise NoAnswer("invalid_answer", "no digests of what it was shown")
    return tuple(seen)


def part_of(raw: Any) -> Part:
    """A part that a tool made."""
    try:
        return Part.model_validate({**raw, "data": base64.urlsafe_b64decode(raw["data"])} if raw.get("data") else raw)
    except (ValidationError, ValueError) as error:
        raise NoAnswer("invalid_answer", "what it made is no part") from error


def checked_part(raw: Any, tool: Tool, extractor: Any, part: Part) -> Part:
    """A part that keeps the contract, with what it was extracted from and by whom filled in."""
    made = part_of(raw)
    if made.type not in extractor.makes:
        raise NoAnswer("invalid_answer", f"it made a part of type {made.type}, which it did not declare")
    if (made.text is None) == (made.type == "text") or (made.data is None) == (made.type != "text"):
        raise NoAnswer("invalid_answer", "a text part has text, any other has data")
    given = made.extraction
    if given is not None and made.text is not None and any(p.span.end > len(made.text) for p in given.places):
        raise NoAnswer("invalid_answer", "a place outside the text")
    extraction = Extraction(
        part=part.id,
        extractor=tool,
        places=given.places if given else (),
        time_range=given.time_range if given else None,
        is_glance=given.is_glance if given else False,
    )
    return made.model_copy(update={"id": "", "extraction": extraction, "media": None})
