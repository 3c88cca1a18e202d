"""Pictures opened under limits: what they claim is held against those before a decoder sees a byte.

Pillow is restricted to the format that the claims were read of, and to the bytes that belong to the picture.
"""

from __future__ import annotations

import functools
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile

from ground.errors import MediaRefused
from ground.media.claims import Claims, read_claims
from ground.media.limits import Limits
from ground.media.reading import Damaged

# Pillow's own guard warns late and allows twice that; ours looks at every frame's claim before decoding.
Image.MAX_IMAGE_PIXELS = None
# A truncated picture is damaged, not half good.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Pillow's remarks on odd metadata are no news to anyone. For good, since filters cannot be changed within a thread.
warnings.filterwarnings("ignore", module=r"PIL\.")

# A decoded picture takes hundreds of megabytes at the limits; more than two at a time wait.
_decoders = threading.BoundedSemaphore(2)


@functools.cache
def reads_heic() -> bool:
    """True when the optional decoder of HEIC is installed; it is known to Pillow then."""
    try:
        import pi_heif
    except ImportError:
        return False
    pi_heif.register_heif_opener(thumbnails=False)
    return True


def _check_claims(claims: Claims, limits: Limits) -> None:
    size = f"{claims.width} x {claims.height}"
    pixels = claims.width * claims.height
    if pixels > limits.max_pixels:
        raise MediaRefused("bomb", f"the picture has {size} pixels; at most {limits.max_pixels:,} in all are accepted")
    if claims.frames > limits.max_frames:
        raise MediaRefused("bomb", f"the picture has {claims.frames} frames; at most {limits.max_frames} are accepted")
    if claims.frames > 1 and pixels > limits.max_pixels // 4:
        raise MediaRefused(
            "bomb", f"the frames have {size} pixels; at most {limits.max_pixels // 4:,} are accepted in an animation"
        )
    if claims.frames * pixels > 3 * limits.max_pixels:
        raise MediaRefused(
            "bomb", f"{claims.frames} frames of {size} have more than {3 * limits.max_pixels:,} pixels together"
        )
    if claims.passes > limits.max_passes:
        raise MediaRefused("bomb", f"the picture has {claims.passes} scans; at most {limits.max_passes} are accepted")


@contextmanager
def opened_picture(data: bytes, limits: Limits) -> Iterator[tuple[Image.Image, Claims]]:
    """Pillow over the picture's own bytes, not decoded yet, its claims checked first; at most two at a time.

    Raises:
        MediaRefused: it is beyond the limits, or damaged, as whatever is raised in the block shows.
    """
    try:
        claims = read_claims(data)
    except Damaged as error:
        raise MediaRefused("damaged", f"the picture is damaged: {error}") from error
    _check_claims(claims, limits)
    if claims.format == "HEIF" and not reads_heic():
        raise MediaRefused(
            "unknown_format",
            "a HEIC picture, which is read only where the service has its decoder: install moderation[heic] there, or "
            "send JPEG",
        )
    try:
        with (
            _decoders,
            Image.open(io.BytesIO(data[: claims.end]), formats=(claims.format,)) as picture,
        ):
            yield picture, claims
    except MediaRefused:
        raise
    except Damaged as error:
        raise MediaRefused("damaged", f"the picture is damaged: {error}") from error
    except MemoryError as error:
        raise MediaRefused("bomb", "the picture needs too much memory to decode") from error
    except Exception as error:  # decoders raise many kinds on hostile bytes: OSError, SyntaxError, struct.error, ...
        raise MediaRefused("damaged", f"the picture cannot be decoded ({type(error).__name__})") from error
