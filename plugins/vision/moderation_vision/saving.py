"""Copies of pictures in the format of their originals, and about as large."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from moderation.hookspecs import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

_COMMON_CODES = bytes.fromhex("0102030004110512213141061351610722711432")
"""How the table of codes for brightness begins that most files have (ITU-T T.81, table K.5); others made their own."""
HEAD = 200_000
"""Bytes in which it stands, behind what the file says about itself."""
JPEG_QUALITY = 90
"""For copies of what cannot be saved as it was: HEIC, and JPEG in the colours of printers."""
TRIES = 6
"""Qualities that are tried for a format that does not say which it was saved with; each halves what is left."""


def saved_alike(copy: Image, original: bytes, content_type: str) -> bytes:
    """An RGB copy as bytes.

    JPEG with the tables and subsampling of the original; WebP and AVIF with the quality that comes nearest to its size,
    or without loss where it was so; PNG as PNG, and GIF, too, in as few colours as there are. HEIC becomes JPEG.

    Raises:
        Unreadable: the original's head cannot be read.
    """
    match content_type:
        case "image/jpeg":
            return _jpeg(copy, original)
        case "image/webp" if _is_lossless(original):
            return _saved(copy, "WEBP", lossless=True)
        case "image/webp":
            return _nearest(copy, "WEBP", len(original))
        case "image/avif":
            return _nearest(copy, "AVIF", len(original), speed=8)
        case "image/png" | "image/gif":
            return _saved(_in_few_colors(copy), "PNG", optimize=True)
        case _:
            return _saved(copy, "JPEG", quality=JPEG_QUALITY)


def _jpeg(copy: Image, original: bytes) -> bytes:
    from PIL import Image, JpegImagePlugin

    try:
        with Image.open(io.BytesIO(original), formats=("JPEG",)) as head:
            assert isinstance(head, JpegImagePlugin.JpegImageFile)
            mode, tables, is_progressive = head.mode, head.quantization, "progressive" in head.info
            subsampling = JpegImagePlugin.get_sampling(head)
    except Exception as error:  # decoders raise many kinds on hostile bytes
        raise Unreadable(f"the head of the picture cannot be read ({type(error).__name__})") from error
    how: dict[str, Any] = {"progressive": is_progressive, "qtables": _baseline(tables)}
    if mode == "L":
        copy = copy.convert("L")
    elif mode == "RGB":
        how["subsampling"] = max(subsampling, 0)
    else:
        how = {"quality": JPEG_QUALITY}
    return _saved(copy, "JPEG", optimize=_COMMON_CODES not in original[:HEAD], **how)


def _baseline(tables: dict[int, list[int]]) -> list[list[int]]:
    """At most two tables, with steps that eight bits can say."""
    return [[min(max(step, 1), 255) for step in tables[number]] for number in sorted(tables)[:2]]


def _is_lossless(original: bytes) -> bool:
    """Whether the first picture of a WebP file is in a chunk of kind ``VP8L`` (RFC 9649)."""
    at = 12
    while (kind := original[at : at + 4]) not in (b"", b"VP8L", b"VP8 "):
        size = int.from_bytes(original[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return kind == b"VP8L"


def _nearest(copy: Image, kind: str, size: int, **how: Any) -> bytes:
    """The copy whose size comes nearest to `size` in bytes."""
    low, high, best = 1, 100, b""
    for _ in range(TRIES):
        quality = (low + high) // 2
        tried = _saved(copy, kind, quality=quality, **how)
        if not best or abs(len(tried) - size) < abs(len(best) - size):
            best = tried
        low, high = (quality + 1, high) if len(tried) < size else (low, quality - 1)
        if low > high:
            break
    return best


def _in_few_colors(copy: Image) -> Image:
    """The same pixels, grey or with a palette where that says them all."""
    import numpy
    from PIL import Image

    colors = copy.getcolors(256)
    if colors is None:
        pixels = numpy.asarray(copy)
        is_grey = (pixels[..., :1] == pixels[..., 1:]).all()
        return copy.convert("L") if is_grey else copy
    palette, places = numpy.unique(numpy.asarray(copy).reshape(-1, 3), axis=0, return_inverse=True)
    few = Image.fromarray(places.reshape(copy.height, copy.width).astype(numpy.uint8), "P")
    few.putpalette(palette.tobytes())
    return few


def _saved(copy: Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    copy.save(out, kind, **how)
    return out.getvalue()
