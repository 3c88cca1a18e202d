"""``vision.exif``: what a picture's metadata gives away. The values themselves are not copied into detections.

It sees positions, serial numbers and the camera owner's name in EXIF, positions and serial numbers at the beginning of
XMP. It looks at no other fields (Artist, Copyright, IPTC, makers' notes, comments), and not at the pixels.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context, Unreadable
from moderation_vision.cards import METADATA

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")

# Tags of EXIF 2.32 (CIPA DC-008).
_GPS_IFD, _EXIF_IFD = 0x8825, 0x8769
_LATITUDE, _LONGITUDE = 2, 4
_SERIALS = {0xA431: "BodySerialNumber", 0xA435: "LensSerialNumber", 0xC62F: "CameraSerialNumber"}
_OWNER = {0xA430: "CameraOwnerName"}

_XMP_GPS = re.compile(rb"exif:GPSLatitude\s*[=>]", re.IGNORECASE)
_XMP_SERIAL = re.compile(rb"aux:SerialNumber\s*[=>]", re.IGNORECASE)
_XMP_MOST = 262_144


class Metadata:
    """Positions, serial numbers and owner names in EXIF and XMP.

    Confidence is 99 for a well-formed entry: it is stated, not guessed; 70 for a position of exactly 0, 0, which
    broken devices write.
    """

    name = "vision.exif"
    version = "1.1"
    card = METADATA
    reads = ("image",)
    labels = ("PII/GPS_POSITION", "PII/DEVICE_SERIAL", "PII/NAME")
    min_confidence = 50.0
    time_limit_seconds = 5.0

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """One detection for each kind of thing given away. Raises `Unreadable`."""
        found: dict[str, tuple[float, str]] = {}
        with opened(context.read(part)) as picture:
            exif = picture.getexif()
            xmp = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
            position = exif.get_ifd(_GPS_IFD)
            inner = {**exif.get_ifd(_EXIF_IFD), **dict(exif)}
        if position.get(_LATITUDE) and position.get(_LONGITUDE):
            zero = not any(float(value) for tag in (_LATITUDE, _LONGITUDE) for value in position[tag])
            found["PII/GPS_POSITION"] = (70.0 if zero else 99.0, "EXIF GPSLatitude")
        for tags, label in ((_SERIALS, "PII/DEVICE_SERIAL"), (_OWNER, "PII/NAME")):
            for tag, name in tags.items():
                if str(inner.get(tag, "")).strip("\x00 0"):
                    found.setdefault(label, (99.0, f"EXIF {name}"))
        packet = (xmp.encode() if isinstance(xmp, str) else bytes(xmp))[:_XMP_MOST]
        if _XMP_GPS.search(packet):
            found.setdefault("PII/GPS_POSITION", (99.0, "XMP GPSLatitude"))
        if _XMP_SERIAL.search(packet):
            found.setdefault("PII/DEVICE_SERIAL", (99.0, "XMP SerialNumber"))
        return [
            Detection(label=label, confidence=confidence, attributes={"source": source})
            for label, (confidence, source) in sorted(found.items())
        ]


@contextmanager
def opened(data: bytes) -> Iterator[Image]:
    """A picture, not decoded: metadata are no pixels. Whatever goes wrong, here or in the block, is `Unreadable`."""
    from PIL import Image

    if data[4:8] == b"ftyp":
        _learn_heic()
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            yield picture
    except Exception as error:  # decoders raise many kinds on hostile bytes
        raise Unreadable(f"the picture cannot be opened ({type(error).__name__})") from error


def _learn_heic() -> None:
    """Let Pillow know the optional decoder of HEIC, where it is installed."""
    try:
        import pi_heif
    except ImportError:
        return
    pi_heif.register_heif_opener(thumbnails=False)
