"""From places in single pictures of a film to what is covered when, so that nothing shows in between.

Pure. Between two pictures in which the same thing was found, all that it may have passed is covered; before the first
and after the last one it is covered a while longer, because a detector sees a face that turns away a little less long
than people do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.core.detections import Detection
from moderation.core.items import Box, TimeRange

HOLD_SECONDS = 0.45
"""Before the first and after the last picture in which something was found."""
LOST_SECONDS = 1.0
"""How long something may be missed and still be the same."""
GROWN = 0.35
"""Of its width and height, on each side, while it was not seen: it may have moved."""
NEAR = 0.8
"""Of the larger of two boxes' sides: how far their middles may lie apart."""
ALIKE = 2.5
"""How many times as large one of two may be."""


@dataclass(frozen=True)
class Sample:
    """One picture of a film, for the seconds until the next, and what was found in it, each with a box."""

    start: float
    end: float
    found: tuple[Detection, ...]


def covers(samples: Sequence[Sample]) -> list[Detection]:
    """What to cover from when to when.

    Args:
        samples: by time.
    """
    made: list[Detection] = []
    followed: set[tuple[int, int]] = set()
    for at, sample in enumerate(samples):
        for number, each in enumerate(sample.found):
            assert each.box is not None
            if (at, number) not in followed:
                made.append(_cover(each, _grown(each.box), sample.start - HOLD_SECONDS, sample.start))
            after = _next(samples, at, each, followed)
            if after is None:
                made.append(_cover(each, each.box, sample.start, sample.end))
                made.append(_cover(each, _grown(each.box), sample.end, sample.end + HOLD_SECONDS))
                continue
            followed.add(after)
            later = samples[after[0]]
            box = later.found[after[1]].box
            assert box is not None
            both = _union(each.box, box)
            made.append(_cover(each, both if after[0] == at + 1 else _grown(both), sample.start, later.start))
    return made


def _next(
    samples: Sequence[Sample], at: int, each: Detection, followed: set[tuple[int, int]]
) -> tuple[int, int] | None:
    """Where the same is found next: in which sample, as which of its detections."""
    for later in range(at + 1, len(samples)):
        if samples[later].start - samples[at].end > LOST_SECONDS:
            return None
        those = [
            (distance, number)
            for number, other in enumerate(samples[later].found)
            if (later, number) not in followed and (distance := _distance(each, other)) is not None
        ]
        if those:
            return later, min(those)[1]
    return None


def _distance(one: Detection, other: Detection) -> float | None:
    """How far apart two things are, in sides of the larger; None where they are not the same."""
    if one.label != other.label or one.box is None or other.box is None:
        return None
    a, b = one.box, other.box
    sizes = sorted((a.width * a.height, b.width * b.height))
    if sizes[1] > ALIKE * sizes[0]:
        return None
    across = abs(a.left + a.width / 2 - b.left - b.width / 2) / max(a.width, b.width, 1e-6)
    down = abs(a.top + a.height / 2 - b.top - b.height / 2) / max(a.height, b.height, 1e-6)
    return max(across, down) if max(across, down) <= NEAR else None


def _union(one: Box, other: Box) -> Box:
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return Box(left=left, top=top, width=min(right, 1.0) - left, height=min(bottom, 1.0) - top)


def _grown(box: Box) -> Box:
    left, top = max(0.0, box.left - GROWN * box.width), max(0.0, box.top - GROWN * box.height)
    right = min(1.0, box.left + (1 + GROWN) * box.width)
    bottom = min(1.0, box.top + (1 + GROWN) * box.height)
    return Box(left=left, top=top, width=right - left, height=bottom - top)


def _cover(of: Detection, box: Box, start: float, end: float) -> Detection:
    when = TimeRange(start=max(0.0, start), end=max(0.0, start, end))
    return of.model_copy(update={"box": box, "time_range": when})
