"""What a picture file says of itself, read without decoding it: format, size, frames, where it ends.

Decoders allocate by what a file claims, and some claims hide: a GIF's second frame may lie far outside its canvas, a
JPEG may carry a second picture or a thousand refinement passes. So the claims are read first, all of them, in one
bounded walk over the file's blocks, and compared with limits before a decoder sees a byte. AVIF and HEIC, which are
files of boxes, are read in `stills`.

Sources: ITU T.81 (JPEG), PNG third edition, GIF89a, the WebP container specification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ground.media.reading import MAX_BLOCKS, Damaged, big, little
from ground.media.stills import read_still, still_format

PictureFormat = Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"]
"""As Pillow names them."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Inside compressed data a 0xFF is followed by 0 or a restart marker; anything else begins the next segment.
_JPEG_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_NEXT_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
"""To search for behind a scan. It begins with one byte that is known, which is found 30 times faster."""
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Claims:
    """What a picture file claims. Sizes in pixels, before EXIF orientation.

    Attributes:
        format: by the signature.
        width: of the canvas; for a GIF, of what canvas and all frames need together.
        height: likewise.
        frames: 1 for a still picture; counted, not believed.
        passes: how many times a decoder goes over the pixels: scans of a progressive JPEG, else 1.
        end: offset at which the picture ends; what follows belongs to something else.
    """

    format: PictureFormat
    width: int
    height: int
    frames: int
    passes: int
    end: int


