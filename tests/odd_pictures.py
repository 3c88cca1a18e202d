"""Small pictures of every odd kind, by name: what they show depends on what a reader makes of one chunk or segment.

All show the same subject, 48 x 32 pixels without a symmetry: gradients with a mark at the upper left.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from PIL import Image, ImageCms, ImageDraw

WIDE, HIGH = 48, 32


def subject(width: int = WIDE, height: int = HIGH) -> Image.Image:
    """Gradients of red, green and blue, a white mark at the upper left and a dark one below it."""
    red = Image.linear_gradient("L").resize((width, height)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    green = Image.linear_gradient("L").rotate(90).resize((width, height))
    blue = Image.linear_gradient("L").rotate(270).resize((width, height)).point(lambda value: value // 2 + 60)
    picture = Image.merge("RGB", (red, green, blue))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((4, 4, 19, 9), fill="white")
    draw.rectangle((4, 10, 9, 23), fill=(16, 16, 16))
    return picture


def grey() -> Image.Image:
    """The subject without colours."""
    return subject().convert("L")


def _alpha() -> Image.Image:
    """An ellipse that ends softly, with a hole."""
    alpha = Image.radial_gradient("L").resize((WIDE, HIGH)).point(lambda value: 255 - value)
    ImageDraw.Draw(alpha).rectangle((24, 12, 30, 20), fill=0)
    return alpha


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """As Pillow writes it."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


# PNG, written by hand because no library writes what is odd.


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


_DEPTH_AND_TYPE = {"L": (8, 0), "RGB": (8, 2), "P": (8, 3), "LA": (8, 4), "RGBA": (8, 6)}


def png(picture: Image.Image, *chunks: bytes, behind: bytes = b"") -> bytes:
    """A PNG of an 8 bit picture with chunks before its data, and behind them."""
    depth, kind = _DEPTH_AND_TYPE[picture.mode]
    row = picture.width * len(picture.getbands())
    data = picture.tobytes()
    rows = [data[at : at + row] for at in range(0, len(data), row)]
    return png_of_rows(picture.size, depth, kind, rows, *chunks, behind=behind)


def png_of_rows(
    size: tuple[int, int], depth: int, kind: int, rows: Sequence[bytes], *chunks: bytes, behind: bytes = b""
) -> bytes:
    """A PNG of these unfiltered rows."""
    header = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return head + b"".join(chunks) + chunk(b"IDAT", body) + behind + chunk(b"IEND")


def png16(picture: Image.Image, *chunks: bytes, scale: Callable[[int], int] = lambda value: value * 257) -> bytes:
    """A PNG of 16 bits; `scale` makes 0-65535 of 0-255."""
    kind = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}[picture.mode]
    row = picture.width * len(picture.getbands())
    data = picture.tobytes()
    rows = [struct.pack(f">{row}H", *map(scale, data[at : at + row])) for at in range(0, len(data), row)]
    return png_of_rows(picture.size, 16, kind, rows, *chunks)


def interlaced(picture: Image.Image, *chunks: bytes) -> bytes:
    """The same in the seven passes of Adam7."""
    depth, kind = _DEPTH_AND_TYPE[picture.mode]
    lines = b""
    for left, top, across, down in (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ):  # fmt: skip
        for y in range(top, picture.height, down):
            pixels = [picture.getpixel((x, y)) for x in range(left, picture.width, across)]
            line = bytes(value for pixel in pixels for value in (pixel if isinstance(pixel, tuple) else (pixel,)))
            lines += b"\0" + line
    header = struct.pack(">IIBBBBB", *picture.size, depth, kind, 0, 0, 1)
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return head + b"".join(chunks) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND")


def gamma(value: float) -> bytes:
    """The chunk gAMA: the exponent of what encoded the samples."""
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


SRGB_PRIMARIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
SWAPPED_PRIMARIES = (0.3127, 0.3290, 0.15, 0.06, 0.30, 0.60, 0.64, 0.33)
WIDE_PRIMARIES = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def primaries(values: Sequence[float]) -> bytes:
    """The chunk cHRM: white, red, green, blue."""
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def coding(primaries_code: int, transfer: int, is_full: int = 1) -> bytes:
    """The chunk cICP, with codes of ITU-T H.273."""
    return chunk(b"cICP", bytes((primaries_code, transfer, 0, is_full)))


