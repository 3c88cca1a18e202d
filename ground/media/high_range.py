"""Pictures brighter than screens are (PQ, HLG), as browsers bring them into what an ordinary screen can show.

Sources: ITU-R BT.2100-2 (curves), ITU-R BT.2408 (203 cd/m2 for diffuse white), and for the rest what Chromium 156 makes
of them: up to diffuse white everything at half its light, what is brighter along a curve that ends in white at 1,000
cd/m2.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from PIL import ImageFilter

from ground.media.profiles import HLG, PQ, PRIMARIES, SRGB_PRIMARIES, Matrix, inverse, product, times, to_xyz

STEPS = 33
_WHITE, _BRIGHTEST = 203.0, 1000.0
_PEAK = _BRIGHTEST / _WHITE
_BEND = 0.65
"""How far along the straight part's continuation the curve bends."""


@functools.lru_cache(maxsize=8)
def table(primaries: int, transfer: int) -> ImageFilter.Color3DLUT:
    """A filter to sRGB for pictures with these codes of ITU-T H.273."""
    widen, narrow = _between(PRIMARIES[primaries], PRIMARIES[9]), _between(PRIMARIES[9], SRGB_PRIMARIES)
    curve = _light_of_pq if transfer == PQ else _light_of_hlg
    levels = [curve(at / (STEPS - 1)) for at in range(STEPS)]
    values: list[float] = []
    for blue in levels:
        for green in levels:
            for red in levels:
                light = times(widen, (red, green, blue))
                if transfer == HLG:
                    light = _on_screen(*light)
                brightest = max(light)
                share = _toned(brightest) / brightest if brightest > 0 else 0.0
                values += [_encoded(share * each) for each in times(narrow, light)]
    return ImageFilter.Color3DLUT(STEPS, values)


def _between(own: Sequence[float], others: Sequence[float]) -> Matrix:
    here, there = to_xyz(own), to_xyz(others)
    back = inverse(there) if there is not None else None
    assert here is not None
    assert back is not None
    return product(back, here)


def _light_of_pq(value: float) -> float:
    """BT.2100, table 4; 1 is diffuse white."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = value ** (1 / m2)
    return 10_000 / _WHITE * float((max(power - c1, 0.0) / (c2 - c3 * power)) ** (1 / m1))


def _light_of_hlg(value: float) -> float:
    """BT.2100, table 5: of the scene, 0-1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return value * value / 3 if value <= 0.5 else (math.exp((value - c) / a) + b) / 12


def _on_screen(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """BT.2100, table 5: from the scene to a screen of 1,000 cd/m2; 1 is diffuse white."""
    luminance = max(0.2627 * red + 0.6780 * green + 0.0593 * blue, 0.0)
    gain = _PEAK * luminance**0.2
    return red * gain, green * gain, blue * gain


def _toned(light: float) -> float:
    """Half the light up to 1; from there a parabola to white at the peak."""
    if light <= 1:
        return light / 2
    if light >= _PEAK:
        return 1.0
    knee, end = (1.0, 0.5), (_PEAK, 1.0)
    middle = tuple(a + _BEND * (b - a) for a, b in zip(knee, (2.0, 1.0), strict=True))
    # x(t) = knee + 2 t (middle - knee) + t^2 (knee - 2 middle + end), solved for t.
    square, line = knee[0] - 2 * middle[0] + end[0], 2 * (middle[0] - knee[0])
    t = (-line + math.sqrt(line * line + 4 * square * (light - knee[0]))) / (2 * square)
    return (1 - t) ** 2 * knee[1] + 2 * t * (1 - t) * middle[1] + t * t * end[1]


def _encoded(light: float) -> float:
    """SRGB's curve; darker than black too, so that what lies between two steps is clipped where it should be."""
    size = min(abs(light), 1.0)
    return math.copysign(12.92 * size if size <= 0.0031308 else 1.055 * size ** (1 / 2.4) - 0.055, light)
