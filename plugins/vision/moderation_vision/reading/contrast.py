"""Pictures and lines of little contrast, with that of print: finder and reader have seen little else."""

from __future__ import annotations

from typing import Any

import numpy

_LITTLE = 80
"""Levels of 255 between the darkest and the lightest."""
_NOISE = 4
"""With less there is nothing to see."""


def with_contrast(picture: Any, measured: Any = None) -> Any:
    """An RGB picture, itself where it has contrast.

    Args:
        measured: a smaller copy to measure it in; None for the picture itself.
    """
    import cv2

    low, high, _, _ = cv2.minMaxLoc(cv2.cvtColor(picture if measured is None else measured, cv2.COLOR_RGB2GRAY))
    if not _NOISE <= high - low < _LITTLE:
        return picture
    return cv2.convertScaleAbs(numpy.maximum(picture.astype(numpy.float32) - low, 0), alpha=255 / (high - low))
