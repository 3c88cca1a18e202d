"""Pictures in whatever colours their files state, as sRGB.

Profiles come with hostile pictures, so what cannot be read, or is of another kind than the picture, is passed over, as
browsers do. Transforms are kept, because the same few profiles come with most photographs.
"""

from __future__ import annotations

import functools
import io
import itertools
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageCms

from ground.media.icc import Profile

_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
"""As the profile says, without making black of what is nearly black."""
_AS_STATED = ImageCms.Flags.NOWHITEONWHITEFIXUP | ImageCms.Flags.HIGHRESPRECALC
"""Profiles may make white something else, and browsers follow them."""
_EVEN = 16
"""Levels by which the mean of two colours may shift until shrinking a picture first is no longer the same."""


class Conversion:
    """From a profile's colours to sRGB.

    Args:
        profile: of the pictures' colours.
        mode: of the pictures: ``L``, ``RGB`` or ``CMYK``.

    Raises:
        ImageCms.PyCMSError: the profile cannot be used for that.
    """

    def __init__(self, profile: Profile, mode: str) -> None:
        if profile.space != mode and (profile.space, mode) != ("RGB", "L"):
            raise ImageCms.PyCMSError("a profile of another kind")
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile.data))
        srgb = ImageCms.createProfile("sRGB")
        self._space = profile.space
        self._transform = ImageCms.buildTransform(source, srgb, profile.space, "RGB", _INTENT, _AS_STATED)
        self.is_needed = self._shifts() > 1
        self.is_even = not self.is_needed or self._bends() <= _EVEN

    def apply(self, picture: Image.Image) -> Image.Image:
        """A picture of the mode as sRGB, in RGB."""
        if not self.is_needed:
            return picture.convert("RGB")
        own = picture if picture.mode == self._space else picture.convert(self._space)
        converted = ImageCms.applyTransform(own, self._transform)
        assert converted is not None
        return converted

    def _shifts(self) -> int:
        """The most that a channel of any of a grid of colours changes."""
        if self._space != "RGB":
            return 255
        before = _strip(list(itertools.product(range(0, 256, 17), repeat=3)))
        after = ImageCms.applyTransform(before, self._transform)
        assert after is not None
        return highest(ImageChops.difference(before, after))

    def _bends(self) -> int:
        """How far the mean of two colours lies from what the mean of them is converted to, at most."""
        if self._space == "CMYK":
            return 255
        if self._space == "L":
            colors: list[tuple[int, ...]] = [(value,) for value in range(0, 256, 17)]
        else:
            colors = [(v, v, v) for v in range(0, 256, 17)] + list(itertools.product((0, 128, 255), repeat=3))
        pairs = list(itertools.combinations(colors, 2))
        one, other = (self.apply(_strip([pair[side] for pair in pairs])) for side in (0, 1))
        middle = self.apply(_strip([tuple((a + b) // 2 for a, b in zip(*pair, strict=True)) for pair in pairs]))
        return highest(ImageChops.difference(middle, Image.blend(one, other, 0.5)))


@functools.lru_cache(maxsize=16)
def conversion(profile: Profile, mode: str) -> Conversion | None:
    """For pictures of a mode; None when the profile cannot be used for them."""
    try:
        return Conversion(profile, mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _strip(colors: Sequence[tuple[int, ...]]) -> Image.Image:
    strip = Image.new("L" if len(colors[0]) == 1 else "RGB", (len(colors), 1))
    strip.putdata([color[0] for color in colors] if strip.mode == "L" else list(colors))
    return strip


def highest(picture: Image.Image) -> int:
    """The highest level in any channel."""
    return max(at for channel in picture.split() for at, count in enumerate(channel.histogram()) if count)
