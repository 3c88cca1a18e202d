"""Lines in a map of probabilities, as boxes with four corners.

The steps and figures are those of PP-OCR's detector (Liao et al., Real-time Scene Text Detection with Differentiable
Binarization, 2020, section 3.4): the network answers with the core of each line, which is grown again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

CORE = 0.3
"""What a pixel needs to belong to the core of a line."""
SURE = 0.5
"""What the pixels of a core need on average."""
GROWTH = 1.6
"""Times area by girth: how far a core is grown on each side."""
_THINNEST = 3
_MOST = 4000
_ROW = 1.6
"""Times the height of another that a line can have to be a piece of the same."""
_PARALLEL = 0.1
"""Sine of the angle between two that are."""
_ALIKE = 3
"""Times the height of another that a line can have to be the same one."""


@dataclass(frozen=True, eq=False)
class Line:
    """Where a line stands.

    Attributes:
        corners: four (x, y) in pixels of the picture, clockwise as the line is seen, from its top left.
        sureness: 0-1, that it is text.
    """

    corners: Any
    sureness: float

    @property
    def width(self) -> float:
        """Along the line, in pixels."""
        return float(numpy.linalg.norm(self.corners[1] - self.corners[0]))

    @property
    def height(self) -> float:
        """Across it, in pixels."""
        return float(numpy.linalg.norm(self.corners[3] - self.corners[0]))


def lines_in(found: Any, scale: float, core: float = CORE, sure: float = SURE) -> list[Line]:
    """The lines in a map of bytes, at most `_MOST`, largest first.

    Args:
        found: what `probability_map` returns.
        scale: pixels of the map for one of the picture.
    """
    import cv2

    mask = cv2.dilate((found > round(core * 255)).astype(numpy.uint8), numpy.ones((2, 2), numpy.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contours = sorted(contours, key=cv2.contourArea, reverse=True)[:_MOST]
    return [line for contour in contours for line in _line(found, contour, scale, sure)]


def without_doubles(first: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    """All of `first`, and those of `others` that stand elsewhere: no line of about their height covers half of them."""
    boxes = numpy.array([_bounds(line) for line in first]).reshape(-1, 4)
    return [*first, *(line for line in others if not _is_covered(line, first, boxes))]


def joined(lines: Sequence[Line]) -> list[Line]:
    """Pieces of one line, of which looks at two scales saw one each, as that line."""
    whole: list[Line] = []
    for line in sorted(lines, key=lambda each: -each.width):
        number = next((number for number, other in enumerate(whole) if _continues(line, other)), None)
        if number is None:
            whole.append(line)
        else:
            whole[number] = _longer(whole[number], line)
    return whole


def _continues(line: Line, other: Line) -> bool:
    """They overlap, and stand on one row."""
    import cv2

    away = line.corners.mean(axis=0) - other.corners.mean(axis=0)
    if abs(away).max() > (line.width + other.width) / 2 or not 1 / _ROW < line.height / other.height < _ROW:
        return False
    along = (other.corners[1] - other.corners[0]) / other.width
    turn = (line.corners[1] - line.corners[0]) @ numpy.array([-along[1], along[0]]) / line.width
    off = abs(away[0] * along[1] - away[1] * along[0])
    if abs(turn) > _PARALLEL or off > min(line.height, other.height) / 3:
        return False
    return bool(cv2.intersectConvexConvex(line.corners, other.corners)[0] > 0)


def _longer(line: Line, piece: Line) -> Line:
    """As high as it is, and as long as both together."""
    start, along = line.corners[0], (line.corners[1] - line.corners[0]) / line.width
    reach = (piece.corners - start) @ along
    before, after = min(float(reach.min()), 0.0), max(float(reach.max()) - line.width, 0.0)
    moved = numpy.array([before * along, after * along, after * along, before * along], numpy.float32)
    return Line(line.corners + moved, line.sureness)


def _is_covered(line: Line, by: Sequence[Line], boxes: Any) -> bool:
    import cv2

    left, top, right, bottom = _bounds(line)
    near = (boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)
    for number in numpy.flatnonzero(near):
        if not 1 / _ALIKE < line.height / by[number].height < _ALIKE:
            continue
        shared, _ = cv2.intersectConvexConvex(line.corners, by[number].corners)
        if shared > 0.5 * min(line.width * line.height, by[number].width * by[number].height):
            return True
    return False


def _bounds(line: Line) -> tuple[float, float, float, float]:
    return (*line.corners.min(axis=0), *line.corners.max(axis=0))


def _line(found: Any, contour: Any, scale: float, sure: float) -> Iterator[Line]:
    import cv2

    (x, y), (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < _THINNEST:
        return
    sureness = mean_inside(found, cv2.boxPoints(((x, y), (width, height), angle)))
    if sureness < sure:
        return
    grown = width * height * GROWTH / (2 * (width + height))
    corners = cv2.boxPoints(((x, y), (width + 2 * grown, height + 2 * grown), angle))
    yield Line(_from_top_left(corners) / scale, sureness)


def mean_inside(found: Any, corners: Any) -> float:
    """Of a map of bytes, inside four corners: 0-1."""
    import cv2

    left, top = numpy.maximum(numpy.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = numpy.ceil(corners.max(axis=0)).astype(int) + 1
    part = found[top:bottom, left:right]
    if not part.size:
        return 0.0
    inside = numpy.zeros(part.shape, numpy.uint8)
    cv2.fillPoly(inside, [numpy.round(corners - (left, top)).astype(numpy.int32)], 1)
    return float(cv2.mean(part, inside)[0]) / 255


def _from_top_left(corners: Any) -> Any:
    """Clockwise on the screen from the corner where an upright line begins; a line that stands is read downwards."""
    center = corners.mean(axis=0)
    clockwise = corners[numpy.argsort(numpy.arctan2(corners[:, 1] - center[1], corners[:, 0] - center[0]))]
    sides = numpy.linalg.norm(clockwise - numpy.roll(clockwise, -1, axis=0), axis=1)
    # The first side runs along the line; of the two long sides the one that points right, or else down.
    first = 0 if sides[0] + sides[2] >= sides[1] + sides[3] else 1
    along = clockwise[(first + 1) % 4] - clockwise[first]
    if abs(along[0]) >= abs(along[1]) / 4:
        first += 2 if along[0] < 0 else 0
    else:
        first += 2 if along[1] < 0 else 0
    return numpy.roll(clockwise, -first, axis=0).astype(numpy.float32)