def picture_format(head: bytes) -> PictureFormat | None:
    """The format by the first 64 bytes (12 are enough for all but AVIF and HEIC), or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(_PNG_SIGNATURE):
        return "PNG"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return still_format(head)


def read_claims(data: bytes) -> Claims:
    """Walk over the blocks of a picture file. Pure; reads each byte at most once or twice.

    Raises:
        Damaged: it is none of these, is cut off, or its blocks do not fit together.
    """
    readers = {"JPEG": _read_jpeg, "PNG": _read_png, "GIF": _read_gif, "WEBP": _read_webp}
    kind = picture_format(data[:64])
    if kind is None:
        raise Damaged("no picture in a format that is read")
    try:
        if kind in readers:
            claims = readers[kind](data)
        else:
            claims = Claims(kind, *read_still(data), frames=1, passes=1, end=len(data))
    except IndexError as error:
        raise Damaged("cut off") from error
    if claims.width == 0 or claims.height == 0:
        raise Damaged("no pixels")
    return claims


def orientation(exif: bytes) -> int:
    """The EXIF orientation, 1-8 (tag 0x0112 of the first directory); 1 where there is none that can be read.

    Args:
        exif: from its TIFF header on.

    Written anew because libraries that read all of EXIF fail on a broken entry that has nothing to do with it.
    """
    tiff = exif[:65_536]
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"

    def number(at: int, length: int) -> int:
        return int.from_bytes(tiff[at : at + length], order)

    if tiff[:2] not in (b"II", b"MM") or number(2, 2) != 42:
        return 1
    directory = number(4, 4)
    for entry in range(min(number(directory, 2), 1000)):
        at = directory + 2 + 12 * entry
        if number(at, 2) == 0x0112:
            value = number(at + 8, 2)
            is_one_short = number(at + 2, 2) == 3 and number(at + 4, 4) == 1
            return value if is_one_short and 1 <= value <= 8 else 1
    return 1


def _read_jpeg(data: bytes) -> Claims:
    at, size, scans = 2, None, 0
    for _ in range(MAX_BLOCKS):
        found = _NEXT_JPEG_MARKER.search(data, at) if scans else _JPEG_MARKER.match(data, at)
        if found is None:
            raise Damaged("cut off" if at >= len(data) or scans else "no segment where one should be")
        marker, at = found.group(1)[0], found.end()
        if marker == 0xD9:
            if size is None or not scans:
                raise Damaged("no picture before its end")
            return Claims("JPEG", *size, frames=1, passes=scans, end=at)
        if marker == 0x01 or marker == 0xD8:
            continue
        length = big(data, at, 2)
        if length < 2 or at + length > len(data):
            raise Damaged("cut off")
        if marker in _JPEG_SIZES:
            if size is not None:
                raise Damaged("two sizes")
            size = big(data, at + 5, 2), big(data, at + 3, 2)
        elif marker == 0xDA:
            scans += 1
        at += length
    raise Damaged("too many segments")


def _read_png(data: bytes) -> Claims:
    at, size, frames = len(_PNG_SIGNATURE), (0, 0), 0
    has_data = is_animated_from_start = False
    once: set[bytes] = set()
    for number in range(MAX_BLOCKS):
        length, kind = big(data, at, 4), data[at + 4 : at + 8]
        if at + 12 + length > len(data):
            raise Damaged("cut off")
        if number == 0:
            if kind != b"IHDR" or length != 13:
                raise Damaged("no header")
            size = big(data, at + 8, 4), big(data, at + 12, 4)
        elif kind == b"IHDR":
            raise Damaged("two sizes")
        elif kind in (b"PLTE", b"tRNS"):
            # Readers differ in which of two they take, and in whether they take a late one.
            if has_data or kind in once or (kind == b"PLTE" and b"tRNS" in once):
                raise Damaged(f"a chunk {kind.decode()} where none may be")
            once.add(kind)
        elif kind == b"acTL" and not has_data:
            frames = big(data, at + 8, 4)  # decoders believe it, so it is what counts
        elif kind == b"fcTL" and not has_data:
            is_animated_from_start = True
        elif kind == b"IDAT":
            has_data = True
        at += 12 + length
        if kind == b"IEND":
            if frames and not is_animated_from_start:
                frames += 1  # the still picture that stands before the animation
            return Claims("PNG", *size, frames=max(frames, 1), passes=1, end=at)
    raise Damaged("too many chunks")


def _read_gif(data: bytes) -> Claims:
    width, height = little(data, 6, 2), little(data, 8, 2)
    flags, at, frames = data[10], 13, 0
    at += 3 << (flags & 7) + 1 if flags & 0x80 else 0
    blocks = 0
    while blocks < MAX_BLOCKS:
        # Some old encoders leave out the trailer; between blocks, nothing is missing without it.
        kind = 0x3B if frames and at == len(data) else data[at]
        if kind == 0x3B:
            if not frames:
                raise Damaged("no frame")
            return Claims("GIF", width, height, frames=frames, passes=1, end=min(at + 1, len(data)))
        if kind == 0x2C:
            frames += 1
            width = max(width, little(data, at + 1, 2) + little(data, at + 5, 2))
            height = max(height, little(data, at + 3, 2) + little(data, at + 7, 2))
            flags = data[at + 9]
            at += 10 + (3 << (flags & 7) + 1 if flags & 0x80 else 0) + 1
        elif kind == 0x21:
            at += 2
        else:
            raise Damaged("no block where one should be")
        while size := data[at]:
            at += 1 + size
            blocks += 1
        at += 1
        blocks += 1
    raise Damaged("too many blocks")


def _read_webp(data: bytes) -> Claims:
    end = 8 + little(data, 4, 4)
    if end > len(data):
        raise Damaged("cut off")
    at, width, height, frames = 12, 0, 0, 0
    for _ in range(MAX_BLOCKS):
        if at + 8 > end:
            return Claims("WEBP", width, height, frames=max(frames, 1), passes=1, end=end)
        kind, length = data[at : at + 4], little(data, at + 4, 4)
        body = at + 8
        if body + length > end:
            raise Damaged("cut off")
        across = down = 0
        if kind == b"VP8X":
            across, down = little(data, body + 4, 3) + 1, little(data, body + 7, 3) + 1
        elif kind == b"VP8 ":
            across, down = little(data, body + 6, 2) & 0x3FFF, little(data, body + 8, 2) & 0x3FFF
        elif kind == b"VP8L":
            bits = little(data, body + 1, 4)
            across, down = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif kind == b"ANMF":
            frames += 1
        width, height = max(width, across), max(height, down)
        at = body + length + (length & 1)
    raise Damaged("too many chunks")
