"""What detectors find in a reading, as places of the outermost text and as pieces to take out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from moderation.containers.layers import Layer, Piece, Reading
from moderation.core.detections import Detection
from moderation.core.items import Span
from moderation.core.replacing import short_name

FRAME = "what looks like personal data in names of tags or fields"


class Found(NamedTuple):
    """A detection with its span in the outermost text, that text, and what is to be taken out of which layer."""

    detection: Detection
    root: Layer
    pieces: tuple[Piece, ...]


def found_in(reading: Reading, answers: Iterable[Sequence[Detection]]) -> list[Found]:
    """What is in a reading, by place.

    Args:
        answers: of detectors, for each section of the reading.
    """
    found = []
    for section, detections in zip(reading.sections, answers, strict=True):
        for detection in detections:
            start, end = (detection.span.start, detection.span.end) if detection.span else (0, section.size)
            pieces = section.pieces(start, end, short_name(detection.label))
            if not pieces:
                if start < end:
                    reading.unread[FRAME] += 1
                continue
            spans = [piece.layer.root_span(piece.start, piece.end) for piece in pieces]
            root = _root(pieces[0].layer)
            place = Span(start=min(a for a, _ in spans), end=max(b for _, b in spans))
            found.append(Found(detection.model_copy(update={"span": place}), root, tuple(pieces)))
    return sorted(found, key=_place)


def _place(found: Found) -> tuple[int, int, str]:
    span = found.detection.span
    assert span is not None
    return span.start, span.end, found.detection.label


def _root(layer: Layer) -> Layer:
    while layer.below is not None:
        layer = layer.below
    return layer
