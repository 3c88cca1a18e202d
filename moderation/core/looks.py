"""Findings in one picture that was looked at on white and on black: each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moderation.core.detections import Detection
from moderation.core.items import Box

SAME = 0.5
"""The share of both boxes together that they have in common, from which they are about one thing."""


def merge_looks(looks: Iterable[Sequence[Detection]]) -> list[Detection]:
    """What was found in any of the looks at one picture (`moderation.hookspecs.Context.looks`).

    What has the same label at the same place (or none) in an earlier look is the same thing, at the higher confidence
    of the two. Two findings of one look stay two.
    """
    found: list[Detection] = []
    for look in looks:
        earlier = len(found)
        taken: set[int] = set()
        for detection in look:
            at = next((n for n in range(earlier) if n not in taken and _is_same(found[n], detection)), None)
            if at is None:
                found.append(detection)
                continue
            taken.add(at)
            found[at] = max(found[at], detection, key=lambda each: each.confidence)
    return found


def _is_same(one: Detection, other: Detection) -> bool:
    if one.label != other.label or (one.box is None) != (other.box is None):
        return False
    return one.box is None or other.box is None or overlap(one.box, other.box) >= SAME


def overlap(one: Box, other: Box) -> float:
    """What two boxes have in common, as a share of what they cover together; 0-1."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    common = across * down
    return common / (one.width * one.height + other.width * other.height - common)
