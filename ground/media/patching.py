"""A patch over places of a picture, made of what lies around them alone: nothing from within is in it.

Each pixel is a mean of the rim on its four sides, the nearer the heavier; the rim is smoothed along its side, so that
what touches the place from outside (hair, a letter that is cut) leaves no streaks. So it hides as well as solid fill.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIM = 3
"""Pixels outside of a place that are looked at."""
SMOOTHED = 4
"""The rim is smoothed over so many parts of its side."""
Place = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, the last two outside."""


def patch(pixels: NDArray[Any], places: Sequence[Place], solid: int = 0) -> None:
    """Cover places of a picture, in place.

    Args:
        pixels: height x width, or height x width x channels, 0-255.
        solid: what a place gets that leaves no rim.
    """
    import numpy

    height, width = pixels.shape[:2]
    for left, top, right, bottom in joined(places, width, height):
        across, down = right - left, bottom - top
        rims = []
        near = numpy.arange(down, dtype=numpy.float32) + 1, numpy.arange(across, dtype=numpy.float32) + 1
        if left:
            line = pixels[top:bottom, max(0, left - RIM) : left].mean(1)
            rims.append((_smooth(line)[:, None], (1 / near[1])[None, :]))
        if right < width:
            line = pixels[top:bottom, right : right + RIM].mean(1)
            rims.append((_smooth(line)[:, None], (1 / near[1][::-1])[None, :]))
        if top:
            line = pixels[max(0, top - RIM) : top, left:right].mean(0)
            rims.append((_smooth(line)[None, :], (1 / near[0])[:, None]))
        if bottom < height:
            line = pixels[bottom : bottom + RIM, left:right].mean(0)
            rims.append((_smooth(line)[None, :], (1 / near[0][::-1])[:, None]))
        if not rims:
            pixels[top:bottom, left:right] = solid
            continue
        total = sum(weight for _, weight in rims)
        deep = (...,) + (None,) * (pixels.ndim - 2)
        mixed = sum(line * (weight / total)[deep] for line, weight in rims)
        pixels[top:bottom, left:right] = mixed


def joined(places: Sequence[Place], width: int, height: int) -> list[Place]:
    """The same cut to the picture; those whose rims lie in one another are one: a rim shows nothing that is covered."""
    found: list[Place] = []
    for left, top, right, bottom in places:
        one = max(0, left), max(0, top), min(width, right), min(height, bottom)
        if one[0] >= one[2] or one[1] >= one[3]:
            continue
        while touching := [other for other in found if _touch(one, other)]:
            found = [other for other in found if other not in touching]
            sides = list(zip(one, *touching, strict=True))
            one = min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])
        found.append(one)
    return found


def _touch(one: Place, other: Place) -> bool:
    return one[0] - RIM < other[2] and other[0] - RIM < one[2] and one[1] - RIM < other[3] and other[1] - RIM < one[3]


def _smooth(line: NDArray[Any]) -> NDArray[Any]:
    """The line as a running mean over a part of it."""
    import numpy

    reach = max(1, len(line) // SMOOTHED) // 2
    edges = [(reach, reach)] + [(0, 0)] * (line.ndim - 1)
    sums = numpy.cumsum(numpy.pad(line.astype(numpy.float32), [(edges[0][0] + 1, edges[0][1]), *edges[1:]], "edge"), 0)
    return (sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1)
