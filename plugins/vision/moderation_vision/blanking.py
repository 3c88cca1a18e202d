"""``vision.blank`` and ``vision.patch``: pictures with places covered, without metadata.

It sees the boxes of detections and nothing of the picture itself: what no detector found stays to be seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ground.media.patching import patch
from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.hookspecs import Context, Unreadable
from moderation_vision.saving import saved_alike

if TYPE_CHECKING:
    from PIL.Image import Image

MARGIN = 0.2
"""Beyond each box: of a face, this share of its width and height on each side, because hair and ears tell who it is; of
anything else, such as a line of text, of its shorter side, because a box ends where a letter does."""
LEAST_MARGIN = 2
"""Pixels, likewise: JPEG smears an edge."""


class Blank:
    """Blacks out the boxes of detections; one without a box means the whole picture.

    The copy is what people see on white, in black where something was found on white or on black, in as many pixels and
    in about as many bytes. A detection in the metadata needs no box: the copy is made of pixels alone and carries none.
    Animations are refused, because a box in one frame says nothing of the others.
    """

    name = "vision.blank"
    version = "2.0"
    reads = ("image",)
    time_limit_seconds = 20.0
    fill = "solid"

    def redact(self, part: Part, detections: Sequence[Detection], context: Context) -> Part:
        """A copy in which the places cannot be read back. Raises `Unreadable`."""
        assert part.media is not None
        if (part.media.frames or 1) > 1:
            raise Unreadable("animations cannot be redacted")
        copy = cover(context.looks(part)[0], detections, self.fill)
        return Part(type="image", data=saved_alike(copy, context.read(part), part.media.content_type))


class Patch(Blank):
    """The same, with a patch in place of black, made of what is around each box."""

    name = "vision.patch"
    version = "1.0"
    fill = "patch"


def cover(seen: Image, detections: Sequence[Detection], fill: str = "solid") -> Image:
    """Cover the places of detections in a picture, and have it forget what it says about itself.

    Returns:
        `seen` itself, or another where a patch was made: to copy 48 megapixels costs more than to cover some of them.
    """
    from PIL import Image, ImageDraw

    seen.info.clear()
    places = [
        _place(each.box, each.label == "Face", *seen.size) if each.box is not None else (0, 0, *seen.size)
        for each in detections
        if each.box is not None or not _is_metadata(each)
    ]
    if fill == "patch":
        import numpy

        pixels = numpy.array(seen)
        patch(pixels, [(left, top, right + 1, bottom + 1) for left, top, right, bottom in places])
        return Image.fromarray(pixels)
    draw = ImageDraw.Draw(seen)
    for place in places:
        draw.rectangle(place, fill="black")
    return seen


def _place(box: Box, is_face: bool, width: int, height: int) -> tuple[int, int, int, int]:
    """The first and last pixels of what is blacked out, in the order of Pillow."""
    across, down = box.width * width, box.height * height
    beside = max(LEAST_MARGIN, MARGIN * (across if is_face else min(across, down)))
    above = max(LEAST_MARGIN, MARGIN * (down if is_face else min(across, down)))
    left, top = box.left * width, box.top * height
    first = math.floor(left - beside), math.floor(top - above)
    return (*first, math.ceil(left + across + beside), math.ceil(top + down + above))


def _is_metadata(detection: Detection) -> bool:
    return str(detection.attributes.get("source", "")).startswith(("EXIF", "XMP"))
