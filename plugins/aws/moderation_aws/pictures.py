"""Pictures brought within an operation's limits before the call: format, orientation, pixels, bytes.

Boxes are ratios of the upright picture, so they hold for the original whatever size was sent.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation.core.items import Box, Part
from moderation.hookspecs import Context, Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS_READ = 100_000_000
"""Of any picture that is decoded; the service's own limit is lower."""
ORIENTATION = 0x0112
QUALITIES = (92, 85, 75, 60, 45)


@dataclass(frozen=True)
class PictureLimits:
    """What an operation takes. Amazon Rekognition, "Guidelines and quotas"; sides in pixels.

    Attributes:
        max_bytes: of a picture sent with the call.
        max_s3_bytes: of a picture that the service reads from S3.
    """

    max_bytes: int = 5_242_880
    max_s3_bytes: int = 15_728_640
    min_side: int = 80
    max_side: int = 10_000


MODERATION = LABELS = PictureLimits()
FACES = TEXT = PictureLimits(max_side=10_000)
PPE = PictureLimits(max_bytes=4_194_304, min_side=64, max_side=4096)
CUSTOM_LABELS = PictureLimits(max_bytes=4_194_304, min_side=64, max_side=4096)
GUARDRAIL = PictureLimits(max_bytes=4_194_304, max_s3_bytes=0, min_side=1, max_side=8000)


@dataclass(frozen=True)
class Fitting:
    """How pictures are fitted.

    Attributes:
        megapixels: pictures with more are made smaller; None sends them as large as the operation takes. Two are
            AWS's own advice: more brings delay and no accuracy.
        own_media: as `Account.own_media`: what names begin with that the operation may read from S3.
    """

    megapixels: float | None = 2.0
    own_media: str | None = None


def image_of(part: Part, context: Context, limits: PictureLimits, fitting: Fitting) -> dict[str, Any]:
    """The ``Image`` of a Rekognition call: ``Bytes``, or ``S3Object`` for what is too large to send.

    Raises:
        Unreadable: the picture cannot be decoded, or cannot be brought within the limits.
    """
    data = context.read(part)
    with _opened(data) as picture:
        picture_fits = _sides_fit(picture.size, limits) and _is_sendable(picture)
        pixels = picture.width * picture.height
        is_small_enough = fitting.megapixels is None or pixels <= fitting.megapixels * 1e6
        if picture_fits and is_small_enough and len(data) <= limits.max_bytes:
            return {"Bytes": data}
        if picture_fits and is_small_enough and len(data) <= limits.max_s3_bytes and _is_own(part, fitting):
            assert part.media is not None
            return {"S3Object": s3_object(part.media.uri)}
        return {"Bytes": _encoded(_resized(_upright(picture), limits, fitting.megapixels), limits.max_bytes)}


def fitted_bytes(part: Part, context: Context, limits: PictureLimits, fitting: Fitting) -> tuple[bytes, str]:
    """The picture within the limits, and its format: ``jpeg`` or ``png``. Raises as `image_of` does."""
    image = image_of(part, context, limits, Fitting(fitting.megapixels))
    data: bytes = image["Bytes"]
    return data, "png" if data.startswith(b"\x89PNG") else "jpeg"


def s3_object(uri: str) -> dict[str, str]:
    """``s3://bucket/key`` as an ``S3Object``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Name": key}


def box_of(bounding_box: Mapping[str, Any] | None) -> Box | None:
    """A ``BoundingBox`` as our box. Rekognition's may reach over the edges for what is partly outside; ours may not."""
    if bounding_box is None:
        return None
    left, top = _ratio(bounding_box["Left"]), _ratio(bounding_box["Top"])
    right = _ratio(bounding_box["Left"] + bounding_box["Width"])
    bottom = _ratio(bounding_box["Top"] + bounding_box["Height"])
    return Box(left=left, top=top, width=max(right - left, 0.0), height=max(bottom - top, 0.0))


def _is_own(part: Part, fitting: Fitting) -> bool:
    own = fitting.own_media
    return own is not None and part.media is not None and part.media.uri.startswith(own)


def _ratio(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)


class _opened:  # noqa: N801 - used as a function
    """The first frame, decoded in the block. Whatever goes wrong with it there is `Unreadable`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._picture: Image | None = None

    def __enter__(self) -> Image:
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = None  # our own bound below is the stricter one
        try:
            self._picture = Image.open(io.BytesIO(self._data), formats=FORMATS)
            if self._picture.width * self._picture.height > MOST_PIXELS_READ:
                raise Unreadable(f"more than {MOST_PIXELS_READ:,} pixels")
            self._picture.load()
        except Unreadable:
            raise
        except Exception as error:  # decoders raise many kinds on hostile bytes
            raise Unreadable(f"the picture cannot be decoded ({type(error).__name__})") from error
        return self._picture

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if self._picture is not None:
            self._picture.close()
        if error is not None and not isinstance(error, Unreadable):
            raise Unreadable(f"the picture cannot be decoded ({type(error).__name__})") from error


def _sides_fit(size: tuple[int, int], limits: PictureLimits) -> bool:
    return min(size) >= limits.min_side and max(size) <= limits.max_side


def _is_sendable(picture: Image) -> bool:
    """As it is: a JPEG or PNG of one frame, upright, without transparency or a colour space that decoders differ in."""
    return (
        picture.format in ("JPEG", "PNG")
        and getattr(picture, "n_frames", 1) == 1
        and picture.mode in ("RGB", "L")
        and "transparency" not in picture.info
        and picture.getexif().get(ORIENTATION, 1) in (0, 1)
    )


def _upright(picture: Image) -> Image:
    """As people see it: turned as EXIF says, on white where it is transparent, RGB."""
    from PIL import Image, ImageOps

    turned = ImageOps.exif_transpose(picture)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        clear = turned.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("RGB")
    return turned.convert("RGB")


def _resized(picture: Image, limits: PictureLimits, megapixels: float | None) -> Image:
    """Within the limits of sides and pixels, its shape kept."""
    width, height = picture.size
    scale = min(1.0, limits.max_side / max(width, height))
    if megapixels is not None:
        scale = min(scale, math.sqrt(megapixels * 1e6 / (width * height)))
    # Too small a side forbids the call, so it wins over the wish for few pixels.
    scale = max(scale, limits.min_side / min(width, height))
    size = tuple(max(round(side * scale), limits.min_side) for side in (width, height))
    if max(size) > limits.max_side:
        raise Unreadable(
            f"{width} x {height} pixels: too long and thin for sides of {limits.min_side} to {limits.max_side}"
        )
    return picture if size == picture.size else picture.resize((size[0], size[1]))


def _encoded(picture: Image, max_bytes: int) -> bytes:
    """As JPEG, as good as the bytes allow."""
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() <= max_bytes:
            return out.getvalue()
    raise Unreadable(f"more than {max_bytes:,} bytes at the lowest quality")
