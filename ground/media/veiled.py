"""A veiled copy of a picture: small, grey, still and blurred, so that a list shows that there is one, and not what."""

from __future__ import annotations

import io

from PIL import ImageFilter

from ground.media.limits import WIDEST, Limits
from ground.media.pictures import opened_picture
from ground.media.rendering import on_backgrounds, shown_frames

SIDE = 160
"""Longest side of the copy, in pixels."""
SEEN = 16
"""Longest side, in pixels, of what is left of the picture before it is made larger again: no more can be made out."""


def veiled_copy(data: bytes, limits: Limits | None = None) -> bytes:
    """A veiled copy of the first frame, as JPEG.

    Args:
        data: a picture that was accepted at the door.
        limits: for pictures that come another way; None for the door's limits at their widest.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond the limits.
    """
    with opened_picture(data, limits or WIDEST) as (picture, claims):
        still, _seconds, _is_shown = next(iter(shown_frames(picture, claims, data, SIDE)))
        small = on_backgrounds(still)[0].convert("L")
        small.thumbnail((SEEN, SEEN))
        scale = SIDE / max(small.size)
        copy = small.resize((max(round(small.width * scale), 1), max(round(small.height * scale), 1)))
        copy = copy.filter(ImageFilter.GaussianBlur(SIDE / SEEN / 2))
        out = io.BytesIO()
        copy.save(out, "JPEG", quality=60)
        return out.getvalue()
