"""Pictures decoded under limits; a clean copy for a reviewer's browser.

A picture is accepted when what it claims keeps the limits and Pillow, restricted to its format and to the bytes that
belong to it, then decodes every frame. Only a re-encoded copy ever reaches a browser, so that metadata and a second
file hidden behind a picture stay behind.
"""

from __future__ import annotations

import functools
import io
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageFile

from ground.errors import MediaRefused
from ground.media.claims import Claims, orientation, read_claims
from ground.media.reading import Damaged
from ground.settings import GroundSettings

DISPLAY_SIDE = 1600
"""Longest side of a reviewer's copy, in pixels."""
DISPLAY_PIXELS = 24_000_000
"""Most pixels of a reviewer's copy over all frames: a longer animation is shown smaller, never shorter."""

# Pillow's own guard warns late and allows twice that; ours looks at every frame's claim before decoding.
Image.MAX_IMAGE_PIXELS = None
# A truncated picture is damaged, not half good.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Pillow's remarks on odd metadata are no news to anyone. For good, since filters cannot be changed within a thread.
warnings.filterwarnings("ignore", module=r"PIL\.")

# A decoded picture takes hundreds of megabytes at the limits; more than two at a time wait.
_decoders = threading.BoundedSemaphore(2)

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Limits:
    """What a single media object may cost.

    Attributes:
        max_media_bytes: bytes.
        max_pixels: width times height. A frame of an animated picture may have a quarter of it (decoders keep several
            at once), all its frames together three times as many.
        max_frames: frames of an animated picture.
        max_text_chars: code points of a text file.
        max_passes: scans of a progressive JPEG; encoders make about ten, each goes over all pixels once more.
    """

    max_media_bytes: int = 15_728_640
    max_pixels: int = 40_000_000
    max_frames: int = 300
    max_text_chars: int = 200_000
    max_passes: int = 100

    @classmethod
    def of(cls, settings: GroundSettings) -> Limits:
        """The limits in force."""
        return cls(
            max_media_bytes=settings.max_media_bytes,
            max_pixels=settings.max_pixels,
            max_frames=settings.max_frames,
            max_text_chars=settings.max_text_chars,
        )


WIDEST = Limits(max_pixels=200_000_000, max_frames=2000)
"""For what was accepted at a door whose limits may have been wider than they are now."""


def measure(data: bytes, limits: Limits) -> tuple[int, int, int]:
    """Width and height after EXIF orientation, and the number of frames, of a picture of which every frame decodes.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond `limits`.
    """
    with opened_picture(data, limits) as (picture, claims):
        for _ in _frames(picture, claims):
            pass
        width, height = claims.width, claims.height
        if claims.format in ("AVIF", "HEIF"):  # claimed is what decoding needs; shown may be less
            width, height = picture.size
        if _orientation(picture) >= 5:
            width, height = height, width
    return width, height, claims.frames


def display_copy(data: bytes, limits: Limits | None = None) -> tuple[bytes, str]:
    """A picture made anew for a reviewer's browser: upright, at most 1600 px, without metadata.

    Animated pictures stay animated, with every frame and its duration (WebP), smaller when there are many.

    Args:
        data: a picture that was accepted at the door.
        limits: for pictures that come another way; None for the door's limits at their widest.

    Returns:
        The bytes and their media type.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond `limits`.
    """
    frames, durations = [], []
    with opened_picture(data, limits or WIDEST) as (picture, claims):
        share = math.sqrt(DISPLAY_PIXELS / (claims.frames * claims.width * claims.height))
        side = max(min(DISPLAY_SIDE, int(max(claims.width, claims.height) * share)), 1)
        turn = _UPRIGHT.get(_orientation(picture))
        for frame in _frames(picture, claims):
            still = eight_bit(frame)
            if still is frame:
                still = frame.copy() if claims.frames > 1 else frame
            still.thumbnail((side, side))
            frames.append(still.transpose(turn) if turn is not None else still)
            durations.append(max(int(frame.info.get("duration") or 100), 20))
    out = io.BytesIO()
    if len(frames) > 1:
        frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=durations, loop=0, method=0)
        return out.getvalue(), "image/webp"
    if frames[0].mode == "RGBA":
        frames[0].save(out, "PNG")
        return out.getvalue(), "image/png"
    frames[0].save(out, "JPEG", quality=88)
    return out.getvalue(), "image/jpeg"


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


def _frames(picture: Image.Image, claims: Claims) -> Iterator[Image.Image]:
    """Each frame that the file was read to have, decoded in full; one that is not there is an error."""
    for number in range(claims.frames):
        if number:
            picture.seek(number)
        if picture.width * picture.height > claims.width * claims.height:
            raise ValueError("larger than it claims")
        picture.load()
        yield picture


@contextmanager
def opened_picture(data: bytes, limits: Limits) -> Iterator[tuple[Image.Image, Claims]]:
    """Pillow over the picture's own bytes, its claims checked first; whatever else is raised means: damaged."""
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
    except MemoryError as error:
        raise MediaRefused("bomb", "the picture needs too much memory to decode") from error
    except Exception as error:  # decoders raise many kinds on hostile bytes: OSError, SyntaxError, struct.error, ...
        raise MediaRefused("damaged", f"the picture cannot be decoded ({type(error).__name__})") from error


def first_frame(picture: Image.Image, claims: Claims) -> Image.Image:
    """The first frame, decoded in full, of a picture from `opened_picture`."""
    return next(_frames(picture, claims))


def turned(still: Image.Image, picture: Image.Image) -> Image.Image:
    """A frame of `picture` upright, as its EXIF orientation says."""
    turn = _UPRIGHT.get(_orientation(picture))
    return still.transpose(turn) if turn is not None else still


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1-8, of a decoded picture (PNG may carry it behind its pixels)."""
    exif = picture.info.get("exif")
    return orientation(exif) if isinstance(exif, bytes) else 1


def eight_bit(picture: Image.Image) -> Image.Image:
    """The picture as RGB or RGBA; itself when it is that already."""
    if picture.mode in ("RGB", "RGBA"):
        return picture
    if picture.mode.startswith("I"):  # 16 bits of grey: converting cuts off at 255, which leaves white
        picture = picture.point(lambda value: value * (1 / 257)).convert("L")
    has_alpha = picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")