SRGB = chunk(b"sRGB", b"\0")


def profile_chunk(profile: bytes) -> bytes:
    """The chunk iCCP."""
    return chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))


# Profiles (ICC.1:2022)


def srgb_profile() -> bytes:
    """The usual one."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """sRGB with the primaries of red and blue in each other's place: who does not read it sees other colours."""
    profile = srgb_profile()
    return profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")


def _profile(space: bytes, tags: dict[bytes, bytes], connection: bytes = b"XYZ ") -> bytes:
    text = b"desc\0\0\0\0\0\0\0\2p\0" + b"\0" * 78
    words = {b"desc": text, b"cprt": b"text\0\0\0\0p\0", b"wtpt": _xyz(0.9642, 1.0, 0.8249), **tags}
    at = 128 + 4 + 12 * len(words)
    table, body = struct.pack(">I", len(words)), b""
    for name, data in words.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    kind = b"prtr" if connection == b"Lab " else b"mntr"
    head = b"\0\0\0\0" + struct.pack(">I", 0x02400000) + kind + space + connection + b"\0" * 12 + b"acsp"
    whole = struct.pack(">I", at + len(body)) + head
    whole = whole.ljust(68, b"\0") + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return whole.ljust(128, b"\0") + table + body


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65_536) for value in values))


def _curve(exponent: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))


def grey_profile(exponent: float = 0.6) -> bytes:
    """Of grey pictures, far from how grey is usually coded."""
    return _profile(b"GRAY", {b"kTRC": _curve(exponent)})


def gamma_profile(exponent: float) -> bytes:
    """Of RGB, with sRGB's primaries and another curve."""
    tags = {
        b"rXYZ": _xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": _xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": _xyz(0.1431, 0.0606, 0.7139),
    }
    return _profile(b"RGB ", {**tags, **{name: _curve(exponent) for name in (b"rTRC", b"gTRC", b"bTRC")}})


def _table(inks: int, lab: Callable[[Sequence[int]], tuple[int, int, int]]) -> bytes:
    """A table of two steps an ink (``mft1``); `lab` gives lightness, a and b of 255 for inks of 0 or 1."""
    straight = bytes(range(256))
    corners = [[number >> inks - 1 - ink & 1 for ink in range(inks)] for number in range(2**inks)]
    matrix = struct.pack(">9i", *(65_536 if at % 4 == 0 else 0 for at in range(9)))
    grid = b"".join(bytes(lab(corner)) for corner in corners)
    return b"mft1\0\0\0\0" + bytes((inks, 3, 2, 0)) + matrix + straight * inks + grid + straight * 3


def ink_profile() -> bytes:
    """Of CMYK, whose cyan is red."""

    def lab(inks: Sequence[int]) -> tuple[int, int, int]:
        cyan, magenta, yellow, black = inks
        light = 255 - 50 * (cyan + magenta + yellow) - 100 * black
        return light, 128 + 70 * cyan - 30 * magenta, 128 + 60 * yellow - 40 * magenta

    return _profile(b"CMYK", {b"A2B0": _table(4, lab)}, b"Lab ")


def table_profile() -> bytes:
    """Of RGB by a table alone, which makes negatives of pictures."""

    return _profile(b"RGB ", {b"A2B0": _table(3, _negative)}, b"Lab ")


def _negative(light: Sequence[int]) -> tuple[int, int, int]:
    red, green, blue = light
    return 255 - 80 * (red + green + blue), 128 - 50 * red + 40 * green, 128 + 50 * blue


def _swapped(light: Sequence[int]) -> tuple[int, int, int]:
    red, green, blue = light
    return 15 + 80 * (red + green + blue), 128 - 30 * red + 20 * green, 128 + 30 * blue


# EXIF and JPEG


def exif(orientation: int, order: str = ">", kind: int = 3) -> bytes:
    """A TIFF header with one entry, the orientation."""
    mark = b"MM" if order == ">" else b"II"
    value = struct.pack(order + "HH", orientation, 0) if kind == 3 else struct.pack(order + "I", orientation)
    return mark + struct.pack(order + "HIHHHI", 42, 8, 1, 0x0112, kind, 1) + value + b"\0\0\0\0"


