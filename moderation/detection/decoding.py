"""What is encoded in posted texts is decoded before those look who ask for it: JSON, markup, mail, links, base64.

As redaction reads it (`moderation.containers`), with the same way back: places are code points of the text as posted.
"""

from __future__ import annotations

from typing import Any

from moderation.containers.finding import FRAME, found_in
from moderation.containers.formats import read_text
from moderation.containers.layers import CannotRead
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context, Unreadable


def detect_decoded(detector: Any, part: Part, context: Context) -> list[Detection]:
    """What a detector finds in a text, in what is encoded in it too.

    Raises:
        Unreadable: some of it is in no form that is understood, so that nobody knows what is in there.
    """
    text = part.text or ""
    try:
        reading = read_text(text)
    except CannotRead as error:
        raise Unreadable("some of the text is encoded in a form that is not understood") from error
    if len(reading.sections) == 1 and reading.main.text == text and not reading.unread:
        return list(detector.detect(part, context))
    answers = [
        detector.detect(part.model_copy(update={"text": section.text}), context)
        if section.size and not section.text.isspace()
        else []
        for section in reading.sections
    ]
    found = [each.detection for each in found_in(reading, answers)]
    unread = sorted(kind for kind in reading.unread if kind != FRAME)
    if unread:
        raise Unreadable(f"some of the text could not be looked through: {', '.join(unread)[:200]}")
    return _surest(found)


def _surest(found: list[Detection]) -> list[Detection]:
    """The surest of those that overlap, the longest of equally sure ones; what is seen twice is there once."""
    kept: list[Detection] = []
    taken = bytearray(max((_place(each)[1] for each in found), default=0))
    for each in sorted(found, key=_rank):
        start, end = _place(each)
        if taken.find(1, start, end) < 0:
            kept.append(each)
            taken[start:end] = b"\1" * (end - start)
    return sorted(kept, key=_place)


def _place(detection: Detection) -> tuple[int, int]:
    assert detection.span is not None  # `found_in` gives each one
    return detection.span.start, detection.span.end


def _rank(detection: Detection) -> tuple[float, int, int, str]:
    start, end = _place(detection)
    return -detection.confidence, start - end, start, detection.label
