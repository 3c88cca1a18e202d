"""ICC profiles as browsers take them, made over into ones that leave nothing to choose.

A profile may say several things, and what one library refuses, another uses: letters can be drawn that only one of two
readers sees. So only what Chromium's reader (skcms) would go by is kept, and what it refuses is passed over.

Source: ICC.1:2022 (7.2 header, 7.3 tags, 10.6 and 10.18 curves); for what it accepts, skcms as of Chromium 156.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Space = Literal["RGB", "L", "CMYK"]

MAX_PROFILE_BYTES = 4_194_304
"""More is refused with its picture; the profiles of presses have up to three million."""
_D50 = (0.9642, 1.0, 0.8249)
_SPACES: Mapping[bytes, Space] = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
_NUMBERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
"""Of each kind of formula."""
_CURVES = (b"rTRC", b"gTRC", b"bTRC")
_COLUMNS = (b"rXYZ", b"gXYZ", b"bXYZ")


@dataclass(frozen=True)
class Profile:
    """What is to be gone by.

    Attributes:
        space: mode of the pictures that it is for.
        data: a profile with that alone.
        coding: codes of primaries and transfer (ITU-T H.273) that stand in it, which come first.
    """

    space: Space
    data: bytes
    coding: tuple[int, int] | None = None


def read_profile(data: bytes, any_is_rgb: bool = False) -> Profile | None:
    """What a browser goes by; None when it would pass the profile over.

    Args:
        any_is_rgb: takes a space that it does not know for RGB, as browsers do with PNG.
    """
    tags = _tags(data)
    if tags is None:
        return None
    space = _SPACES.get(data[16:20], "RGB" if any_is_rgb else None)
    if space is None or not all(_is_curve(tags[name]) for name in (*_CURVES, b"kTRC") if name in tags):
        return None
    table = next((tags[name] for name in (b"A2B0", b"A2B1") if name in tags), None)
    kept: dict[bytes, bytes] = {}
    if space == "L":
        kept = {b"kTRC": tags[b"kTRC"]} if b"kTRC" in tags else {}
    elif table is not None:
        kept = {b"A2B0": table} if table[:4] in (b"mft1", b"mft2", b"mAB ") else {}
    elif space == "RGB" and all(name in tags for name in (*_CURVES, *_COLUMNS)):
        kept = {name: tags[name] for name in (*_CURVES, *_COLUMNS)}
    if not kept:
        return None
    coding = tags.get(b"cicp", b"")
    is_coding = len(coding) >= 12 and coding[:4] == b"cicp" and space == "RGB" and coding[10] == 0 and coding[11] == 1
    return Profile(space, _made_over(data, space, kept), (coding[8], coding[9]) if is_coding else None)


def _tags(data: bytes) -> dict[bytes, bytes] | None:
    """The tags, the first of each name; None when the header or the table is wrong."""
    if len(data) < 132 or data[36:40] != b"acsp" or data[8] > 4:
        return None
    size = int.from_bytes(data[:4], "big")
    count = int.from_bytes(data[128:132], "big")
    illuminant = (value / 65_536 for value in struct.unpack(">3i", data[68:80]))
    if any(abs(value - wanted) > 0.01 for value, wanted in zip(illuminant, _D50, strict=True)):
        return None
    if size > len(data) or 132 + 12 * count > size:
        return None
    tags: dict[bytes, bytes] = {}
    for at in range(132, 132 + 12 * count, 12):
        name, (start, length) = data[at : at + 4], struct.unpack(">2I", data[at + 4 : at + 12])
        if length < 4 or start + length > size:
            return None
        tags.setdefault(name, data[start : start + length])
    return tags


def _is_curve(data: bytes) -> bool:
    """True of a table, and of a formula that never falls below nothing."""
    if data[:4] == b"curv":
        count = int.from_bytes(data[8:12], "big")
        return len(data) >= 12 + 2 * count
    kind = int.from_bytes(data[8:10], "big")
    count = _NUMBERS.get(kind, 0) if data[:4] == b"para" else 0
    if not count or len(data) < 12 + 4 * count:
        return False
    values = [value / 65_536 for value in struct.unpack(f">{count}i", data[12 : 12 + 4 * count])]
    power, slope, shift = (*values, 1.0, 0.0)[:3] if kind == 0 else values[:3]
    if kind in (1, 2) and slope == 0:
        return False
    line, knee = (values[3], values[4]) if kind >= 3 else (0.0, -shift / slope)
    return bool(min(power, slope, line, knee) >= 0 and slope * knee + shift >= -1e-6)


def _made_over(data: bytes, space: Space, tags: Mapping[bytes, bytes]) -> bytes:
    at = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += name + struct.pack(">2I", at + len(body), len(tag))
        body += tag + b"\0" * (-len(tag) % 4)
    kind = b"prtr" if space == "CMYK" else b"mntr"
    known = next(name for name, mode in _SPACES.items() if mode == space)
    head = struct.pack(">I", at + len(body)) + data[4:12] + kind + known + data[20:24] + data[24:64]
    return head + b"\0\0\0\0" + data[68:128] + table + body
