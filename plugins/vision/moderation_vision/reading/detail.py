"""Fine detail: where thin strokes stand so densely that they may be letters too small for a look at a smaller scale.

A stroke is what the morphological top-hat and black-hat leave: lighter or darker than what is around it, and thinner
than their kernel. Edges of things, gradients and blur leave nothing, so most of a photograph has no fine detail. Grass,
hair and gravel have strokes everywhere; letters on them that people can read stand out from those, so a stroke counts
when it is several times stronger than they are on average nearby.
"""

from __future__ import annotations

from typing import Any

import numpy

_KERNEL = 5
_CELL = 16
_NEARBY = 9
"""Cells over which the strokes nearby are averaged."""
_STRONGER = 3.5
_LEAST, _ENOUGH = 30, 90
"""Levels of 255: a weaker stroke never counts, a stronger one always does."""
_DENSE = 0.15
"""Share of a cell's pixels that are such strokes."""
_LETTERS = 3
"""Cells that adjoin: several letters fill as many."""


def fine_detail(picture: Any) -> Any:
    """A mask with one value for each cell of 16 x 16 pixels of an RGB picture."""
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (max(grey.shape[1] // _CELL, 1), max(grey.shape[0] // _CELL, 1))
    kernel = numpy.ones((_KERNEL, _KERNEL), numpy.uint8)
    light = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel)
    strokes = cv2.max(light, cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel))
    nearby = cv2.blur(cv2.resize(strokes, size, interpolation=cv2.INTER_AREA), (_NEARBY, _NEARBY))
    needed = numpy.clip(_STRONGER * nearby.astype(numpy.float32), _LEAST, _ENOUGH).astype(numpy.uint8)
    strong = cv2.compare(strokes, cv2.resize(needed, grey.shape[::-1], interpolation=cv2.INTER_NEAREST), cv2.CMP_GT)
    dense = cv2.resize(strong, size, interpolation=cv2.INTER_AREA) >= _DENSE * 255
    _, labels, areas, _ = cv2.connectedComponentsWithStats(dense.astype(numpy.uint8), connectivity=4)
    is_text = areas[:, cv2.CC_STAT_AREA] >= _LETTERS
    is_text[0] = False  # what is not dense
    return is_text[labels]
