"""A decoded frame as people see it: upright, its pixels square, in RGB; and how far two of them differ."""

from __future__ import annotations

import io
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

COMPARED = 512
"""Pixels of the longest side, at least, at which frames are compared, in blocks of `BLOCK` by `BLOCK`."""
BLOCK = 4
GLANCE = (32, 18)
CUT = 12.0
"""Levels of 255, in the mean of all colours put in order, from which two pictures are of two scenes."""
QUALITY = 92
"""Of JPEG: a detector finds what it finds in the film."""


def side_of(frame: Any, pixels: int) -> int:
    """The longer side of a frame that is shrunk to so many pixels."""
    return max(1, round(math.sqrt(pixels * max(frame.width, frame.height) / min(frame.width, frame.height))))


def upright(frame: Any, pixel: Fraction | None, longest: int) -> Image:
    """A frame as a player shows it, shrunk to at most so many pixels a side.

    Args:
        pixel: the width of a pixel by its height; None or 0 where the film does not say.
    """
    stretch = float(pixel) if pixel and 0.1 < pixel < 10 else 1.0
    width, height = frame.width * stretch, float(frame.height)
    scale = min(1.0, longest / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = _image(frame.reformat(width=size[0], height=size[1], format="rgb24", interpolation="AREA"))
    turn = round(frame.rotation / 90) % 4
    return picture.rotate(90 * turn, expand=True) if turn else picture


def small(frame: Any) -> Image:
    """A frame for `difference`, as it is stored: shrunk before it is made RGB, which is half the work."""
    share = max(1, max(frame.width, frame.height) // COMPARED)
    size = max(1, frame.width // share), max(1, frame.height // share)
    shrunk = frame.reformat(width=size[0], height=size[1], format="yuv420p", interpolation="AREA")
    return _image(shrunk.reformat(format="rgb24"))


def _image(frame: Any) -> Image:
    """An RGB frame for Pillow, read where it lies: PyAV's own way copies it once more."""
    from PIL import Image

    plane = frame.planes[0]
    return Image.frombuffer("RGB", (frame.width, frame.height), plane, "raw", "RGB", plane.line_size, 1)


def difference(one: Image, other: Image) -> int:
    """The most that a block of pixels differs in a channel, 0-255."""
    import numpy
    from PIL import ImageChops

    if one.size != other.size:
        return 255
    return int(numpy.asarray(ImageChops.difference(one, other).reduce(BLOCK)).max())


def glance(frame: Any) -> NDArray[np.int16]:
    """A decoded frame as 32 by 18 colours, whatever its shape, for `is_cut` and `apart`."""
    shown = frame.reformat(width=GLANCE[0], height=GLANCE[1], format="rgb24", interpolation="AREA")
    seen: NDArray[np.int16] = shown.to_ndarray().reshape(-1, 3).astype("int16")
    return seen


def apart(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    """How far two glances are apart, as levels of 255 in the mean."""
    return float(abs(one - other).mean())


def is_cut(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    """Whether two glances have other colours, wherever these are: two scenes, most likely, not one that moves."""
    import numpy

    return apart(numpy.sort(one, 0), numpy.sort(other, 0)) >= CUT


def saved(picture: Image) -> bytes:
    """As JPEG, with as few colours as nearly all films have: one for four pixels."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, subsampling=2)
    return out.getvalue()