EXIF = b"Exif\0\0"


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(*segments: bytes, picture: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG with segments behind its first."""
    data = saved(picture or subject(), "JPEG", **{"quality": 95, "subsampling": 0, **options})
    at = 4 + int.from_bytes(data[4:6], "big")
    return data[:at] + b"".join(segments) + data[at:]


def xmp(orientation: int) -> bytes:
    """A packet that says how the picture is turned."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/>'
        b"</rdf:RDF></x:xmpmeta>" % orientation
    )


XMP = b"http://ns.adobe.com/xap/1.0/\0"


def _without(data: bytes, marker: int) -> bytes:
    """A JPEG without the segments of one kind."""
    at, kept = 2, data[:2]
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept += b"" if data[at + 1] == marker else data[at:end]
        at = end
    return kept + data[at:]


def _adobe(transform: int) -> bytes:
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes((transform,)))


def _of_components(bands: Sequence[Image.Image], mode: str, *segments: bytes) -> bytes:
    """A JPEG whose components are these, without a word on what they are."""
    data = saved(
        Image.merge("CMYK", [*bands, bands[0]][:4]) if len(bands) == 4 else Image.merge("YCbCr", list(bands)),
        "JPEG",
        quality=95,
        subsampling=0,
    )
    data = _without(_without(data, 0xEE), 0xE0)
    return data[:2] + b"".join(segments) + data[2:]


def _frame(number: int) -> Image.Image:
    return Image.new("RGB", (WIDE, HIGH), ("#b03030", "#30b030", "#3030b0", "#b0b030")[number % 4])


def apng(
    default: Image.Image | None, frames: Sequence[tuple[Image.Image, int, int, int, int]], delay: int = 60_000
) -> bytes:
    """An animated PNG: frames with left, top, dispose and blend; `default` is shown by who knows no animation."""
    number = 0
    mode = frames[0][0].mode
    depth, kind = _DEPTH_AND_TYPE[mode]
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDE, HIGH, depth, kind, 0, 0, 0))
    out += chunk(b"acTL", struct.pack(">II", len(frames), 0))

    def body(picture: Image.Image) -> bytes:
        row, data = picture.width * len(picture.getbands()), picture.tobytes()
        return zlib.compress(b"".join(b"\0" + data[at : at + row] for at in range(0, len(data), row)))

    if default is not None:
        out += chunk(b"IDAT", body(default))
    for at, (picture, left, top, dispose, blend) in enumerate(frames):
        fields = (number, *picture.size, left, top, delay, 1000, dispose, blend)
        out += chunk(b"fcTL", struct.pack(">IIIIIHHBB", *fields))
        number += 1
        if at == 0 and default is None:
            out += chunk(b"IDAT", body(picture))
        else:
            out += chunk(b"fdAT", struct.pack(">I", number) + body(picture))
            number += 1
    return out + chunk(b"IEND")


@cache  # the tests of a process share them
def odd_pictures() -> dict[str, tuple[str, bytes]]:
    """Name, media type, bytes."""
    return {name: (kind, data) for name, kind, data in _all()}


def _all() -> Iterator[tuple[str, str, bytes]]:
    for name, data in [*_pngs(), *_png_colors()]:
        yield f"png {name}", "image/png", data
    for name, data in [*_jpegs(), *_jpeg_colors(), *_orientations()]:
        yield f"jpeg {name}", "image/jpeg", data
    for name, data in _webps():
        yield f"webp {name}", "image/webp", data
    for name, data in _avifs():
        yield f"avif {name}", "image/avif", data
    for name, data in _gifs():
        yield f"gif {name}", "image/gif", data


