"""``vision.blank``: pictures with places blacked out, without metadata.

It sees the boxes of detections and nothing of the picture itself: what no detector found stays to be seen.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context, Unreadable

MARGIN = 0.005
"""Of the longer side, beyond each box: what is found ends where a letter does."""
JPEG_QUALITY = 90


class Blank:
    """Blacks out the boxes of detections; one without a box means the whole picture.

    A detection in the metadata needs no box: the copy is made of pixels alone and carries none. Animations are refused,
    because a box in one frame says nothing of the others.
    """

    name = "vision.blank"
    version = "1.0"
    reads = ("image",)
    time_limit_seconds = 20.0

    def redact(self, part: Part, detections: Sequence[Detection], context: Context) -> Part:
        """A copy in which the places cannot be read back. Raises `Unreadable`."""
        from PIL import ImageDraw

        assert part.media is not None
        if (part.media.frames or 1) > 1:
            raise Unreadable("animations cannot be redacted")
        is_jpeg = part.media.content_type == "image/jpeg"
        # Made of what people see, so nothing but pixels comes along.
        copy = context.looks(part)[0]
        draw = ImageDraw.Draw(copy)
        width, height = copy.size
        margin = math.ceil(MARGIN * max(width, height))
        for detection in detections:
            if detection.box is None:
                if not _is_metadata(detection):
                    draw.rectangle((0, 0, width, height), fill="black")
                continue
            box = detection.box
            left, top = math.floor(box.left * width) - margin, math.floor(box.top * height) - margin
            right = math.ceil((box.left + box.width) * width) + margin
            bottom = math.ceil((box.top + box.height) * height) + margin
            draw.rectangle((left, top, right, bottom), fill="black")
        out = io.BytesIO()
        if is_jpeg:
            copy.save(out, "JPEG", quality=JPEG_QUALITY)
        else:
            copy.save(out, "PNG")
        return Part(type="image", data=out.getvalue())


def _is_metadata(detection: Detection) -> bool:
    return str(detection.attributes.get("source", "")).startswith(("EXIF", "XMP"))
