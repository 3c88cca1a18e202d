"""Personal data on the task page: hidden until a reviewer asks for it, which is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from review_ui.portal.drawing import Frame, Line
from review_ui.portal.marking import Stretch
from review_ui.portal.task_view import ShownPart, ShownTask, is_ours, show

DOTS = "••••••"
"""Stands for personal data of any length, so that the length tells nothing."""


def is_personal(label: str) -> bool:
    """True of the taxonomy's labels of personal data."""
    return label == "PII" or label.startswith("PII/")


def masked(shown: ShownTask) -> ShownTask:
    """The same task without the words that detections of personal data cover; `hidden` counts those places."""
    parts = tuple(replace(part, stretches=_masked(part.stretches), lines=_masked_lines(part)) for part in shown.parts)
    words = sum(stretch.is_masked for part in parts for stretch in part.stretches)
    boxes = sum(is_personal(frame.label) for part in parts if part.uri for frame in part.frames)
    return replace(shown, parts=parts, hidden=words + boxes)


def covers_of(content: Mapping[str, Any], uri: str) -> tuple[Frame, ...]:
    """The places of a picture that have to be painted over: where personal data was found in it, or read in it."""
    if not is_ours(content):
        return ()
    return tuple(f for part in show(content).parts if part.uri == uri for f in part.frames if is_personal(f.label))


def _masked(stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Neighbours that are hidden become one, so that nothing tells where the one kind ends and the other begins."""
    out: list[Stretch] = []
    for each in stretches:
        if not any(map(is_personal, each.labels)):
            out.append(each)
        elif out and out[-1].is_masked:
            labels = tuple(dict.fromkeys((*out[-1].labels, *each.labels)))
            ending, anchors = (*out[-1].ending, *each.ending), (*out[-1].anchors, *each.anchors)
            out[-1] = replace(out[-1], labels=labels, ending=ending, anchors=anchors)
        else:
            out.append(replace(each, text=DOTS, is_masked=True))
    return tuple(out)


def _masked_lines(part: ShownPart) -> tuple[Line, ...]:
    return tuple(replace(line, stretches=_masked(line.stretches)) for line in part.lines)
