"""A clean copy of a picture for a reviewer's browser, made of what detectors look at.

Only a re-encoded copy ever reaches a browser, so that metadata and a second file hidden behind a picture stay behind.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from ground.media.limits import WIDEST, Limits
from ground.media.pictures import opened_picture
from ground.media.rendering import on_backgrounds, shown_frames

DISPLAY_SIDE = 1600
"""Longest side of a reviewer's copy, in pixels."""
DISPLAY_PIXELS = 24_000_000
"""Most pixels of a reviewer's copy over all frames: a longer animation is shown smaller, never shorter."""
BACKGROUND_MS = 2000
"""How long a transparent picture is shown on white, and then on black, in turn."""
_SHORTEST_MS = 20

Cover = tuple[float, float, float, float]
"""Left, top, width and height of a place, as ratios of the picture."""


def display_copy(data: bytes, limits: Limits | None = None, covers: Sequence[Cover] = ()) -> tuple[bytes, str]:
    """A picture made anew for a reviewer's browser: upright, at most 1600 px, in sRGB, without metadata.

    What is seen in two ways (`ground.media.rendering.looks`) is shown in both, in turn, so that nothing on it hides in
    the colour of a page. Animated pictures stay animated, with every frame and its duration, smaller when there are
    many, and are shown whole on white before they are shown on black.

    Args:
        data: a picture that was accepted at the door.
        limits: for pictures that come another way; None for the door's limits at their widest.
        covers: places to paint over. An animation is shown by its first frame then: they say nothing of the others.

    Returns:
        The bytes and their media type: JPEG, or WebP for what moves.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond the limits.
    """
    looks: list[Sequence[Image.Image]] = []
    durations: list[int] = []
    with opened_picture(data, limits or WIDEST) as (picture, claims):
        share = math.sqrt(DISPLAY_PIXELS / (claims.frames * claims.width * claims.height))
        side = max(min(DISPLAY_SIDE, int(max(claims.width, claims.height) * share)), 1)
        for still, seconds, is_shown in shown_frames(picture, claims, data, side):
            looks.append([_covered(look, covers) for look in on_backgrounds(still)])
            durations.append(max(round(seconds * 1000), _SHORTEST_MS) if is_shown else BACKGROUND_MS)
            if covers:
                break
    if len(looks) == 1:
        durations = [BACKGROUND_MS]
    shown = [each[0] for each in looks]
    if any(len(each) > 1 for each in looks):
        shown += [each[-1] for each in looks]
        durations *= 2
    out = io.BytesIO()
    if len(shown) == 1:
        shown[0].save(out, "JPEG", quality=88, subsampling=0)  # letters may differ in nothing but their hue
        return out.getvalue(), "image/jpeg"
    # Two pictures are kept whole; with more, what is lost costs less than the bytes.
    how = {"lossless": True, "quality": 0} if len(looks) == 1 else {"quality": 88}
    others = {"append_images": shown[1:], "duration": durations}
    shown[0].save(out, "WEBP", save_all=True, loop=0, method=0, **how, **others)
    return out.getvalue(), "image/webp"


def _covered(look: Image.Image, covers: Sequence[Cover]) -> Image.Image:
    copy = look.copy()  # the frame that it was made of holds only until the next one
    draw = ImageDraw.Draw(copy)
    for left, top, across, down in covers:
        x, y = left * copy.width, top * copy.height
        draw.rectangle((x - 1, y - 1, x + across * copy.width + 1, y + down * copy.height + 1), fill="black")
    return copy
