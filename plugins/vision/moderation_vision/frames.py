"""``vision.frames``: animated pictures as still ones, so that nothing hides behind the first frame.

It sees up to `MOST` frames beside the first; what shows only between those is not looked at. Films are no pictures.
"""

from __future__ import annotations

import io

from moderation.core.items import Extraction, Part, TimeRange, Tool
from moderation.hookspecs import Context
from moderation_vision.pictures import opened

MOST = 6
LONGEST = 1024


class Frames:
    """Up to six frames, evenly spread, the last one among them; the first is what detectors see anyway."""

    name = "vision.frames"
    version = "1.0"
    reads = ("image",)
    makes = ("image",)
    time_limit_seconds = 15.0

    def extract(self, part: Part, context: Context) -> list[Part]:
        """Frames as PNG with the seconds they are shown; none for a still picture. Raises `Unreadable`."""
        with opened(context.read(part)) as picture:
            count = getattr(picture, "n_frames", 1)
            if count < 2:
                return []
            most = min(MOST, count - 1)
            wanted = {1 + round(number * (count - 2) / max(most - 1, 1)) for number in range(most)}
            parts, clock = [], 0.0
            tool = Tool(name=self.name, version=self.version)
            for number in range(count):
                picture.seek(number)
                shown = float(picture.info.get("duration") or 100) / 1000
                if number in wanted:
                    still = picture.convert("RGB")
                    still.thumbnail((LONGEST, LONGEST))
                    out = io.BytesIO()
                    still.save(out, "PNG")
                    when = Extraction(
                        part=part.id, extractor=tool, time_range=TimeRange(start=clock, end=clock + shown)
                    )
                    parts.append(Part(type="image", data=out.getvalue(), extraction=when))
                clock += shown
        return parts
