"""Opening a picture under limits: four formats, a bound on pixels, decoded in full, upright."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moderation.hookspecs import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_PIXELS = 100_000_000


@contextmanager
def opened(data: bytes) -> Iterator[Image]:
    """A picture, not decoded yet.

    Raises:
        Unreadable: whatever goes wrong with it, here or in the block.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own bound below is the stricter one
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Unreadable(f"more than {MAX_PIXELS:,} pixels")
            yield picture
    except Unreadable:
        raise
    except Exception as error:  # decoders raise many kinds on hostile bytes
        raise Unreadable(f"the picture cannot be decoded ({type(error).__name__})") from error


def upright(data: bytes, longest: int) -> Image:
    """The first frame as RGB, turned as EXIF says, at most `longest` pixels on a side.

    Raises:
        Unreadable: it cannot be decoded.
    """
    from PIL import ImageOps

    with opened(data) as picture:
        picture.load()
        still = ImageOps.exif_transpose(picture).convert("RGB")
        still.thumbnail((longest, longest))
        return still
