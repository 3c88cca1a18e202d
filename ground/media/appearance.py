"""What a picture file says of how it is to be shown: which side is up, and what its numbers mean as colours.

A file may say it several times over, and readers differ in whom they believe. This is what Chromium does (156, tried on
pictures of each kind: `tests/ground/test_rendering.py`), because what people look at is what has to be judged.

Sources: PNG third edition (11.3.2), EXIF 2.32 (CIPA DC-008), MIAF (ISO/IEC 23000-22).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ground.media.claims import Claims, orientation
from ground.media.icc import MAX_PROFILE_BYTES, Profile, read_profile
from ground.media.profiles import HLG, PQ, PRIMARIES, SRGB_PRIMARIES, profile_of, to_linear
from ground.media.reading import Damaged
from ground.media.stills import read_coding

_GAMMA_SLACK = 0.05
"""A gAMA that differs from that of sRGB by less than this share means sRGB (libpng's threshold)."""


_TELLING = frozenset({b"PLTE", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf"})


@dataclass(frozen=True)
class Appearance:
    """How a picture is to be shown.

    Attributes:
        orientation: as EXIF counts it, 1-8; what turns the stored picture upright.
        profile: of its colours, stated or made of what is stated; None for sRGB.
        high_range: codes of primaries and transfer (ITU-T H.273) where it is brighter than screens are.
    """

    orientation: int = 1
    profile: Profile | None = None
    high_range: tuple[int, int] | None = None


def read_appearance(data: bytes, claims: Claims, info: Mapping[Any, Any]) -> Appearance:
    """Of a picture whose blocks were walked over already.

    Args:
        info: what Pillow read of it.
    """
    if claims.format == "JPEG":
        return _profiled(_jpeg_profile(data), _jpeg_orientation(data)) or Appearance(_jpeg_orientation(data))
    if claims.format == "PNG":
        return _png_appearance(data)
    profile = info.get("icc_profile") or None
    if claims.format == "AVIF":
        # Pillow puts how the file turns the picture (irot, imir) in the place of what EXIF says.
        exif = info.get("exif")
        turn = orientation(exif.removeprefix(b"Exif\0\0")) if isinstance(exif, bytes) else 1
        return _profiled(profile, turn) or _coded(_avif_coding(data), turn)
    # Browsers turn no WebP and no GIF; the decoder of HEIC turns pictures itself.
    return _profiled(profile, 1) or Appearance()


def _profiled(stated: bytes | None, turn: int, *, is_png: bool = False) -> Appearance | None:
    """By an ICC profile; None when there is none, or none that browsers go by."""
    if stated is not None and len(stated) > MAX_PROFILE_BYTES:
        raise Damaged(f"a profile of more than {MAX_PROFILE_BYTES:,} bytes")
    profile = read_profile(stated, any_is_rgb=is_png) if stated is not None else None
    if profile is None:
        return None
    return _coded(profile.coding, turn) if profile.coding is not None else Appearance(turn, profile)


def _jpeg_orientation(data: bytes) -> int:
    """By the first segment that is EXIF and not empty, whether it can be read or not. XMP is passed over."""
    for marker, start, end in _segments(data):
        # The byte behind "Exif" and its zero is a filling.
        if marker == 0xE1 and data[start : start + 5] == b"Exif\0" and end - start > 6:
            return orientation(data[start + 6 : end])
    return 1


def _jpeg_profile(data: bytes) -> bytes | None:
    """Put together from numbered pieces (ICC.1:2022, annex B.4) until there are as many as the first says."""
    pieces: dict[int, bytes] = {}
    count = 0
    for marker, start, end in _segments(data):
        if marker != 0xE2 or data[start : start + 12] != b"ICC_PROFILE\0" or end - start < 14:
            continue
        number, of = data[start + 12], data[start + 13]
        count = count or of
        if of != count or not 1 <= number <= count or number in pieces:
            return None
        pieces[number] = data[start + 14 : end]
        if len(pieces) == count:
            return b"".join(pieces[each] for each in sorted(pieces))
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment's body, up to the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] == 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if marker in (0x01, 0xD8):
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA or end > len(data):
            return
        yield marker, at + 4, end
        at = end


def _png_appearance(data: bytes) -> Appearance:
    chunks = chunks_before_pixels(data)
    turn = orientation(chunks[b"eXIf"]) if b"eXIf" in chunks else 1
    if b"cICP" in chunks:
        coding = _coding(chunks[b"cICP"])
        if coding is not None:
            return _coded(coding, turn)
    if b"iCCP" in chunks:
        by_profile = _profiled(_unpacked(chunks[b"iCCP"]), turn, is_png=True)
        if by_profile is not None:
            return by_profile
    if len(chunks.get(b"sRGB", b"")) == 1 and chunks[b"sRGB"][0] < 4:
        return Appearance(turn)
    gamma = int.from_bytes(chunks[b"gAMA"], "big") / 100_000 if len(chunks.get(b"gAMA", b"")) == 4 else 0
    if gamma == 0:
        return Appearance(turn)
    stated = chunks.get(b"cHRM", b"")
    if len(stated) == 32:
        primaries = tuple(value / 100_000 for value in struct.unpack(">8I", stated))
        return Appearance(turn, profile_of(primaries, _power(1 / gamma)))
    if abs(gamma * 2.2 - 1) < _GAMMA_SLACK:
        return Appearance(turn)
    return Appearance(turn, profile_of(SRGB_PRIMARIES, _power(1 / gamma)))


def chunks_before_pixels(data: bytes) -> dict[bytes, bytes]:
    """Of a PNG, what says how it looks, by kind; the first of each whose sum is right."""
    found: dict[bytes, bytes] = {}
    at = 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"IDAT":
            break
        body = data[at + 8 : at + 8 + length]
        if kind in _TELLING and kind not in found:
            stated = int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
            if zlib.crc32(kind + body) == stated:
                found[kind] = body
        at += 12 + length
    return found


def _unpacked(body: bytes) -> bytes | None:
    """The profile in an iCCP chunk; None when it cannot be unpacked."""
    name, _, rest = body.partition(b"\0")
    if len(name) > 79 or rest[:1] != b"\0":
        return None
    try:
        unpacker = zlib.decompressobj()
        profile = unpacker.decompress(rest[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None
    return profile if unpacker.eof or len(profile) > MAX_PROFILE_BYTES else None


def _coding(body: bytes) -> tuple[int, int] | None:
    """Primaries and transfer of cICP, for RGB in its full range."""
    return (body[0], body[1]) if len(body) == 4 and body[2] == 0 and body[3] == 1 else None


def _coded(coding: tuple[int, int] | None, turn: int) -> Appearance:
    if coding is None or coding[0] not in PRIMARIES:
        return Appearance(turn)
    primaries, transfer = coding
    if transfer in (PQ, HLG):
        return Appearance(turn, high_range=(primaries, transfer))
    curve = to_linear(transfer)
    if curve is None or (primaries, transfer) == (1, 13):
        return Appearance(turn)
    return Appearance(turn, profile_of(PRIMARIES[primaries], curve))


def _avif_coding(data: bytes) -> tuple[int, int] | None:
    """Primaries and transfer; those of televisions count as sRGB's curve here."""
    coding = read_coding(data)
    return (coding[0], 13 if coding[1] in (1, 6, 14, 15) else coding[1]) if coding is not None else None


def _power(exponent: float) -> Callable[[float], float]:
    return lambda value: value**exponent
