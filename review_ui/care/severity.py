"""Severity: how hard content is on those who look at it, by its labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEVELS = ("mild", "moderate", "severe")
"""Mildest first. What no listed label covers is mild."""
LIKELY = 50.0
"""Confidence from which a detection counts, unless it is set otherwise."""
SEVERITY: dict[str, str] = {
    "Explicit": "severe",
    "Graphic Violence": "severe",
    "Visually Disturbing": "severe",
    "Non-Explicit Nudity of Intimate parts and Kissing": "moderate",
    "Violence": "moderate",
    "Hate Symbols": "moderate",
    "Toxicity": "moderate",
}
"""The default. A label stands for all under it; where several cover a detection, the hardest counts."""


def harms_of(content: Mapping[str, Any], severity: Mapping[str, str], least: float) -> frozenset[str]:
    """What a human loop's InputContent exposes those who look to: its severity, and the listed labels found in it.

    Whatever is not of the expected shape counts as missing: anybody with a key may start a loop with any JSON.

    Args:
        content: ``detections`` as the service sends them, with ``label``, ``parents`` and ``confidence`` (0-100);
            ``harms``, a list of label names, where detections are kept from reviewers or there are none;
            ``aiServiceResponse`` of A2I's built-in Rekognition flows, with its ``moderationLabels``.
        severity: the level of each listed label.
        least: confidence from which a detection counts. One without a readable confidence counts.
    """
    named = list(_list(content.get("harms")))
    for detection in _list(content.get("detections")):
        if isinstance(detection, Mapping) and _counts(detection.get("confidence"), least):
            named += [detection.get("label"), *_list(detection.get("parents"))]
    answer = content.get("aiServiceResponse")
    for label in _list(answer.get("moderationLabels")) if isinstance(answer, Mapping) else ():
        if isinstance(label, Mapping) and _counts(label.get("confidence"), least):
            named += [label.get("name"), label.get("parentName")]
    found = {name for name in named if isinstance(name, str)}
    listed = frozenset(found & severity.keys())
    level = max((LEVELS.index(severity[label]) for label in listed), default=0)
    return listed | {LEVELS[level]}


def _counts(confidence: Any, least: float) -> bool:
    return not isinstance(confidence, int | float) or not confidence < least


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
