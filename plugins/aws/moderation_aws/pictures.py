"""Pictures as people see them, brought within an operation's limits before the call: format, pixels, bytes.

Boxes are ratios of the upright picture, so they hold for the original whatever size was sent.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from moderation.core.items import Box, Part
from moderation.hookspecs import Context, Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

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


def images_of(part: Part, context: Context, limits: PictureLimits, fitting: Fitting) -> list[dict[str, Any]]:
    """The ``Image`` of one Rekognition call, or of two for a picture that is seen in two ways (`Context.looks`).

    ``Bytes``, or ``S3Object`` for what is too large to send. The posted bytes themselves are sent only where every
    reader sees in them what people see.

    Raises:
        Unreadable: the picture cannot be decoded, or cannot be brought within the limits.
    """
    looks = context.looks(part, _longest(part, limits, fitting.megapixels))
    if len(looks) == 1:
        [look] = looks
        data = context.read(part)
        is_small_enough = fitting.megapixels is None or look.width * look.height <= fitting.megapixels * 1e6
        if is_small_enough and _sides_fit(look.size, limits) and _is_plain(data, look):
            if len(data) <= limits.max_bytes:
                return [{"Bytes": data}]
            if len(data) <= limits.max_s3_bytes and _is_own(part, fitting):
                assert part.media is not None
                return [{"S3Object": s3_object(part.media.uri)}]
    return [{"Bytes": _encoded(_resized(look, limits, fitting.megapixels), limits.max_bytes)} for look in looks]


def fitted_bytes(
    part: Part, context: Context, limits: PictureLimits, fitting: Fitting
) -> list[tuple[bytes, Literal["jpeg", "png"]]]:
    """The picture's looks within the limits, each with its format. Raises as `images_of` does."""
    images = images_of(part, context, limits, Fitting(fitting.megapixels))
    return [(image["Bytes"], "png" if image["Bytes"].startswith(b"\x89PNG") else "jpeg") for image in images]


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


def _sides_fit(size: tuple[int, int], limits: PictureLimits) -> bool:
    return min(size) >= limits.min_side and max(size) <= limits.max_side


def _is_plain(data: bytes, look: Image) -> bool:
    """True of a JPEG or PNG in which the simplest of readers sees the same, and no reader is told anything else."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            says_more = {"icc_profile", "exif", "xmp", "XML:com.adobe.xmp", "transparency", "gamma", "chromaticity"}
            is_deep = picture.format == "PNG" and data[24] == 16
            if picture.mode not in ("RGB", "L") or is_deep or says_more & picture.info.keys():
                return False
            if getattr(picture, "n_frames", 1) > 1:
                return False
            return picture.convert("RGB").tobytes() == look.tobytes()
    except Exception:  # decoders raise many kinds on hostile bytes
        return False


def _longest(part: Part, limits: PictureLimits, megapixels: float | None) -> int | None:
    """The longest side that is sent, in pixels, so that no more is decoded; None where the size is not known."""
    if part.media is None or not part.media.width or not part.media.height:
        return None
    width, height = part.media.width, part.media.height
    return math.ceil(max(width, height) * _scale(width, height, limits, megapixels))


def _scale(width: int, height: int, limits: PictureLimits, megapixels: float | None) -> float:
    scale = min(1.0, limits.max_side / max(width, height))
    if megapixels is not None:
        scale = min(scale, math.sqrt(megapixels * 1e6 / (width * height)))
    # Too small a side forbids the call, so it wins over the wish for few pixels.
    return max(scale, limits.min_side / min(width, height))


def _resized(picture: Image, limits: PictureLimits, megapixels: float | None) -> Image:
    """Within the limits of sides and pixels, its shape kept."""
    width, height = picture.size
    scale = _scale(width, height, limits, megapixels)
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
