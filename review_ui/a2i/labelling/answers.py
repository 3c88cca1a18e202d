"""What people answered on a task's page, read by the task type: templates name their elements as they like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review_ui.a2i.labelling.consolidation import DrawnBox, MarkedSpan
from review_ui.a2i.labelling.task_types import Kind

MOST = 10_000
"""Boxes or spans of one answer that are read."""


@dataclass(frozen=True)
class Answered:
    """What one person says of one object.

    Attributes:
        classes: numbers of the labels chosen.
        size: width and height of the picture that boxes were drawn on, pixels; None where the page does not say it.
    """

    classes: frozenset[int] = frozenset()
    boxes: tuple[DrawnBox, ...] = ()
    spans: tuple[MarkedSpan, ...] = ()
    size: tuple[int, int] | None = None


def read_answer(content: Mapping[str, Any] | None, kind: Kind, labels: Sequence[str]) -> Answered | None:
    """An ``answerContent``; None when it says nothing that is of this kind, or names a label that is none."""
    numbers = {name: number for number, name in enumerate(labels)}
    for each in _mappings(content):
        found = _READERS[kind](each, numbers)
        if found is not None:
            return found
    return None


def _mappings(content: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The answers of a page's elements, by their names."""
    for name in sorted(content or {}):
        value = (content or {})[name]
        if isinstance(value, Mapping):
            yield value


def _class(given: Mapping[str, Any], numbers: Mapping[str, int]) -> Answered | None:
    label = given.get("label")
    return Answered(frozenset({numbers[label]})) if isinstance(label, str) and label in numbers else None


def _classes(given: Mapping[str, Any], numbers: Mapping[str, int]) -> Answered | None:
    labels = given.get("labels")
    if not isinstance(labels, list) or not all(isinstance(each, str) and each in numbers for each in labels):
        return None
    return Answered(frozenset(numbers[each] for each in labels))


def _boxes(given: Mapping[str, Any], numbers: Mapping[str, int]) -> Answered | None:
    listed = given.get("boundingBoxes")
    if not isinstance(listed, list) or len(listed) > MOST:
        return None
    boxes = [_box(each, numbers) for each in listed]
    size = given.get("inputImageProperties")
    found = [box for box in boxes if box is not None]
    if len(found) < len(boxes):
        return None
    return Answered(boxes=tuple(found), size=_size(size))


def _size(given: Any) -> tuple[int, int] | None:
    width, height = (given.get("width"), given.get("height")) if isinstance(given, Mapping) else (None, None)
    is_known = isinstance(width, int) and isinstance(height, int) and 0 < width < 1_000_000 and 0 < height < 1_000_000
    return (int(width), int(height)) if is_known else None  # type: ignore[arg-type]


def _box(given: Any, numbers: Mapping[str, int]) -> DrawnBox | None:
    if not isinstance(given, Mapping) or given.get("label") not in numbers:
        return None
    sides = [given.get(name) for name in ("left", "top", "width", "height")]
    if not all(isinstance(side, int | float) and not isinstance(side, bool) and math.isfinite(side) for side in sides):
        return None
    left, top, width, height = (float(side) for side in sides if side is not None)
    return DrawnBox(numbers[given["label"]], left, top, width, height) if width > 0 and height > 0 else None


def _spans(given: Mapping[str, Any], numbers: Mapping[str, int]) -> Answered | None:
    listed = given.get("entities")
    if not isinstance(listed, list) or len(listed) > MOST:
        return None
    found = [_span(each, numbers) for each in listed]
    spans = [span for span in found if span is not None]
    return Answered(spans=tuple(spans)) if len(spans) == len(found) else None


def _span(given: Any, numbers: Mapping[str, int]) -> MarkedSpan | None:
    if not isinstance(given, Mapping) or given.get("label") not in numbers:
        return None
    start, end = given.get("startOffset"), given.get("endOffset")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end:
        return None
    return MarkedSpan(start, end, numbers[given["label"]])


_READERS = {"class": _class, "classes": _classes, "boxes": _boxes, "spans": _spans}