def _pngs() -> Iterator[tuple[str, bytes]]:
    rgba = subject().copy()
    rgba.putalpha(_alpha())
    la = grey()
    la.putalpha(_alpha())
    yield "plain", png(subject())
    letters = Image.new("RGBA", (WIDE, HIGH), "white")
    letters.putalpha(grey())
    yield "alpha letters", png(letters)
    yield "rgba", png(rgba)
    yield "la", png(la)
    palette = subject().quantize(64)
    yield "palette with transparency", saved(palette, "PNG", transparency=bytes(range(0, 256, 4)))
    yield "palette", saved(palette, "PNG")
    yield "palette of 2 bits", saved(subject().quantize(4), "PNG", bits=2)
    yield "one bit", saved(grey().convert("1"), "PNG")
    yield "grey key", png(grey(), chunk(b"tRNS", struct.pack(">H", grey().getpixel((40, 20)))))
    yield "rgb key", png(subject(), chunk(b"tRNS", struct.pack(">3H", 255, 255, 255)))
    yield "interlaced", interlaced(subject())
    yield "interlaced rgba", interlaced(rgba)
    yield "grey of 16 bits", png16(grey())
    yield "rgb of 16 bits", png16(subject())
    yield "rgba of 16 bits", png16(rgba)
    yield "la of 16 bits", png16(la)
    yield "grey of 16 bits, dark", png16(grey(), scale=lambda value: value * 40)
    yield "grey of 16 bits, key", png16(grey(), chunk(b"tRNS", struct.pack(">H", 65_535)))
    yield "rgb of 16 bits, key", png16(subject(), chunk(b"tRNS", struct.pack(">3H", *[65_535] * 3)))
    yield "rgb of 16 bits, key between", png16(subject(), chunk(b"tRNS", struct.pack(">3H", *[65_534] * 3)))
    yield (
        "background and sizes",
        png(rgba, chunk(b"bKGD", struct.pack(">3H", 255, 0, 0)), chunk(b"pHYs", struct.pack(">IIB", 2000, 1000, 1))),
    )
    for turn in (2, 3, 6, 8):
        yield f"eXIf {turn}", png(subject(), chunk(b"eXIf", exif(turn)))
    yield "eXIf behind", png(subject(), behind=chunk(b"eXIf", exif(6)))
    yield "eXIf with head", png(subject(), chunk(b"eXIf", EXIF + exif(6)))
    yield "XMP", png(subject(), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)))
    raw = b"\nexif\n%8d\n" % (len(EXIF + exif(6))) + (EXIF + exif(6)).hex().encode() + b"\n"
    yield "raw profile", png(subject(), chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw)))
    small = subject(24, 16)
    yield "animated", apng(None, [(_frame(0), 0, 0, 0, 0), (small, 10, 10, 0, 0)])
    yield "animated behind another", apng(subject(), [(_frame(1), 0, 0, 0, 0), (small, 10, 10, 0, 0)])
    yield "animated, small first behind another", apng(subject(), [(small, 10, 10, 0, 0), (_frame(1), 0, 0, 0, 0)])
    yield "animated rgba", apng(None, [(rgba, 0, 0, 0, 1), (rgba, 0, 0, 0, 0)])


def odd_profiles() -> Iterator[tuple[str, bytes]]:
    """Profiles that one reader takes and another refuses."""
    plain = gamma_profile(1.0)

    def changed(at: int, value: bytes) -> bytes:
        return plain[:at] + value + plain[at + len(value) :]

    yield "of version 5", changed(8, b"\5")
    yield "under no light", changed(68, bytes(12))
    yield "of a link", changed(12, b"link")
    yield "of an unknown kind", changed(12, b"zzzz")
    yield "of an unknown space", changed(16, b"ABCD")
    yield "that says it is longer", changed(0, struct.pack(">I", len(plain) + 1))
    yield "that is longer than it says", plain + bytes(100)
    yield "that is cut off", plain[:-10]
    yield "with one name twice", changed(144, plain[132:144])
    yield "whose curve falls", plain.replace(_curve(1.0), b"para\0\0\0\0" + bytes(4) + struct.pack(">i", -65_536)[:2])
    yield "that names codes", _with_codes(12, 13)
    both = {b"A2B0": _table(3, _negative), b"A2B1": _table(3, _swapped)}
    yield "with two tables", _profile(b"RGB ", both, b"Lab ")
    yield "with the second table", _profile(b"RGB ", {b"A2B1": _table(3, _swapped)}, b"Lab ")


def _with_codes(primaries_code: int, transfer: int) -> bytes:
    tags = {b"cicp": b"cicp\0\0\0\0" + bytes((primaries_code, transfer, 0, 1))}
    columns = {
        b"rXYZ": _xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": _xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": _xyz(0.1431, 0.0606, 0.7139),
    }
    return _profile(b"RGB ", {**columns, **{name: _curve(1.0) for name in (b"rTRC", b"gTRC", b"bTRC")}, **tags})


