"""Inputs that pass the door and break careless code; `moderation.testing` tries them on every plugin."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

HOSTILE_TEXTS: Mapping[str, str] = {
    "nul": "a\0b\0\0 NUL \0",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x85\u2028\u2029",
    "right to left": "\u202eabc\u202c שלום עולם 123-45-6789 مرحبا ٤٥٦ \u2067x\u2069",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽 call 206-555-0100 🇩🇪 a@b.co 😀",
    "combining marks": "Z̴̡̤a̷͎̞l̸̰͝g̵̖͂o̴̞͝ " + "e" + "\u0301" * 500,
    "invisible": "\u200b\u200d\u2060\ufeff\u00ad" * 50 + "\U000e0041",
    "noncharacters": "\ufffe\uffff\ufdd0\U0010ffff\U0001f9ff",
    "line ends": "a\r\nb\rc\n\n\r\n\x0b\x0c",
    "100,000 letters": "a" * 100_000,
    "100,000 digits": "1234567890" * 10_000,
    "100,000 spaces": " " * 100_000,
    "single letters": "a " * 50_000,
    "dotted letters": "s." * 50_000,
    "short numbers": "12 " * 33_000,
    "dashed numbers": "555-" * 25_000,
    "opening brackets": "([{<" * 25_000,
    "at signs": "a@" * 50_000,
    "colons": "ab:" * 33_000,
    "stars": "f*" * 50_000,
    "100,000 emoji": "😀" * 100_000,
    "100,000 ideographs": "漢字かな" * 25_000,
    "wide letters": "ｉｄｉｏｔ" * 20_000,
}
"""Texts that break careless code: by name, so that a failure says which."""


def hostile_pictures() -> dict[str, bytes]:
    """Pictures that are accepted at the door and break careless code, by name."""
    from PIL import Image

    def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        return buffer.getvalue()

    frames = [Image.new("P", (8, 8), color) for color in range(3)]
    turned = Image.Exif()
    turned[0x0112] = 6  # EXIF orientation: the picture lies on its side
    return {
        "one pixel": encoded(Image.new("RGB", (1, 1)), "PNG"),
        "a line": encoded(Image.new("RGB", (3000, 1)), "PNG"),
        "one bit": encoded(Image.new("1", (40, 40)), "PNG"),
        "sixteen bits": encoded(Image.new("I;16", (40, 40)), "PNG"),
        "transparent": encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG"),
        "palette": encoded(Image.new("P", (40, 40)), "PNG"),
        "four inks": encoded(Image.new("CMYK", (40, 40)), "JPEG"),
        "on its side": encoded(Image.new("RGB", (60, 20), "white"), "JPEG", exif=turned),
        "animated": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "lossless": encoded(Image.new("RGBA", (33, 17)), "WEBP", lossless=True),
    }
