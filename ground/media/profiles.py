"""Colours that are stated in numbers (primaries, a curve) rather than by an ICC profile, as such a profile.

Sources: ICC.1:2022, ITU-T H.273 (codes), ITU-R BT.2100 (PQ, HLG).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from ground.media.icc import Profile

Matrix = tuple[tuple[float, float, float], ...]

SRGB_PRIMARIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""White, red, green and blue as x and y of CIE 1931."""
PRIMARIES = {
    1: SRGB_PRIMARIES,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (0.3127, 0.3290, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
"""By the code of H.273, table 2."""
PQ, HLG = 16, 18

# Bradford's matrix, by which ICC profiles adapt white to D50 (ICC.1:2022, annex E).
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50 = (0.9642, 1.0, 0.8249)


def to_linear(transfer: int) -> Callable[[float], float] | None:
    """The curve from what is stored to light, both 0-1, by the code of H.273, table 3; None for codes not handled.

    What was made for televisions (BT.709 and its kin) is decoded as these show it, by the exponent of BT.1886.
    """
    exponents = {1: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 8: 1.0, 11: 2.4, 14: 2.4, 15: 2.4}
    if transfer in exponents:
        return lambda value: value ** exponents[transfer]
    curves = {7: _smpte_240, 13: _srgb, 17: lambda value: value**2.6 * 52.37 / 48}
    return curves.get(transfer)


def profile_of(primaries: Sequence[float], curve: Callable[[float], float]) -> Profile | None:
    """A profile of RGB with these primaries and this curve; None when the primaries span no colours."""
    matrix = to_xyz(primaries)
    if matrix is None:
        return None
    table = struct.pack(">4096H", *(min(max(round(curve(at / 4095) * 65_535), 0), 65_535) for at in range(4096)))
    curve_tag = b"curv\0\0\0\0" + struct.pack(">I", 4096) + table
    columns = list(zip(*matrix, strict=True))
    tags = {
        b"desc": b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 2, 28) + b"\0p",
        b"cprt": b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 2, 28) + b"\0p",
        b"wtpt": _xyz_tag(_D50),
        **{name: _xyz_tag(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)},
    }
    at = 128 + 4 + 12 * (len(tags) + 3)
    index, body = struct.pack(">I", len(tags) + 3), b""
    for name, data in tags.items():
        index += name + struct.pack(">II", at + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        index += name + struct.pack(">II", at + len(body), len(curve_tag))
    body += curve_tag
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"", 0x04400000, b"mntr", b"RGB ", b"XYZ ")
    head = (head + b"\0" * 12 + b"acsp").ljust(68, b"\0") + _xyz_numbers(_D50)
    return Profile("RGB", head.ljust(128, b"\0") + index + body)


def to_xyz(primaries: Sequence[float]) -> Matrix | None:
    """The matrix from linear RGB to XYZ under D50; None when the primaries span no colours."""
    if not all(0 <= value <= 1 for value in primaries) or not primaries[1]:
        return None
    first, *lights = ((x, y, 1 - x - y) for x, y in zip(primaries[::2], primaries[1::2], strict=True))
    white = tuple(value / first[1] for value in first)
    columns: Matrix = tuple(zip(*lights, strict=True))
    back = inverse(columns)
    if back is None:
        return None
    strengths = times(back, white)
    of_light: Matrix = tuple(tuple(value * s for value, s in zip(row, strengths, strict=True)) for row in columns)  # type: ignore[misc]
    cone, cone_d50 = times(_BRADFORD, white), times(_BRADFORD, _D50)
    if not all(cone):
        return None
    scale: Matrix = tuple(tuple(cone_d50[at] / cone[at] if at == to else 0.0 for to in range(3)) for at in range(3))  # type: ignore[misc]
    back = inverse(_BRADFORD)
    assert back is not None
    matrix = product(back, product(scale, product(_BRADFORD, of_light)))
    return matrix if all(abs(value) < 100 for row in matrix for value in row) else None


def inverse(matrix: Matrix) -> Matrix | None:
    """The inverse of a 3 x 3 matrix; None when there is none."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    size = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(size) < 1e-9:
        return None
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple(tuple(value / size for value in row) for row in rows)  # type: ignore[misc]


def product(left: Matrix, right: Matrix) -> Matrix:
    """The product of two 3 x 3 matrices."""
    columns = list(zip(*right, strict=True))
    return tuple(tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in left)


def times(matrix: Matrix, vector: Sequence[float]) -> tuple[float, float, float]:
    """The product of a matrix and a vector."""
    x, y, z = vector
    a, b, c = (row[0] * x + row[1] * y + row[2] * z for row in matrix)
    return a, b, c


def _xyz_numbers(values: Sequence[float]) -> bytes:
    return struct.pack(">3i", *(round(value * 65_536) for value in values))


def _xyz_tag(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + _xyz_numbers(values)


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _smpte_240(value: float) -> float:
    return value / 4 if value < 0.0913 else ((value + 0.1115) / 1.1115) ** (1 / 0.45)