def _png_colors() -> Iterator[tuple[str, bytes]]:
    rgba = subject().copy()
    rgba.putalpha(_alpha())
    palette = subject().quantize(64)
    plte = chunk(b"PLTE", bytes(palette.getpalette() or ())[:192])
    for value in (0.022, 0.1, 0.45455, 0.46, 0.5, 1.0, 3.0, 0.0, 100.0):
        yield f"gAMA {value}", png(subject(), gamma(value))
    for value in (0.022, 1.0, 3.0):
        yield f"gAMA {value} on grey", png(grey(), gamma(value))
        yield f"gAMA {value} on grey of 16 bits", png16(grey(), gamma(value))
        yield f"gAMA {value} on rgb of 16 bits", png16(subject(), gamma(value))
        yield f"gAMA {value} on low grey of 16 bits", png16(grey(), gamma(value), scale=lambda v: v)
        yield f"gAMA {value} on low rgb of 16 bits", png16(subject(), gamma(value), scale=lambda v: v)
        yield f"gAMA {value} on palette", png(palette, gamma(value), plte)
        yield f"gAMA {value} on rgba", png(rgba, gamma(value))
    yield "cHRM alone", png(subject(), primaries(SWAPPED_PRIMARIES))
    yield "gAMA and cHRM", png(subject(), gamma(0.45455), primaries(SWAPPED_PRIMARIES))
    yield "gAMA 1 and cHRM", png(subject(), gamma(1.0), primaries(SWAPPED_PRIMARIES))
    yield "gAMA 1 and usual cHRM", png(subject(), gamma(1.0), primaries(SRGB_PRIMARIES))
    yield "gAMA and wide cHRM", png(subject(), gamma(0.45455), primaries(WIDE_PRIMARIES))
    yield "gAMA 0.022 and usual cHRM", png(subject(), gamma(0.022), primaries(SRGB_PRIMARIES))
    yield "gAMA and cHRM on grey", png(grey(), gamma(1.0), primaries(SWAPPED_PRIMARIES))
    yield "gAMA and cHRM on grey of 16 bits", png16(grey(), gamma(1.0), primaries(SRGB_PRIMARIES))
    yield (
        "gAMA and cHRM on low rgb of 16 bits",
        png16(subject(), gamma(3.0), primaries(SRGB_PRIMARIES), scale=lambda v: v),
    )
    yield "gAMA and impossible cHRM", png(subject(), gamma(1.0), primaries((0.3, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)))
    yield "sRGB and gAMA", png(subject(), SRGB, gamma(1.0))
    yield "sRGB, gAMA and cHRM", png(subject(), gamma(1.0), primaries(SWAPPED_PRIMARIES), SRGB)
    yield "iCCP swapped", png(subject(), profile_chunk(swapped_profile()))
    yield "iCCP swapped on rgba", png(rgba, profile_chunk(swapped_profile()))
    yield "iCCP swapped on palette", png(palette, profile_chunk(swapped_profile()), plte)
    yield "iCCP swapped on grey", png(grey(), profile_chunk(swapped_profile()))
    yield "iCCP of gamma 1 on grey", png(grey(), profile_chunk(gamma_profile(1.0)))
    yield "iCCP swapped on rgb of 16 bits", png16(subject(), profile_chunk(swapped_profile()))
    yield (
        "iCCP of gamma 0.1 on low rgb of 16 bits",
        png16(subject(), profile_chunk(gamma_profile(0.15)), scale=lambda v: v),
    )
    yield "iCCP and sRGB", png(subject(), profile_chunk(swapped_profile()), SRGB)
    yield "sRGB and iCCP", png(subject(), SRGB, profile_chunk(swapped_profile()))
    yield "iCCP and gAMA", png(subject(), gamma(1.0), profile_chunk(swapped_profile()))
    yield "iCCP of grey", png(grey(), profile_chunk(grey_profile()))
    yield "iCCP of grey on la", png(Image.merge("LA", (grey(), _alpha())), profile_chunk(grey_profile()))
    yield "iCCP of grey on rgb", png(subject(), profile_chunk(grey_profile()))
    yield "iCCP of inks on rgb", png(subject(), profile_chunk(ink_profile()))
    yield "iCCP by a table", png(subject(), profile_chunk(table_profile()))
    yield "iCCP broken", png(subject(), profile_chunk(b"\0" * 200))
    yield "iCCP broken and gAMA", png(subject(), profile_chunk(b"\0" * 200), gamma(1.0))
    for name, profile in odd_profiles():
        yield f"iCCP {name}", png(subject(), profile_chunk(profile))
    yield "iCCP behind", png(subject(), behind=chunk(b"iCCP", b"p\0\0" + zlib.compress(swapped_profile())))
    yield "gAMA behind", png(subject(), behind=gamma(1.0))
    yield "gAMA twice", png(subject(), gamma(1.0), gamma(0.45455))
    yield "gAMA behind the palette", png(palette, plte, gamma(1.0))
    yield "cICP of P3", png(subject(), coding(12, 13))
    yield "cICP linear", png(subject(), coding(1, 8))
    yield "cICP BT.709", png(subject(), coding(1, 1))
    yield "cICP gamma 2.8", png(subject(), coding(1, 5))
    yield "cICP PQ", png(subject(), coding(9, 16))
    yield "cICP HLG", png(subject(), coding(9, 18))
    yield "cICP unknown", png(subject(), coding(2, 2))
    yield "cICP of narrow range", png(subject(), coding(12, 13, 0))
    yield "cICP over iCCP", png(subject(), coding(1, 13), profile_chunk(swapped_profile()))
    yield "cICP over gAMA", png(subject(), coding(1, 13), gamma(1.0))
    yield "cICP linear on grey", png(grey(), coding(1, 8))


