"""Stored pictures as people see them: what a browser would show, as RGB.

Everyone who looks at a picture looks at what is made here (detectors, reviewers, those who redact), so that nothing is
judged that nobody sees and nothing is seen that nobody judged.
"""

from __future__ import annotations

from PIL import Image

from ground.media.pictures import WIDEST, Limits, eight_bit, first_frame, opened_picture, turned

VISIBLE = 8
"""Levels of 255: how far black may shine through a picture until it is looked at on black, too."""


def looks(data: bytes, longest: int | None = None, limits: Limits | None = None) -> list[Image.Image]:
    """What a browser shows of a picture, or of the first frame of an animation: RGB, upright.

    Args:
        data: the picture's bytes.
        longest: pixels of the longest side, to which larger pictures are shrunk; None keeps the size.
        limits: for pictures that did not come in at the door; None for the door's limits at their widest.

    Returns:
        One picture; or two, on white and on black, when it is transparent enough for these to differ visibly. What
        cannot be seen on either cannot be seen on any background of one colour.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond the limits.
    """
    with opened_picture(data, limits or WIDEST) as (picture, claims):
        if longest is not None:
            picture.draft(None, (longest, longest))
        still = eight_bit(first_frame(picture, claims))
        if longest is not None:
            still.thumbnail((longest, longest), reducing_gap=2.0)
        return on_backgrounds(turned(still, picture))


def on_backgrounds(still: Image.Image) -> list[Image.Image]:
    """An RGB picture itself; an RGBA one on white, and on black when that differs visibly."""
    if still.mode == "RGB":
        return [still]
    is_clear = any(still.getchannel("A").histogram()[: 255 - VISIBLE])
    colors = ("white", "black") if is_clear else ("white",)
    return [_on(still, color) for color in colors]


def _on(still: Image.Image, color: str) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", still.size, color), still).convert("RGB")
