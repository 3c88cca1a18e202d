"""``vision.faces``: faces, found by YuNet in several looks, each looked at again alone before it counts.

It sees faces that look at the camera or half aside, upright or turned, with and without masks. It sees few profiles and
no backs of heads, and never whose a face is. What was measured is in ``FACES.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context
from moderation_vision.cards import FACES, QUICK_FACES, WARY_FACES
from moderation_vision.yunet import COLUMNS, YuNet

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

Looks = tuple[tuple[int, tuple[int, ...]], ...]
PIXELS = 540_000
"""Larger pictures are shrunk to this many: a face of 64 pixels among four million is one of 24 then."""
LOOKS: Looks = ((PIXELS, (0,)), (80_000, (72, 144, 216, 288)), (70_000, (0,)))
"""Pixels, and degrees by which the picture is turned against the clock. The net knows faces of 10 to 300 pixels, so
that one that fills a picture needs a small one. It knows faces that lean by some 40 degrees: five turns are never
further from upright."""
QUICK_LOOKS: Looks = ((200_000, (0,)), (40_000, (0,)))
"""Of `QuickFaces`, likewise."""
TURNED_PIXELS = 160_000
"""Of a turned picture, corners included: a long one is shrunk further, because it needs a large square to turn in."""
CANDIDATE = 0.3
"""The score from which something is looked at again."""
MOST = 64
"""Candidates that are looked at again, those with the highest scores first."""
VIEW = 144
"""Pixels of the side of the picture in which a candidate is looked at again."""
VIEWS = ((72, False), (72, True), (100, False))
"""Pixels of the face in it, and whether it is mirrored: chance looks like a face at one size and not at the next."""
FAINTEST, SUREST = 0.1, 0.98
"""Scores beyond are taken as these."""
WEIGHTS = (0.98, 0.53, 0.81, 0.98, -0.74)
"""For the log-odds of the first score, of the mean of the two mirrored views, and of the large view; for a face that
was found in a turned picture; and for all. Fitted by ``tools/faces/calibrate.py``, as FACES.md says."""


class Faces:
    """Finds faces and says where; it does not know whose they are.

    Confidence: of a hundred candidates with as much of it, so many were faces in the pictures it was calibrated with.
    """

    name = "vision.faces"
    version = "2.0"
    card = FACES
    reads = ("image",)
    labels = ("Face",)
    min_confidence = 66.0
    time_limit_seconds = 10.0
    looks: Looks = LOOKS
    looks_again = True

    def __init__(self) -> None:
        self._net: YuNet | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded net stays behind."""
        return {"_net": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The faces of the picture, or of an animation's first frame, surest first. Raises `Unreadable`."""
        found = merge_looks(
            [self.find(picture) for picture in context.looks(part, _longest(part, self.looks_again, self.looks))]
        )
        return sorted(found, key=lambda detection: -detection.confidence)

    def find(self, picture: Image) -> list[Detection]:
        """The faces in one picture (RGB), in any order."""
        found = []
        for row, signs in zip(*self.candidates(picture), strict=True):
            confidence, box = _confidence(signs), _box(row, picture.width, picture.height)
            if confidence >= self.min_confidence and box is not None:
                found.append(Detection(label="Face", confidence=confidence, box=box))
        return found

    def candidates(self, picture: Image) -> tuple[NDArray[Any], NDArray[Any]]:
        """What may be a face, and the signs that `WEIGHTS` weigh.

        Returns:
            Rows as `YuNet.find` gives them, in pixels of the picture; and for each the log-odds of its scores at the
            first look, in the mirrored views, in the large one, and 1 when it was found in a turned picture.
        """
        import cv2
        import numpy

        if self._net is None:
            cv2.setNumThreads(1)
            self._net = YuNet()
        pixels = smaller = numpy.asarray(picture)
        looks, is_turned = [], []
        for most, turns in self.looks:
            smaller = _shrunk(smaller, most)
            for turn in turns:
                looks.append(self._look(smaller, turn, pixels.shape))
                is_turned += [float(turn > 0)] * len(looks[-1])
        rows, turned = numpy.concatenate(looks), numpy.array(is_turned)
        kept = _distinct(rows)[:MOST]
        rows, turned = rows[kept], turned[kept]
        again = self._look_again(pixels, rows) if self.looks_again else rows[:, [4, 4, 4]]
        signs = [_odds(rows[:, 4]), _odds(again[:, :2]).mean(1), _odds(again[:, 2]), turned]
        return rows, numpy.stack(signs, axis=1)

    def _look(self, smaller: NDArray[Any], turn: int, shape: Sequence[int]) -> NDArray[Any]:
        """Rows of a shrunk picture once it is turned, in pixels of the one it was made of, which has that shape."""
        import cv2
        import numpy

        assert self._net is not None
        down, across = smaller.shape[:2]
        turned, back = smaller, numpy.eye(2, 3)
        if turn:
            there, size = _turning(across, down, turn)
            turned, back = cv2.warpAffine(smaller, there, size), cv2.invertAffineTransform(there)
        rows = self._net.find([turned], CANDIDATE)[0]
        back = back * shape[1] / across
        points = numpy.concatenate([rows[:, :2], rows[:, 5:]], axis=1).reshape(-1, 2) @ back[:, :2].T + back[:, 2]
        points = points.reshape(len(rows), COLUMNS - 3)
        # What a turned picture was shrunk by, and the picture before it was turned.
        sides = rows[:, 2:4] * math.hypot(back[0, 0], back[0, 1])
        # A box that lies on its side is as wide as it was high.
        sides = sides[:, ::-1] if 45 < turn % 180 < 135 else sides
        return numpy.concatenate([points[:, :2], sides, rows[:, 4:5], points[:, 2:]], axis=1)

    def _look_again(self, pixels: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
        """The score of each row in each of `VIEWS`, where it stands upright alone; 0 where no face is in its middle."""
        import cv2
        import numpy

        assert self._net is not None
        again = numpy.zeros((len(rows), len(VIEWS)))
        halves = [pixels]
        while len(rows) and min(halves[-1].shape[:2]) > VIEW:
            halves.append(cv2.resize(halves[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        for number, row in enumerate(rows):
            views = [_view(halves, row, face, mirrored) for face, mirrored in VIEWS]
            for view, (found, (face, _)) in enumerate(zip(self._net.find(views, FAINTEST), VIEWS, strict=True)):
                size = numpy.sqrt(found[:, 2] * found[:, 3]) / face
                is_middle = numpy.abs(found[:, :2] - VIEW / 2).max(1, initial=0) < 0.35 * face
                again[number, view] = found[is_middle & (size > 0.6) & (size < 1.7), 4].max(initial=0)
        return again


class QuickFaces(Faces):
    """Finds faces that stand upright, in a fifth of the time: of a film, between two looks of `Faces`.

    It looks at no face alone, and takes its first look for those: what it is sure of is nearly always a face, and what
    else looks like one is covered for a quarter of a second. It clears nothing: what leans is left to the other.
    """

    name = "vision.faces_quick"
    version = "1.0"
    card = QUICK_FACES
    on_demand = True
    examines = False
    looks = QUICK_LOOKS
    looks_again = False


class WaryFaces(Faces):
    """Finds all that looks a little like a face: for covering, where one face too many is better than one too few.

    It looks at none alone, so that chance is not sorted out, and takes its first look for those. It clears nothing.
    """

    name = "vision.faces_wary"
    version = "1.0"
    card = WARY_FACES
    min_confidence = 5.0
    on_demand = True
    examines = False
    looks_again = False


SAME = 0.4
"""The share of two boxes together that they have in common, from which on they are one face."""
INSIDE = 0.7
"""The share of the smaller box that lies in the larger one, likewise."""


def _longest(part: Part, looks_again: bool, looks: Looks) -> int | None:
    """Pixels of the longest side to have a picture shrunk to; None for none.

    For as many as are looked at, or twice as many where a face is looked at alone.
    """
    media, pixels = part.media, looks[0][0] * (2 if looks_again else 1)
    if media is None or not media.width or not media.height or media.width * media.height <= pixels:
        return None
    return math.ceil(max(media.width, media.height) * math.sqrt(pixels / (media.width * media.height)))


def _turning(across: int, down: int, turn: int) -> tuple[NDArray[Any], tuple[int, int]]:
    """The matrix that turns a picture against the clock, by degrees, and the size of what all of it fits in."""
    import cv2

    cos, sin = abs(math.cos(math.radians(turn))), abs(math.sin(math.radians(turn)))
    width, height = across * cos + down * sin, across * sin + down * cos
    scale = min(1.0, math.sqrt(TURNED_PIXELS / (width * height)))
    size = math.ceil(width * scale), math.ceil(height * scale)
    matrix = cv2.getRotationMatrix2D((across / 2, down / 2), turn, scale)
    matrix[:, 2] += (size[0] - across) / 2, (size[1] - down) / 2
    return matrix, size


def _shrunk(pixels: NDArray[Any], most: int) -> NDArray[Any]:
    """The picture with at most so many pixels."""
    import cv2

    height, width = pixels.shape[:2]
    scale = math.sqrt(most / (height * width))
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR)


def _confidence(signs: Sequence[float]) -> float:
    *weights, bias = WEIGHTS
    return 100 / (1 + math.exp(-bias - sum(weight * sign for weight, sign in zip(weights, signs, strict=True))))


def _odds(scores: NDArray[Any]) -> NDArray[Any]:
    import numpy

    within = numpy.clip(scores, FAINTEST, SUREST)
    return numpy.log(within / (1 - within))


def _view(halves: Sequence[NDArray[Any]], row: NDArray[Any], face: int, mirrored: bool) -> NDArray[Any]:
    """A row's face alone, its eyes level, so many pixels large, in a picture of `VIEW` pixels.

    Args:
        halves: the picture, and each half as wide as the one before: taken from one that is nearly as small, because
            turning a picture does not blur what it shrinks.
    """
    import cv2
    import numpy

    size = math.sqrt(row[2] * row[3])
    half = min(len(halves) - 1, max(0, int(math.log2(max(1.0, size / face)))))
    scale = face / size * 2**half
    angle = math.atan2(row[8] - row[6], row[7] - row[5])
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    x, y = row[:2] / 2**half
    matrix = numpy.array([[cos, sin, VIEW / 2 - cos * x - sin * y], [-sin, cos, VIEW / 2 + sin * x - cos * y]])
    if mirrored:
        matrix[0] = [-cos, -sin, VIEW / 2 + cos * x + sin * y]
    how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    return cv2.warpAffine(halves[half], matrix, (VIEW, VIEW), flags=how, borderMode=cv2.BORDER_CONSTANT)


def _distinct(rows: NDArray[Any]) -> list[int]:
    """The rows that are faces of their own, highest scores first: others are the same face once more."""
    import numpy

    low, high = rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2
    area = rows[:, 2] * rows[:, 3]
    left = numpy.argsort(-rows[:, 4], kind="stable")
    kept = []
    while len(left):
        first, others = left[0], left[1:]
        kept.append(int(first))
        sides = numpy.minimum(high[first], high[others]) - numpy.maximum(low[first], low[others])
        shared = sides.clip(0).prod(1)
        is_same = shared > SAME * (area[first] + area[others] - shared)
        is_inside = shared > INSIDE * numpy.minimum(area[first], area[others])
        left = others[~(is_same | is_inside)]
    return kept


def _box(row: NDArray[Any], width: int, height: int) -> Box | None:
    """The box as ratios, cut to the picture; None when nothing of it is in there."""
    across, down = float(row[2]) / 2, float(row[3]) / 2
    left, right = max(0.0, (float(row[0]) - across) / width), min(1.0, (float(row[0]) + across) / width)
    top, bottom = max(0.0, (float(row[1]) - down) / height), min(1.0, (float(row[1]) + down) / height)
    if left >= right or top >= bottom:
        return None
    return Box(left=left, top=top, width=right - left, height=bottom - top)
