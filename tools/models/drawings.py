"""Draw the pictures that the shipped models are tried out with: rendered dough, and a bottle. Nobody's photograph, nobody's body.

    pip install numpy pillow
    python tools/models/drawings.py plugins/models/moderation_models/models

The net for explicit pictures takes smooth, rounded, skin-coloured shapes for what it looks for. The dough is drawn for that.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy
from PIL import Image, ImageDraw, ImageFilter

LUMPS = (
    (143, 87, 42, 74, 1.06),
    (123, 146, 52, 91, 2.2),
    (159, 70, 92, 92, 1.33),
    (83, 49, 39, 87, 3.11),
    (69, 161, 81, 88, 2.89),
)
"""Of the dough: centre, the two radii, and the turn in radians, on a square of 256."""
DOUGH, BOARD = (232, 178, 150), (95, 95, 95)
LIGHT = (-0.45, -0.5, 0.74)
GREEN, CAP, LABEL, PRINT, SHINE = (20, 48, 26), (100, 15, 25), (238, 230, 205), (90, 80, 60), (90, 118, 96)


def dough(side: int = 640) -> Image.Image:
    """Lumps of dough that run into each other, lit from the left."""
    y, x = numpy.mgrid[0:side, 0:side] * 256.0 / side
    height = numpy.full((side, side), -1e9)
    for across, down, wide, high, turn in LUMPS:
        u = ((x - across) * math.cos(turn) + (y - down) * math.sin(turn)) / wide
        v = ((y - down) * math.cos(turn) - (x - across) * math.sin(turn)) / high
        inside = 1 - u * u - v * v
        lump = numpy.where(inside > 0, numpy.sqrt(numpy.maximum(inside, 0)) * min(wide, high), -1e9)
        height = numpy.logaddexp(height / 6, lump / 6) * 6
    is_dough = height > 0
    slope_down, slope_across = numpy.gradient(numpy.where(is_dough, height, 0), 256.0 / side)
    upright = 1 / numpy.sqrt(slope_across**2 + slope_down**2 + 1)
    light = numpy.clip((LIGHT[2] - slope_across * LIGHT[0] - slope_down * LIGHT[1]) * upright, 0, 1)
    lit = (0.35 + 0.75 * light)[..., None] * numpy.array(DOUGH)
    picture = numpy.where(is_dough[..., None], lit, numpy.array(BOARD, dtype=float))
    picture += numpy.random.default_rng(9).normal(0, 3, picture.shape)
    return Image.fromarray(numpy.clip(picture, 0, 255).astype(numpy.uint8)).filter(ImageFilter.GaussianBlur(0.7))


def bottle() -> Image.Image:
    """A bottle of wine."""
    picture = Image.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((158, 160, 242, 385), 12, fill=GREEN)
    draw.polygon([(158, 176), (242, 176), (220, 120), (180, 120)], fill=GREEN)
    draw.ellipse((158, 140, 242, 200), fill=GREEN)
    draw.rectangle((180, 25, 220, 130), fill=GREEN)
    draw.rectangle((178, 20, 222, 75), fill=CAP)
    draw.rectangle((158, 225, 242, 320), fill=LABEL)
    draw.rectangle((168, 236, 232, 246), fill=CAP)
    for y in (258, 270, 282):
        draw.rectangle((178, y, 222, y + 4), fill=PRINT)
    for place in ((166, 175, 172, 222), (166, 322, 172, 375), (184, 80, 187, 118)):
        draw.rectangle(place, fill=SHINE)
    return picture.filter(ImageFilter.GaussianBlur(1.0))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    dough().save(folder / "dough.jpg", quality=88)
    bottle().save(folder / "bottle.png", optimize=True)
