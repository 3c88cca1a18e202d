"""``vision.quality``: pictures that show nothing, or are not what their name says.

It sees sizes, the first frame of nearly one colour, and an ending that names another format. It sees no blur, no noise
and no bad light.
"""

from __future__ import annotations

from pathlib import PurePath

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context
from moderation_vision.cards import QUALITY

SMALLEST_SIDE = 48
"""Pixels; a shorter side shows too little for people and detectors alike (Rekognition asks for 50 to 80)."""

_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".jfif": "image/jpeg",
    ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif",
    ".heic": "image/heic", ".heif": "image/heic",
}  # fmt: skip


class Quality:
    """Too small, nearly one colour, or named as another format.

    Confidence: 100 for sizes and names, which are facts; for blankness it falls from 100 at one single colour to 50
    where brightness spreads by four levels of 255.
    """

    name = "vision.quality"
    version = "1.1"
    card = QUALITY
    reads = ("image",)
    labels = ("Quality/TOO_SMALL", "Quality/BLANK", "Quality/WRONG_TYPE")
    min_confidence = 50.0
    time_limit_seconds = 5.0

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """What is wrong with the picture. Raises `Unreadable`."""
        from PIL import ImageStat

        found = []
        looks = context.looks(part, 512)
        media = part.media
        sides = (media.width or looks[0].width, media.height or looks[0].height) if media else looks[0].size
        if min(sides) < SMALLEST_SIDE:
            found.append(Detection(label="Quality/TOO_SMALL", confidence=100))
        # Blank is what shows nothing on any background.
        spread = max(max(ImageStat.Stat(look).stddev) for look in looks)
        if spread <= 4:
            found.append(Detection(label="Quality/BLANK", confidence=100 - spread * 12.5))
        suffix = PurePath(media.name).suffix.lower() if media and media.name else ""
        if media and suffix and _TYPES.get(suffix, media.content_type) != media.content_type:
            found.append(Detection(label="Quality/WRONG_TYPE", confidence=100, attributes={"is": media.content_type}))
        return found
