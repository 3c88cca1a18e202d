"""A clean copy of a picture for a reviewer's browser, made of what detectors look at.

Only a re-encoded copy ever reaches a browser, so that metadata and a second file hidden behind a picture stay behind.
"""

from __future__ import annotations

import io
import math

from ground.media.pictures import WIDEST, Limits, opened_picture
from ground.media.rendering import shown_frames

DISPLAY_SIDE = 1600
"""Longest side of a reviewer's copy, in pixels."""
DISPLAY_PIXELS = 24_000_000
"""Most pixels of a reviewer's copy over all frames: a longer animation is shown smaller, never shorter."""


def display_copy(data: bytes, limits: Limits | None = None) -> tuple[bytes, str]:
    """A picture made anew for a reviewer's browser: upright, at most 1600 px, without metadata.

    Animated pictures stay animated, with every frame and its duration (WebP), smaller when there are many.

    Args:
        data: a picture that was accepted at the door.
        limits: for pictures that come another way; None for the door's limits at their widest.

    Returns:
        The bytes and their media type.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond the limits.
    """
    with opened_picture(data, limits or WIDEST) as (picture, claims):
        share = math.sqrt(DISPLAY_PIXELS / (claims.frames * claims.width * claims.height))
        side = max(min(DISPLAY_SIDE, int(max(claims.width, claims.height) * share)), 1)
        frames = list(shown_frames(picture, claims, data, side))
    stills = [still for still, _, _ in frames]
    out = io.BytesIO()
    if len(stills) > 1:
        durations = [max(round(seconds * 1000), 20) for _, seconds, _ in frames]
        stills[0].save(out, "WEBP", save_all=True, append_images=stills[1:], duration=durations, loop=0, method=0)
        return out.getvalue(), "image/webp"
    if stills[0].mode == "RGBA":
        stills[0].save(out, "PNG")
        return out.getvalue(), "image/png"
    stills[0].save(out, "JPEG", quality=88)
    return out.getvalue(), "image/jpeg"
