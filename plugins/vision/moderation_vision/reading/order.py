"""Reading order: rows from top to bottom, each from left to right; columns of running text one after the other.

Lines belong to a row when they share half of their height. Whether what stands side by side is a table, to be read row
by row, or columns of text, to be read one by one, shows in how the lines fill their side of the gutter: running text
fills it, cells do not.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

Corners = Sequence[Sequence[float]]
"""Four (x, y), clockwise from where a line begins."""

_Gap = tuple[float, float]

_FILLS = 0.75
"""Share of its side's width that a line of running text has, at the median."""
_LONG = 7.0
"""Times its height that a line of running text is wide, at the least."""
_COLUMN = 3
"""Rows without which there are no columns."""


@dataclass(frozen=True)
class _Box:
    number: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def reading_order(lines: Sequence[Corners]) -> list[list[int]]:
    """The numbers of the lines, row by row. Lines that run in another direction than most are read after these."""
    groups: dict[float, list[int]] = {}
    angles = [_angle(corners) for corners in lines]
    for number in sorted(range(len(lines)), key=lambda each: -_length(lines[each])):
        near = next((angle for angle in groups if abs(_turn(angles[number] - angle)) < math.pi / 8), angles[number])
        groups.setdefault(near, []).append(number)
    rows: list[list[int]] = []
    for numbers in sorted(groups.values(), key=lambda group: -sum(_length(lines[each]) for each in group)):
        angle = _middle_angle([angles[each] for each in numbers])
        boxes = [_upright(number, lines[number], angle) for number in numbers]
        rows += [[box.number for box in row] for row in _ordered(boxes)]
    return rows


def _ordered(boxes: Sequence[_Box]) -> list[list[_Box]]:
    rows, ordered, first = _rows(boxes), [], 0
    while first < len(rows):
        after, columns = _columns(rows, first)
        ordered += [row for column in columns for row in _ordered(column)] if columns else [rows[first]]
        first = after
    return ordered


def _rows(boxes: Sequence[_Box]) -> list[list[_Box]]:
    rows: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda each: each.top + each.bottom):
        # Rows before the last few end above it.
        row = next((row for row in rows[:-9:-1] if _is_in(box, row)), None)
        if row is None:
            rows.append([box])
        else:
            row.append(box)
    rows.sort(key=lambda row: sum(box.top + box.bottom for box in row) / len(row))
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _is_in(box: _Box, row: Sequence[_Box]) -> bool:
    for other in row:
        shared = min(box.bottom, other.bottom) - max(box.top, other.top)
        across = min(box.right, other.right) - max(box.left, other.left)
        if shared < min(box.height, other.height) / 2 or across > min(box.height, other.height):
            return False
    return True


def _columns(rows: Sequence[Sequence[_Box]], first: int) -> tuple[int, list[list[_Box]]]:
    """The row after the columns that begin at `first`, and these; or the next row, and none."""
    least = median(box.height for box in rows[first]) / 2
    gaps, after, are_beside = [(-math.inf, math.inf)], first, False
    while after < len(rows):
        are_beside = are_beside or len(rows[after]) > 1
        left = [gap for gap in _between(gaps, rows[after]) if gap[1] - gap[0] >= least]
        # Until two stand side by side there are only the margins.
        if are_beside and not any(map(_is_inner, left)):
            break
        gaps, after = left, after + 1
    gutters = sorted(gap[0] for gap in gaps if _is_inner(gap))
    # Each gap may be a gutter, or only one is and the others are between the cells of a table.
    for ends in (gutters, *([end] for end in gutters)) if after - first >= _COLUMN else ():
        columns = [_side(rows[first:after], *edges) for edges in pairwise((-math.inf, *ends, math.inf))]
        if len(columns) > 1 and all(map(_is_text, columns)) and _are_beside(columns):
            return after, columns
    return first + 1, []


def _side(rows: Sequence[Sequence[_Box]], left: float, right: float) -> list[_Box]:
    return [box for row in rows for box in row if left < box.right <= right]


def _between(gaps: Sequence[_Gap], boxes: Sequence[_Box]) -> list[_Gap]:
    left = list(gaps)
    for box in boxes:
        left = [part for gap in left for part in ((gap[0], min(gap[1], box.left)), (max(gap[0], box.right), gap[1]))]
        left = [gap for gap in left if gap[1] > gap[0]]
    return left


def _is_inner(gap: _Gap) -> bool:
    return math.isfinite(gap[0]) and math.isfinite(gap[1])


def _is_text(column: Sequence[_Box]) -> bool:
    """Most of its lines fill its width, and are long."""
    if len(column) < _COLUMN:
        return False
    width = max(box.right for box in column) - min(box.left for box in column)
    middle = median(box.right - box.left for box in column)
    return middle >= _FILLS * width and middle >= _LONG * median(box.height for box in column)


def _are_beside(columns: Sequence[Sequence[_Box]]) -> bool:
    """Half of their lines have one beside them; messages to the left and right of a chat stand below each other."""
    shorter, longer = sorted(columns, key=len)[:2]
    tops = sorted((box.top, box.bottom) for box in longer)

    def has_beside(box: _Box) -> bool:
        # Lines of a column do not overlap, so only the last that begins above the end of this one may.
        before = bisect_left(tops, (box.bottom, -math.inf))
        return before > 0 and tops[before - 1][1] > box.top

    return sum(map(has_beside, shorter)) >= len(shorter) / 2


def _angle(corners: Corners) -> float:
    (x0, y0), (x1, y1) = corners[0], corners[1]
    return math.atan2(y1 - y0, x1 - x0)


def _length(corners: Corners) -> float:
    return math.dist(corners[0], corners[1])


def _turn(angle: float) -> float:
    """The same direction, from -pi to pi."""
    return math.remainder(angle, 2 * math.pi)


def _middle_angle(angles: Sequence[float]) -> float:
    """The median as seen from the first, so that it holds across -pi."""
    return angles[0] + median(_turn(angle - angles[0]) for angle in angles)


def _upright(number: int, corners: Corners, angle: float) -> _Box:
    cos, sin = math.cos(angle), math.sin(angle)
    xs = [x * cos + y * sin for x, y in corners]
    ys = [y * cos - x * sin for x, y in corners]
    return _Box(number, min(xs), min(ys), max(xs), max(ys))
