"""What decoders give, as 8 bits a channel with transparency in a channel of its own: L, LA, RGB, RGBA or CMYK."""

from __future__ import annotations

import io

from PIL import Image, ImageChops

from ground.media.appearance import chunks_before_pixels

_LOW_BYTES = "RGB;16L"
"""Pillow keeps the higher byte of each sample; read in the other order, that is the lower one."""


def eight_bit(picture: Image.Image, data: bytes) -> Image.Image:
    """A decoded picture or frame; itself when it is 8 bits already.

    Args:
        data: the file, which says how many bits its samples have.
    """
    key = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        return _from_sixteen(picture, key if isinstance(key, int) else None)
    if picture.mode == "P" and picture.format == "PNG":
        last = _last_color(data)
        picture = picture.point([min(at, last) for at in range(256)])
    if picture.mode in ("P", "PA", "RGBa", "La"):
        return picture.convert("RGBA" if key is not None or picture.mode != "P" else "RGB")
    if picture.mode == "RGB" and isinstance(key, tuple):
        return _keyed(picture, key, data)
    if picture.mode in ("1", "L") and isinstance(key, int):
        value = (key & 255) * 255 // ((1 << data[24]) - 1) if picture.mode == "L" else key
        grey = picture.convert("L")
        return Image.merge("LA", (grey, grey.point([0 if at == value else 255 for at in range(256)])))
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else picture.convert("RGB")


def _last_color(data: bytes) -> int:
    """The last colour of a PNG's palette; browsers show it for numbers beyond."""
    return max(len(chunks_before_pixels(data).get(b"PLTE", b"")) // 3 - 1, 0)


def _from_sixteen(picture: Image.Image, key: int | None) -> Image.Image:
    wide = picture.convert("I")
    grey = wide.point([value // 257 for value in range(65_536)], "L")
    if key is None:
        return grey
    return Image.merge("LA", (grey, wide.point([0 if value == key else 255 for value in range(65_536)], "L")))


def _keyed(picture: Image.Image, key: tuple[int, ...], data: bytes) -> Image.Image:
    """With the one colour that is transparent made so."""
    clear = _is_color(picture, [value >> 8 for value in key] if _has_sixteen(data) else [value & 255 for value in key])
    if _has_sixteen(data):
        with Image.open(io.BytesIO(data), formats=("PNG",)) as again:
            again.tile = [tile._replace(args=_LOW_BYTES) for tile in again.tile]
            again.load()
            clear = ImageChops.lighter(clear, _is_color(again, [value & 255 for value in key]))
    whole = picture.copy()
    whole.putalpha(clear)
    return whole


def _is_color(picture: Image.Image, color: list[int]) -> Image.Image:
    """0 where a picture has the color, else 255."""
    alike = [
        channel.point([0 if at == value else 255 for at in range(256)])
        for channel, value in zip(picture.split(), color, strict=True)
    ]
    return ImageChops.lighter(ImageChops.lighter(alike[0], alike[1]), alike[2])


def _has_sixteen(data: bytes) -> bool:
    return data[:4] == b"\x89PNG" and data[24] == 16
