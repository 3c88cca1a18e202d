"""The picture that a request is about: its bytes, or an object of a bucket; within Rekognition's formats and limits.

https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ground.media.limits import Limits
from ground.media.rendering import read_size
from ground.media.sniffing import sniff
from moderation.aws.rekognition.faults import fault
from moderation.core.errors import InputError, MediaRefused, NotFound
from moderation.core.items import Box, Part
from moderation.media.inspecting import MediaFacts, media_at
from moderation.service import Service

FORMATS = ("image/jpeg", "image/png")
NO_OBJECT = "Unable to get object metadata from S3. Check object key, region and/or access permissions."


@dataclass(frozen=True)
class Bounds:
    """What an operation takes.

    Attributes:
        most_bytes: of a picture in the request itself.
        least_side: pixels.
        longest_side: pixels.
    """

    most_bytes: int = 5_242_880
    least_side: int = 80
    longest_side: int = 10_000


MOST_STORED_BYTES = 15_728_640
"""Of a picture in a bucket."""
GENERAL, MODERATION, EQUIPMENT = Bounds(), Bounds(least_side=50), Bounds(least_side=64, longest_side=4_096)


@dataclass(frozen=True)
class Picture:
    """A picture within its bounds.

    Attributes:
        part: it, with its bytes; nothing of it is stored.
        data: its bytes.
        sha256: their hex digest.
        content_type: by the bytes.
        s3_object: where it lies, as the request named it; None for bytes.
    """

    part: Part
    data: bytes
    sha256: str
    content_type: str
    s3_object: Mapping[str, Any] | None


def read_picture(service: Service, app: str | None, image: Mapping[str, Any], bounds: Bounds = GENERAL) -> Picture:
    """The picture of a request.

    Args:
        app: whose buckets may be read; None for all of this installation's.

    Raises:
        ApiError: there is none, it is not this app's, or it is out of bounds.
    """
    given = {name: value for name, value in image.items() if value is not None and name in ("Bytes", "S3Object")}
    if len(given) != 1:
        raise fault("InvalidParameterException", "Request has invalid parameters: Image is either Bytes or S3Object")
    s3_object = given.get("S3Object")
    data = _decoded(given["Bytes"], bounds) if s3_object is None else _stored(service, app, s3_object)
    facts = _facts(data, service, bounds)
    digest = hashlib.sha256(data).hexdigest()
    part = Part(id="p0", type="image", media=media_at(f"request:{digest}", data, facts), data=data)
    return Picture(part, data, digest, facts.content_type, s3_object)


def bounding_box(box: Box | None) -> dict[str, float]:
    """A place as Rekognition writes it; without one, the whole picture."""
    if box is None:
        return {"Width": 1.0, "Height": 1.0, "Left": 0.0, "Top": 0.0}
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def _decoded(text: Any, bounds: Bounds) -> bytes:
    if not isinstance(text, str):
        raise fault("InvalidParameterException", "Request has invalid parameters: Image.Bytes is base64")
    if len(text) > bounds.most_bytes * 4 // 3 + 4:
        raise _too_large(bounds.most_bytes)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise fault("InvalidParameterException", "Request has invalid parameters: Image.Bytes is no base64") from error
    if len(data) > bounds.most_bytes:
        raise _too_large(bounds.most_bytes)
    return data


def _stored(service: Service, app: str | None, s3_object: Mapping[str, Any]) -> bytes:
    bucket, key, version = s3_object.get("Bucket"), s3_object.get("Name"), s3_object.get("Version")
    if not bucket or not key:
        raise fault("InvalidParameterException", "Request has invalid parameters: S3Object needs Bucket and Name")
    try:
        if service.buckets.may_read(app, bucket):
            if version is not None:
                raise fault("InvalidS3ObjectException", "Own buckets keep no versions; leave Version out")
            return service.buckets.read(bucket, key, MOST_STORED_BYTES)
        uri = f"s3://{bucket}/{key}"
        return service.in_place.check(app or "", uri).read(uri, MOST_STORED_BYTES, version=version).data
    except (NotFound, InputError) as error:
        raise fault("InvalidS3ObjectException", NO_OBJECT) from error
    except MediaRefused as error:
        raise _too_large(MOST_STORED_BYTES) from error


def _facts(data: bytes, service: Service, bounds: Bounds) -> MediaFacts:
    """What the picture says that it is. Detectors decode it, and say so when they cannot."""
    content_type = sniff(data)
    if content_type not in FORMATS:
        message = f"Request has invalid image format: {content_type or 'none that is known'}; JPEG and PNG are taken"
        raise fault("InvalidImageFormatException", message)
    try:
        found = read_size(data, Limits.of(service.settings))
    except MediaRefused as error:
        if error.kind in ("too_large", "bomb"):
            raise fault("ImageTooLargeException", f"Image size is too large: {error}") from error
        raise fault("InvalidImageFormatException", f"Request has invalid image format: {error}") from error
    sides = (found.width, found.height)
    shown = f"{sides[0]} x {sides[1]} pixels"
    if max(sides) > bounds.longest_side:
        message = f"Image size is too large: {shown}, of which at most {bounds.longest_side} on a side are taken"
        raise fault("ImageTooLargeException", message)
    if min(sides) < bounds.least_side:
        message = f"Request has invalid parameters: {shown}, of which at least {bounds.least_side} a side are needed"
        raise fault("InvalidParameterException", message)
    return MediaFacts("image", content_type, *sides, found.frames, is_deceptive=found.is_deceptive)


def _too_large(most: int) -> Exception:
    return fault("ImageTooLargeException", f"Image size is too large: more than {most:,} bytes")
