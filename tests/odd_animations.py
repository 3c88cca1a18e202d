"""Animations of every odd kind, by name: frames in corners, cleared and restored, blended and beyond the canvas."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache

from PIL import Image

from tests.odd_pictures import HIGH, WIDE, apng, saved, subject

Color = tuple[int, int, int]


def checks(width: int, height: int, colors: Sequence[Color]) -> Image.Image:
    """A picture of a palette, in squares of four pixels."""
    picture = Image.new("P", (width, height))
    picture.putpalette([level for color in colors for level in color] + [0] * (768 - 3 * len(colors)))
    picture.putdata([(at % width // 4 + at // width // 4) % len(colors) for at in range(width * height)])
    return picture


def gif_frame(
    picture: Image.Image, left: int = 0, top: int = 0, dispose: int = 0, clear: int | None = None, delay: int = 100
) -> bytes:
    """A frame with its own table of colours; `delay` in hundredths of a second."""
    data = saved(picture, "GIF", optimize=False)
    at = 13 + (3 << (data[10] & 7) + 1)
    table = data[13:at]
    while data[at] != 0x2C:
        at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    control = b"!\xf9\4" + bytes((dispose << 2 | (clear is not None),)) + struct.pack("<H", delay)
    place = struct.pack("<4H", left, top, *picture.size) + bytes((0x80 | data[10] & 7,))
    return control + bytes((clear or 0, 0)) + b"," + place + table + data[at + 10 : -1]


def gif(frames: Sequence[bytes], size: tuple[int, int] = (WIDE, HIGH)) -> bytes:
    """An animated GIF whose background, by its table, is far from black and white."""
    table = bytes(level for at in range(256) for level in (at, 255 - at, at // 2))
    head = b"GIF89a" + struct.pack("<HH", *size) + bytes((0x87, 7, 0)) + table
    return head + b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0" + b"".join(frames) + b";"


@cache
def odd_animations() -> dict[str, tuple[str, bytes]]:
    """Name, media type, bytes."""
    large = checks(WIDE, HIGH, [(200, 0, 0), (0, 200, 0), (0, 0, 200), (250, 250, 0)])
    small = checks(20, 12, [(0, 0, 0), (255, 255, 255), (128, 0, 128), (0, 128, 128)])
    square = checks(24, 24, [(10, 20, 30), (40, 50, 60), (70, 80, 90), (255, 200, 100)])
    found: dict[str, tuple[str, bytes]] = {}

    def add_gif(name: str, frames: Sequence[bytes], size: tuple[int, int] = (WIDE, HIGH)) -> None:
        found[f"gif {name}"] = "image/gif", gif(frames, size)

    for way in range(4):
        for clear in (None, 1):
            later = [gif_frame(square, 20, 4, way, 2), gif_frame(small, 10, 10, 1)]
            add_gif(
                f"way {way}, {clear}", [gif_frame(large, 0, 0, 1, clear), gif_frame(small, 5, 6, way, clear), *later]
            )
            corner = gif_frame(small, 8, 4, way, clear)
            add_gif(f"way {way}, {clear}, in a corner", [corner, gif_frame(square, 5, 6, way, clear), *later])
    add_gif("of which a frame is beyond", [gif_frame(large), gif_frame(square, 40, 20, 1), gif_frame(small)])
    add_gif("of which the first is beyond", [gif_frame(large), gif_frame(small, 2, 2)], (20, 20))
    add_gif("of which a later one is larger", [gif_frame(small), gif_frame(large, 2, 2)], (20, 20))
    add_gif("of no size", [gif_frame(large), gif_frame(small, 2, 2)], (0, 0))

    rgba = subject()
    rgba.putalpha(Image.radial_gradient("L").resize((WIDE, HIGH)))
    for mode in ("RGB", "RGBA", "LA"):
        whole = rgba.convert(mode)
        part = whole.resize((24, 16))
        for way in range(3):
            for blend in range(2):
                frames = [(whole, 0, 0, way, blend), (part, 5, 6, way, blend), (part, 20, 10, way, blend)]
                last = (part, 12, 4, 0, blend)
                found[f"png {mode}, way {way}, {blend}"] = "image/png", apng(None, [*frames, last])
                found[f"png {mode}, way {way}, {blend}, behind"] = "image/png", apng(whole, [*frames[1:], last])
    options = {"lossless": True, "save_all": True, "duration": [100, 5, 20, 3000]}
    others = [rgba.rotate(5), subject(), rgba.rotate(90).resize((WIDE, HIGH))]
    found["webp"] = "image/webp", saved(rgba, "WEBP", append_images=others, **options)
    return found