def _orientations() -> Iterator[tuple[str, bytes]]:
    for turn in range(1, 9):
        yield f"exif {turn}", jpeg(segment(0xE1, EXIF + exif(turn, "<" if turn % 2 else ">")))
    yield "exif 0", jpeg(segment(0xE1, EXIF + exif(0)))
    yield "exif 9", jpeg(segment(0xE1, EXIF + exif(9)))
    yield "exif as a long", jpeg(segment(0xE1, EXIF + exif(6, kind=4)))
    yield "exif as a long, little", jpeg(segment(0xE1, EXIF + exif(6, "<", kind=4)))
    yield "exif with doubled head", jpeg(segment(0xE1, EXIF + EXIF + exif(6)))
    yield "exif 6 then 3", jpeg(segment(0xE1, EXIF + exif(6)), segment(0xE1, EXIF + exif(3)))
    yield "exif broken then 6", jpeg(segment(0xE1, EXIF + b"nothing"), segment(0xE1, EXIF + exif(6)))
    yield "exif empty then 6", jpeg(segment(0xE1, EXIF), segment(0xE1, EXIF + exif(6)))
    yield (
        "exif without orientation then 6",
        jpeg(segment(0xE1, EXIF + exif(6).replace(b"\x01\x12", b"\x01\x13")), segment(0xE1, EXIF + exif(6))),
    )
    yield "exif with an odd head", jpeg(segment(0xE1, b"Exif\0\xff" + exif(6)))
    yield "exif before the head", _before_the_head(segment(0xE1, EXIF + exif(6)))
    yield "xmp 6", jpeg(segment(0xE1, XMP + xmp(6)))
    yield "xmp 6 and exif 3", jpeg(segment(0xE1, XMP + xmp(6)), segment(0xE1, EXIF + exif(3)))
    yield "exif of another tag first", jpeg(segment(0xE1, EXIF + _two_tags()))
    yield "exif behind the sizes", _behind_the_sizes(segment(0xE1, EXIF + exif(6)))
    yield "exif split", jpeg(segment(0xE1, EXIF + exif(6)[:12]), segment(0xE1, EXIF + exif(6)[12:]))


def _two_tags() -> bytes:
    return (
        b"MM"
        + struct.pack(">HIH", 42, 8, 2)
        + struct.pack(">HHIHH", 0x0112, 3, 1, 3, 0)
        + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
        + b"\0\0\0\0"
    )


def _before_the_head(added: bytes) -> bytes:
    data = saved(subject(), "JPEG", quality=95)
    return data[:2] + added + data[2:]


def _behind_the_sizes(added: bytes) -> bytes:
    data = saved(subject(), "JPEG", quality=95, subsampling=0)
    at = data.index(b"\xff\xda")
    return data[:at] + added + data[at:]


