"""Personal data on the task page: hidden until a reviewer asks for it, which is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from review_ui.portal.drawing import Frame, Line
from review_ui.portal.marking import Run
from review_ui.portal.task_view import ShownPart, ShownTask, is_ours, show

DOTS = "••••••"
"""Stands for personal data of any length, so that the length tells nothing."""


def is_personal(label: str) -> bool:
    """True of the taxonomy's labels of personal data."""
    return label == "PII" or label.startswith("PII/")


def masked(shown: ShownTask) -> ShownTask:
    """The same task without the words that detections of personal data cover; `hidden` counts those places.

    Where there are any, the reasons that detectors give are left out too: they may repeat what is hidden.
    """
    parts = tuple(replace(part, runs=_masked(part.runs), lines=_masked_lines(part)) for part in shown.parts)
    words = sum(run.is_masked for part in parts for run in part.runs)
    boxes = sum(is_personal(frame.label) for part in parts if part.uri for frame in part.frames)
    found = tuple(replace(label, reasons=()) for label in shown.found) if words + boxes else shown.found
    return replace(shown, parts=parts, found=found, hidden=words + boxes)


def covers_of(content: Mapping[str, Any], uri: str) -> tuple[Frame, ...]:
    """The places of a picture that have to be painted over: where personal data was found in it, or read in it."""
    if not is_ours(content):
        return ()
    return tuple(f for part in show(content).parts if part.uri == uri for f in part.frames if is_personal(f.label))


def _masked(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Neighbours that are hidden become one, so that nothing tells where the one kind ends and the other begins."""
    out: list[Run] = []
    for each in runs:
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
    return tuple(replace(line, runs=_masked(line.runs)) for line in part.lines)
