"""From a picture to what a net reads, and from places in that back to the picture."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation_models.file import Input

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image


@dataclass(frozen=True)
class Prepared:
    """A batch of one picture.

    Attributes:
        values: of `Input.layout` and `Input.type`.
        height, width: pixels of what the net reads.
        left, top: pixels at which the picture begins there; below 0 where its edges were cut off.
        across, down: pixels of the whole picture there.
    """

    values: NDArray[Any]
    height: int
    width: int
    left: float
    top: float
    across: float
    down: float

    def in_picture(self, corners: NDArray[Any]) -> NDArray[Any]:
        """Corners (left, top, right, bottom) in pixels of what the net reads, as ratios of the picture, inside it."""
        import numpy

        begin = numpy.array([self.left, self.top] * 2)
        scale = numpy.array([self.across, self.down] * 2)
        ratios: NDArray[Any] = numpy.clip((corners - begin) / scale, 0.0, 1.0)
        return ratios


def prepare(picture: Image, given: Input) -> Prepared:
    """The picture (RGB) as the net reads it."""
    import numpy
    from PIL import Image

    height, width = given.size
    across, down = _resized(picture, given)
    seen = picture.resize((across, down), Image.Resampling.BILINEAR)
    if given.resize == "fit":
        if given.multiple_of is not None:
            width, height = (math.ceil(side / given.multiple_of) * given.multiple_of for side in (across, down))
        left, top = (width - across) // 2, (height - down) // 2
        canvas = Image.new("RGB", (width, height), (given.fill,) * 3)
        canvas.paste(seen, (left, top))
        seen = canvas
    else:
        left, top = -((across - width) // 2), -((down - height) // 2)
        if given.jpeg is not None:
            seen = _through_jpeg(seen, given.jpeg)
        seen = seen.crop((-left, -top, width - left, height - top))
    levels = numpy.asarray(seen)
    levels = levels[:, :, ::-1] if given.channels == "bgr" else levels
    if given.type in ("float32", "float16"):
        mean, std = (numpy.array(three, dtype=numpy.float32) for three in (given.mean, given.std))
        wide = (levels.astype(numpy.float32) - mean) / std
        levels = wide.astype(given.type)
    else:
        levels = levels.astype(given.type)
    levels = levels.transpose(2, 0, 1) if given.layout == "nchw" else levels
    return Prepared(numpy.ascontiguousarray(levels[None]), height, width, left, top, across, down)


def _resized(picture: Image, given: Input) -> tuple[int, int]:
    """Pixels across and down that the whole picture is resized to."""
    height, width = given.size
    if given.resize == "stretch":
        return (given.resize_to,) * 2 if given.resize_to is not None else (width, height)
    ratios = width / picture.width, height / picture.height
    if given.resize == "fit":
        scale = min(ratios)
    else:
        scale = max(ratios) if given.resize_to is None else given.resize_to / min(picture.size)
    across, down = round(picture.width * scale), round(picture.height * scale)
    if given.resize == "fit":
        return max(1, min(across, width)), max(1, min(down, height))
    return max(across, width), max(down, height)


def _through_jpeg(picture: Image, quality: int) -> Image:
    from PIL import Image

    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    with Image.open(io.BytesIO(out.getvalue())) as again:
        return again.convert("RGB")
