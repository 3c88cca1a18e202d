"""Where the letters are within a box: a speech bubble around a line is taken for the line, two small lines for one.

The reader wants letters that fill the height of what it is shown. On plain ground the rows of a box that have ink are
easily told from those that have none; on any other this leaves the box as it is.
"""

from __future__ import annotations

from typing import Any

import numpy

from moderation_vision.reading.lines import Line

_INK = 0.4
"""Share of the strongest difference from the ground that is ink."""
_FULL = 0.8
"""Share of a row or column that no letters fill: that is an edge, or what lies beyond it."""
_THINNEST = 5
"""Rows of 48 without which a band is a rule or a border."""
_LOOSE = 0.55
"""Share of the height that letters fill at the most for the box to be too large; most boxes have 0.7 and more."""
_AROUND = 0.25
"""Times a band's height that is left above and below it: what the reader was trained on."""


def tightened(line: Line, cut: Any) -> list[Line]:
    """The lines that stand in a box: usually one, the box itself.

    Args:
        cut: the box as RGB, upright, 48 pixels high.
    """
    ink = ink_in(cut)
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate([[0], ink.any(axis=1), [0]]).astype(numpy.int8)))
    bands = [(top, bottom) for top, bottom in edges.reshape(-1, 2) if bottom - top >= _THINNEST]
    height = cut.shape[0]
    if not bands or sum(bottom - top for top, bottom in bands) > _LOOSE * height:
        return [line]
    return [_band(line, top / height, bottom / height) for top, bottom in bands]


def ink_in(cut: Any) -> Any:
    """A mask of what differs from the ground of a box and is no edge."""
    grey = cut.mean(axis=2)
    away = numpy.abs(grey - numpy.median(grey))
    ink = away > _INK * max(away.max(), 1)
    return ink & (ink.mean(axis=0) < _FULL)[None, :] & (ink.mean(axis=1) < _FULL)[:, None]


def _band(line: Line, top: float, bottom: float) -> Line:
    around = _AROUND * (bottom - top)
    down = (line.corners[3] - line.corners[0], line.corners[2] - line.corners[1])
    above, below = max(top - around, 0.0), min(bottom + around, 1.0)
    left, right = line.corners[0], line.corners[1]
    corners = [left + above * down[0], right + above * down[1], right + below * down[1], left + below * down[0]]
    return Line(numpy.array(corners, numpy.float32), line.sureness)