def _jpegs() -> Iterator[tuple[str, bytes]]:
    yield "plain", jpeg()
    yield "halved colours", jpeg(subsampling=2)
    yield "progressive", jpeg(progressive=True, subsampling=1)
    yield "grey", jpeg(picture=grey())
    inks = subject().convert("CMYK")
    key = grey().point(lambda value: 120 - value // 3)
    inks = Image.merge("CMYK", (*inks.split()[:3], key))
    yield "cmyk", saved(inks, "JPEG", quality=95)
    yield "cmyk without a word", _without(saved(inks, "JPEG", quality=95), 0xEE)
    ycck = saved(inks, "JPEG", quality=95)
    at = ycck.index(b"Adobe") + 11
    yield "ycck", ycck[:at] + b"\2" + ycck[at + 1 :]
    yield "cmyk of 1", ycck[:at] + b"\1" + ycck[at + 1 :]
    rgb = subject().split()
    yield "components of Adobe rgb", _of_components(rgb, "RGB", _adobe(0))
    yield "components of Adobe ycc", _of_components(subject().convert("YCbCr").split(), "YCbCr", _adobe(1))
    yield "components without a word", _of_components(subject().convert("YCbCr").split(), "YCbCr")
    named = _of_components(rgb, "RGB")
    yield "components named rgb", _named(named, b"RGB")
    yield "components named 0 1 2", _named(named, b"\0\1\2")


def _named(data: bytes, names: bytes) -> bytes:
    for marker, first, step in ((b"\xff\xc0", 10, 3), (b"\xff\xda", 5, 2)):
        at = data.index(marker)
        for number, name in enumerate(names):
            place = at + first + step * number
            data = data[:place] + bytes((name,)) + data[place + 1 :]
    return data


def _jpeg_colors() -> Iterator[tuple[str, bytes]]:
    yield "icc srgb", jpeg(icc_profile=srgb_profile())
    yield "icc swapped", jpeg(icc_profile=swapped_profile())
    yield "icc swapped on grey", jpeg(picture=grey(), icc_profile=swapped_profile())
    yield "icc of gamma 1 on grey", jpeg(picture=grey(), icc_profile=gamma_profile(1.0))
    yield "icc of grey", jpeg(picture=grey(), icc_profile=grey_profile())
    yield "icc of grey on rgb", jpeg(icc_profile=grey_profile())
    yield "icc by a table", jpeg(icc_profile=table_profile())
    yield "icc gamma 0.3", jpeg(icc_profile=gamma_profile(0.3))
    yield "icc broken", jpeg(icc_profile=b"\0" * 300)
    inks = subject().convert("CMYK")
    yield "icc of inks", saved(inks, "JPEG", quality=95, icc_profile=ink_profile())
    yield "icc of inks on rgb", jpeg(icc_profile=ink_profile())
    yield "icc of rgb on inks", saved(inks, "JPEG", quality=95, icc_profile=swapped_profile())
    half = len(swapped_profile()) // 2
    parts = swapped_profile()[:half], swapped_profile()[half:]
    head = b"ICC_PROFILE\0"
    first, second = segment(0xE2, head + b"\1\2" + parts[0]), segment(0xE2, head + b"\2\2" + parts[1])
    for name, profile in odd_profiles():
        yield f"icc {name}", jpeg(icc_profile=profile)
    yield "icc in two", jpeg(first, second)
    yield "icc in two, turned round", jpeg(second, first)
    yield "icc half", jpeg(first)
    yield "icc counted from 0", jpeg(segment(0xE2, head + b"\0\1" + swapped_profile()))
    yield (
        "icc twice",
        jpeg(segment(0xE2, head + b"\1\1" + swapped_profile()), segment(0xE2, head + b"\1\1" + srgb_profile())),
    )


def _webps() -> Iterator[tuple[str, bytes]]:
    rgba = subject().copy()
    rgba.putalpha(_alpha())
    yield "lossy", saved(subject(), "WEBP", quality=95)
    yield "lossless", saved(subject(), "WEBP", lossless=True)
    yield "lossless rgba", saved(rgba, "WEBP", lossless=True)
    yield "lossy rgba", saved(rgba, "WEBP", quality=95)
    yield "icc swapped", saved(subject(), "WEBP", lossless=True, icc_profile=swapped_profile())
    yield "icc of grey", saved(subject(), "WEBP", lossless=True, icc_profile=grey_profile())
    for turn in (3, 6):
        yield f"exif {turn}", saved(subject(), "WEBP", lossless=True, exif=EXIF + exif(turn))
        yield f"exif {turn} without head", saved(subject(), "WEBP", lossless=True, exif=exif(turn))
    yield "xmp", saved(subject(), "WEBP", lossless=True, xmp=xmp(6))
    yield "animated", saved(subject(), "WEBP", lossless=True, save_all=True, append_images=[_frame(0)], duration=60_000)
    yield "animated rgba", saved(rgba, "WEBP", lossless=True, save_all=True, append_images=[_frame(0)], duration=60_000)


def _avifs() -> Iterator[tuple[str, bytes]]:
    rgba = subject().copy()
    rgba.putalpha(_alpha())
    best = {"quality": 100, "subsampling": "4:4:4"}
    yield "plain", saved(subject(), "AVIF", **best)
    yield "of 4:2:0", saved(subject(), "AVIF", quality=95)
    yield "rgba", saved(rgba, "AVIF", **best)
    yield "narrow range", saved(subject(), "AVIF", range="limited", **best)
    yield "icc swapped", saved(subject(), "AVIF", icc_profile=swapped_profile(), **best)
    yield "grey", saved(grey(), "AVIF", **best)
    for turn in range(2, 9):
        # Pillow writes irot and imir, and leaves the orientation in EXIF, which browsers pass over.
        yield f"turned {turn}", saved(subject(), "AVIF", exif=EXIF + exif(turn), **best)
    lying = saved(subject(), "AVIF", exif=EXIF + exif(6), **best)
    at = lying.index(b"irot") + 4
    yield "exif alone", lying[:at] + b"\0" + lying[at + 1 :]
    plain = saved(subject(), "AVIF", **best)
    at = plain.index(b"nclx") + 4
    for primaries_code, transfer in ((12, 13), (1, 8), (1, 1), (1, 4), (9, 16), (9, 18), (2, 2), (9, 14)):
        stated = struct.pack(">HH", primaries_code, transfer)
        yield f"coded {primaries_code} {transfer}", plain[:at] + stated + plain[at + 4 :]

    unstated = plain.replace(b"colr", b"free")
    yield "coded nowhere but in the stream", unstated
    for primaries_code, transfer in ((12, 13), (1, 8), (1, 1)):
        yield f"coded {primaries_code} {transfer} in the stream", _with_stream_codes(unstated, primaries_code, transfer)
    yield "coded otherwise in the stream", _with_stream_codes(plain, 1, 8)


def _with_stream_codes(data: bytes, primaries_code: int, transfer: int) -> bytes:
    """Other codes in the sequence header, which begins at no full byte: 1, primaries, transfer, matrix."""
    bits = bin(int.from_bytes(data, "big"))[2:].zfill(8 * len(data))
    at = bits.index(f"1{1:08b}{13:08b}{6:08b}", 8 * data.index(b"mdat"))
    return int(f"{bits[:at]}1{primaries_code:08b}{transfer:08b}{bits[at + 17 :]}", 2).to_bytes(len(data), "big")


def _gifs() -> Iterator[tuple[str, bytes]]:
    palette = subject().quantize(64)
    yield "plain", saved(palette, "GIF")
    yield "interlaced", saved(palette, "GIF", interlace=1)
    yield "transparent", saved(palette, "GIF", transparency=20)
    yield "animated", saved(palette, "GIF", save_all=True, append_images=[_frame(0)], duration=60_000)
    yield "without colours", _without_table(saved(palette, "GIF"))
    yield "with few colours", _with_small_table(saved(palette, "GIF"))
    yield "small first frame", _gif_with_small_frame(0)
    yield "small first frame on a background", _gif_with_small_frame(5)


def _with_small_table(data: bytes) -> bytes:
    at = 13 + (3 << (data[10] & 7) + 1)
    return data[:10] + bytes((0x83,)) + data[11:13] + data[13 : 13 + 48] + data[at:]


def _without_table(data: bytes) -> bytes:
    at = 13 + (3 << (data[10] & 7) + 1)
    return data[:10] + bytes((data[10] & 0x70,)) + data[11:13] + data[at:]


def _gif_with_small_frame(background: int) -> bytes:
    data = bytearray(saved(subject(24, 16).quantize(64), "GIF"))
    data[6:10] = struct.pack("<HH", WIDE, HIGH)
    data[11] = background
    at = data.index(b",\0\0\0\0\x18\0\x10\0")
    data[at + 1 : at + 5] = struct.pack("<HH", 10, 8)
    return bytes(data)
