"""Bodies in pictures: MoveNet MultiPose's keypoints, of the whole picture and of four tiles of it, each person once.

The net: MoveNet MultiPose Lightning (Google, 2021), Apache-2.0; where the file comes from is in ``weights/README.md``.
Its page calls surveillance and the identification of people out of scope: this finds where heads and hands are, and
tells nobody from anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

POINTS = 17
NOSE, EYES, EARS, SHOULDERS, ELBOWS, WRISTS, HIPS = 0, (1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12)
"""Keypoints by number, the person's left one first (COCO's order)."""
LONGEST, STEP = 256, 32
"""Pixels of the longest side that the net sees best with; both sides are multiples of the second."""
OVERLAP = 0.3
"""Share of a tile that its neighbour shows too: a person cut by the border of one is whole in another."""
UNTILED = 192
"""Pixels of the longest side up to which a picture has no tiles: there is nothing in them that it does not show."""
MARGIN, CLEAR = 0.35, 0.4
"""Where nobody scores the second, the picture is looked at once more with this share of its longest side of black round
it: a head that fills a picture is none that the net knows."""
CANDIDATE = 0.1
"""The score from which something may be a person; scores of this net run low."""
ASSURED = 0.2
"""The score that the surest of a picture must reach for any of them to be one."""
SAME = 0.45
"""Heads that are less than this share of their size apart are one."""


Region = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels of the picture; may reach beyond it."""


class Net(Protocol):
    """A net that is ready to run."""

    def __call__(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """``[1, height, width, 3]`` whole numbers 0-255, red first, to ``[1, persons, 56]``."""
        ...


@dataclass(frozen=True)
class Body:
    """One person.

    Attributes:
        score: of the net, 0-1.
        points: `POINTS` rows of x and y in pixels and a score, 0-1. A joint that is hidden has one too, where the net
            takes it to be.
    """

    score: float
    points: NDArray[Any]
    box: Region

    @cached_property
    def size(self) -> float:
        """Pixels by which its head is measured: the largest of what ears, shoulders and neck tell."""
        import numpy

        def apart(pair: tuple[int, int]) -> float:
            return float(numpy.hypot(*(self.points[pair[0], :2] - self.points[pair[1], :2])))

        neck = float(numpy.hypot(*(self.face - self.shoulders)))
        return max(1.5 * apart(EARS), 0.62 * apart(SHOULDERS), 0.95 * neck, 1.0)

    @cached_property
    def face(self) -> NDArray[Any]:
        """The middle of eyes, ears and nose."""
        middle: NDArray[Any] = self.points[[NOSE, *EYES, *EARS], :2].mean(0)
        return middle

    @cached_property
    def shoulders(self) -> NDArray[Any]:
        """The middle between the shoulders."""
        middle: NDArray[Any] = self.points[list(SHOULDERS), :2].mean(0)
        return middle

    @cached_property
    def head(self) -> NDArray[Any]:
        """The middle of the head with what is on it: further from the shoulders than the face."""
        import numpy

        away = self.face - self.shoulders
        length = float(numpy.hypot(*away))
        up = away / length if length > 0 else numpy.array([0.0, -1.0])
        middle: NDArray[Any] = self.face + 0.22 * self.size * up
        return middle


def head_of(body: Body) -> Region:
    """The head, with a helmet on it."""
    x, y = (float(value) for value in body.head)
    return x - 0.55 * body.size, y - 0.79 * body.size, x + 0.55 * body.size, y + 0.90 * body.size


def bodies_of(picture: Image, net: Net) -> list[Body]:
    """The people of a picture, surest first; nobody where the surest is no better than `ASSURED`.

    They are looked for in the whole picture, and in four tiles, where those in the background are twice as large.
    """
    width, height = picture.size
    whole = (0, 0, width, height)
    found = _looked(picture, whole, net)
    if max(width, height) > UNTILED:
        for tile in _tiles(width, height):
            found += [body for body in _looked(picture, tile, net) if not _is_cut(body, tile, whole)]
    if max((body.score for body in found), default=0.0) < CLEAR:
        found += _looked(picture, _grown(width, height), net)
    found.sort(key=lambda body: -body.score)
    if not found or found[0].score < ASSURED:
        return []
    kept: list[Body] = []
    for body in found:
        if not any(_is_same(body, other) for other in kept):
            kept.append(body)
    return kept


def _tiles(width: int, height: int) -> list[tuple[int, int, int, int]]:
    across, down = (round(side / (2 - OVERLAP)) for side in (width, height))
    return [(left, top, left + across, top + down) for top in (0, height - down) for left in (0, width - across)]


def _grown(width: int, height: int) -> tuple[int, int, int, int]:
    margin = round(max(width, height) * MARGIN)
    return -margin, -margin, width + margin, height + margin


def _looked(picture: Image, part: tuple[int, int, int, int], net: Net) -> list[Body]:
    """What the net sees in a part of the picture, which may reach over its edges; in pixels of all of it."""
    import numpy
    from PIL import Image

    left, top, right, bottom = part
    scale = LONGEST / max(right - left, bottom - top)
    across, down = (max(1, round(side * scale)) for side in (right - left, bottom - top))
    if min(left, top) < 0:
        picture, part = picture.crop(part), (0, 0, right - left, bottom - top)
    small = picture.resize((across, down), Image.Resampling.BILINEAR, part, reducing_gap=2.0)
    # What is added at the right and below to come to a multiple is black, as in the net's training.
    pixels = numpy.zeros((1, -(-down // STEP) * STEP, -(-across // STEP) * STEP, 3), numpy.int32)
    pixels[0, :down, :across] = numpy.asarray(small)
    rows = net(pixels)[0]
    # The net gives places as shares of its picture, y first.
    high, wide = pixels.shape[1] / scale, pixels.shape[2] / scale
    found = []
    for row in rows:
        score = float(row[55])
        if not score >= CANDIDATE:
            continue
        points = row[: 3 * POINTS].reshape(POINTS, 3)[:, [1, 0, 2]] * (wide, high, 1) + (left, top, 0)
        y0, x0, y1, x1 = (float(value) for value in row[51:55] * (high, wide, high, wide))
        found.append(Body(score, points, (left + x0, top + y0, left + x1, top + y1)))
    return found


def _is_cut(body: Body, tile: tuple[int, int, int, int], whole: tuple[int, int, int, int]) -> bool:
    """Whether a border of the tile that lies inside the picture cuts the person's head."""
    head = head_of(body)
    return any(
        (tile[side] != whole[side]) and (head[side] < tile[side] if side < 2 else head[side] > tile[side])
        for side in range(4)
    )


def _is_same(one: Body, other: Body) -> bool:
    """Whether two are one person: their heads lie in one place."""
    import numpy

    return float(numpy.hypot(*(one.head - other.head))) < SAME * max(one.size, other.size)
