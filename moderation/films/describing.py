"""What a film is, as Rekognition's VideoMetadata says it: by its container; nothing is decoded.

Sources: ISO/IEC 14496-12 (MP4 and MOV: tkhd, mdhd, stsd, stsz), ISO/IEC 14496-15 and the registry of
codecs at mp4ra.org.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ground.media.boxes import Boxes, IsoBox
from ground.media.reading import Damaged
from moderation.core.items import Media

FORMATS: Mapping[str, str] = {
    "video/mp4": "QuickTime / MOV",
    "video/quicktime": "QuickTime / MOV",
    "video/webm": "Matroska / WebM",
    "video/x-matroska": "Matroska / WebM",
    "video/mp2t": "MPEG-TS (MPEG-2 Transport Stream)",
}
"""As Rekognition names them, which is as FFmpeg does."""
_CODECS = {
    b"avc1": "h264",
    b"avc3": "h264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"av01": "av1",
    b"vp09": "vp9",
    b"mp4v": "mpeg4",
}


def describe(media: Media, data: bytes) -> dict[str, Any]:
    """``VideoMetadata``; codec, size and rate, of MP4 and MOV alone, are those of the first track of pictures."""
    about: dict[str, Any] = {"DurationMillis": round((media.seconds or 0) * 1000)}
    if media.content_type in FORMATS:
        about["Format"] = FORMATS[media.content_type]
    if about.get("Format") == "QuickTime / MOV":
        about |= _of_track(data)
    return about


def _of_track(data: bytes) -> dict[str, Any]:
    boxes = Boxes(data)
    try:
        movie = next(box for box in boxes.top() if box.kind == b"moov")
        for track in boxes.inside(movie):
            handler = boxes.first(track, b"mdia", b"hdlr") if track.kind == b"trak" else None
            if handler is not None and data[handler.start + 8 : handler.start + 12] == b"vide":
                return _described(boxes, track)
    except (Damaged, StopIteration, ZeroDivisionError):
        pass  # what the container does not say is left out; whether it is a film was looked at before
    return {}


def _described(boxes: Boxes, track: IsoBox) -> dict[str, Any]:
    about: dict[str, Any] = {}
    head, times = boxes.first(track, b"tkhd"), boxes.first(track, b"mdia", b"mdhd")
    table = boxes.first(track, b"mdia", b"minf", b"stbl")
    if head is not None and head.end - head.start >= 8:
        # Its last two numbers are width and height as shown, in 1/65536 of a pixel.
        sides = [boxes.number(head, head.end - head.start - at, 4) >> 16 for at in (8, 4)]
        about |= {"FrameWidth": sides[0], "FrameHeight": sides[1]}
    if table is None:
        return about
    kinds, sizes = boxes.first(table, b"stsd"), boxes.first(table, b"stsz")
    if kinds is not None:
        codec = _CODECS.get(boxes.data[kinds.start + 12 : kinds.start + 16])
        about |= {} if codec is None else {"Codec": codec}
    if times is not None and sizes is not None:
        at, wide = (20, 8) if boxes.number(times, 0, 1) == 1 else (12, 4)
        scale, length = boxes.number(times, at, 4), boxes.number(times, at + 4, wide)
        rate = boxes.number(sizes, 8, 4) * scale / length
        if math.isfinite(rate) and rate > 0:
            about["FrameRate"] = round(rate, 3)
    return about
