"""The finder's answer for a picture of any size: looked at in overlapping tiles, put together to one map.

Lines are sought in the whole map, so a line that crosses the border of a tile is one line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from moderation_vision.reading.models import Models

Tile = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""
CORE = 640
"""Pixels of a tile that are its own, at most."""
MARGIN = 32
"""Pixels it sees beside them, because the finder is unsure at borders."""
_STEP = 32
"""The finder takes multiples of it."""


def look_at(models: Models, picture: Any, tiles: Sequence[Tile], found: Any) -> None:
    """Fill in, in `found` (bytes 0-255), how surely each pixel of the tiles belongs to a line.

    Args:
        picture: RGB, at the scale at which it is to be looked at.
        tiles: where; see `tiles_of`.
    """
    height, width = picture.shape[:2]

    def look(tile: Tile) -> None:
        left, top, right, bottom = tile
        x, y = max(left - MARGIN, 0), max(top - MARGIN, 0)
        seen = _look(models, picture[y : min(bottom + MARGIN, height), x : min(right + MARGIN, width)])
        found[top:bottom, left:right] = seen[top - y : bottom - y, left - x : right - x]

    list(models.threads.map(look, tiles))


def tiles_of(width: int, height: int, wanted: Any = None) -> list[Tile]:
    """The tiles of a picture of that size.

    Args:
        wanted: a mask of any scale; only what is set in it is covered. None for all.
    """
    tiles = _grid(width, height)
    return list(tiles) if wanted is None else [cut for tile in tiles for cut in _cut_down(tile, width, height, wanted)]


def pixels_of(tiles: Sequence[Tile]) -> int:
    """That the finder looks at for these, margins included."""
    return sum((right - left + 2 * MARGIN) * (bottom - top + 2 * MARGIN) for left, top, right, bottom in tiles)


def _grid(width: int, height: int) -> Iterator[Tile]:
    # Equal tiles: a last one of a few pixels would cost its margins.
    across, down = -(-width // (CORE + MARGIN)), -(-height // (CORE + MARGIN))
    xs = [round(width * number / across) for number in range(across + 1)]
    ys = [round(height * number / down) for number in range(down + 1)]
    for top, bottom in pairwise(ys):
        for left, right in pairwise(xs):
            yield left, top, right, bottom


def _cut_down(tile: Tile, width: int, height: int, wanted: Any) -> list[Tile]:
    """What is wanted of a tile: one piece, or several where these cost less."""
    import cv2

    left, top, right, bottom = tile
    x, y = wanted.shape[1] / width, wanted.shape[0] / height
    first_row, first_column = int(top * y), int(left * x)
    part = wanted[first_row : math.ceil(bottom * y), first_column : math.ceil(right * x)].astype(numpy.uint8)
    if not part.any():
        return []

    def cut(columns: int, rows: int, wide: int, high: int) -> Tile:
        return (
            max(left, int((first_column + columns) / x)),
            max(top, int((first_row + rows) / y)),
            min(right, math.ceil((first_column + columns + wide) / x)),
            min(bottom, math.ceil((first_row + rows + high) / y)),
        )

    whole = [cut(*cv2.boundingRect(part))]
    near = 2 * math.ceil(MARGIN / 2 * x) + 1
    _, labels = cv2.connectedComponents(cv2.dilate(part, numpy.ones((near, near), numpy.uint8)))
    labels[part == 0] = 0
    pieces = [cut(*cv2.boundingRect((labels == number).astype(numpy.uint8))) for number in numpy.unique(labels)[1:]]
    return min(whole, pieces, key=pixels_of)


def _look(models: Models, tile: Any) -> Any:
    import cv2

    height, width = tile.shape[:2]
    # Sides that are no multiples are filled up with the border's own colour, which is no text.
    padded = cv2.copyMakeBorder(tile, 0, -height % _STEP, 0, -width % _STEP, cv2.BORDER_REPLICATE)
    blob = cv2.dnn.blobFromImage(padded, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)
    seen = models.finder.run(None, {models.finder.get_inputs()[0].name: blob})[0][0, 0, :height, :width]
    return (seen * 255).astype(numpy.uint8)
