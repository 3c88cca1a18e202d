"""Where lines stand in a picture of any size: a small look at all of it, then closer ones where they are needed.

The finder sees letters from about 4 pixels of height on where the background is plain, and from about 11 where it is
busy. So the first look is small, and closer ones go to what is too small in it to be cut out well, to what it saw
faintly, and to fine detail that it did not see to be a line. A picture with nothing of that costs the first look alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from moderation.hookspecs import Unreadable
from moderation_vision.reading.detail import fine_detail
from moderation_vision.reading.lines import Line, joined, lines_in, mean_inside, without_doubles
from moderation_vision.reading.tiles import look_at, pixels_of, tiles_of

if TYPE_CHECKING:
    from moderation_vision.reading.models import Models

SMALL = 400_000
"""Pixels of a picture that is looked at at its own scale at once."""
FIRST = 310_000
"""Pixels of the first look at a larger one, unless its scale were below `SMALLEST_SCALE`."""
SMALLEST_SCALE = 1 / 6
LARGEST_SCALE = 2.0
MOST = 16_000_000
"""Pixels that the finder looks at in one picture. Beyond them it would take too long, and people look."""
EXACT = 14.0
"""Pixels of a look from which on the height of a box is exact enough to be cut out."""
_AIM = 1.2
"""Times `EXACT` that closer looks aim at."""
_FAINT = 0.3
"""What a pixel of the first look needs to be looked at again."""
_CLOSER = 1.25
"""A closer look is at least so many times closer."""
_SEVERAL = 2.0
"""Times closer to look at what is large and has fine detail: it may be several lines, or a bubble around one."""
_HIGH = 40
"""Pixels of the first look: what is higher and has fine detail is no line."""
_FOLLOWED = 6
"""Times that lines which reach beyond where the finder looked are followed; each time they may double."""
_DETAILED = 0.1
"""Share of a line with fine detail, from which on it may be several, or one with much around it."""
_COARSE = 4
"""Pixels of a look for one of a map of where lines stand."""


class Search:
    """For the lines of one picture.

    Args:
        copy: the picture, or a smaller copy of it (RGB).
        size: width and height of the picture.
        full: gives the picture; asked when it is needed.
    """

    def __init__(self, models: Models, copy: Any, size: tuple[int, int], full: Callable[[], Any]) -> None:
        self._models, self._copy, self._size, self._full = models, copy, size, full
        self._looked = 0
        self._coarse = _first_scale(*size) / _COARSE

    def lines(self) -> list[Line]:
        """All of them, in pixels of the picture. Raises `Unreadable` when it would take too long."""
        scale = _first_scale(*self._size)
        found = self._look(self._copy, scale)
        lines = lines_in(found, scale)
        small = [line for line in lines if line.height * scale < EXACT]
        large = [line for line in lines if line.height * scale >= EXACT]
        if scale >= 1:
            return without_doubles(large, self._closer(small, scale))
        detail = fine_detail(self._copy)
        several = [line for line in large if line.height * scale < _HIGH and self._has(line, detail)]
        close = self._closer([*small, *several], scale, at_least=_SEVERAL if several else 1.0)
        known = self._mask([*small, *several], margin=4 / scale)
        # Beyond the edges of a line the finder's answer fades out.
        faint = (_fitted(found, known.shape) > _FAINT * 255) & ~self._mask(lines, margin=4 / scale)
        rest = self._rest(_fitted(detail, known.shape) & ~known | faint)
        # What is much larger would have been seen in the first look; here it is a pattern that looks like a letter.
        close = without_doubles(close, [line for line in rest if line.height * scale < 2 * EXACT])
        return joined(without_doubles([line for line in large if line not in several], close))

    def _rest(self, wanted: Any) -> list[Line]:
        """What stands in fine detail: the copy has as much of it as letters need to be found."""
        scale = self._copy.shape[1] / self._size[0]
        lines = lines_in(self._look(self._copy, scale, wanted), scale)
        large = [line for line in lines if line.height * scale >= EXACT]
        return without_doubles(large, self._closer([line for line in lines if line.height * scale < EXACT], scale))

    def _closer(self, lines: Sequence[Line], scale: float, at_least: float = 1.0) -> list[Line]:
        """Found anew at such a scale that they are large enough; as they are when that is not closer.

        Args:
            scale: at which they were found.
            at_least: times closer.
        """
        if not lines:
            return []
        # Few are smaller than most; if need be those are looked at once more.
        height = float(numpy.percentile([line.height for line in lines], 10))
        aim = min(max(_AIM * EXACT / height, min(at_least * scale, 1.0)), LARGEST_SCALE)
        if aim < _CLOSER * scale:
            return list(lines)
        close = lines_in(self._look(self._full, aim, self._mask(lines, margin=EXACT / aim)), aim)
        small = [line for line in close if line.height * aim < EXACT / _AIM]
        return without_doubles([line for line in close if line not in small], self._closer(small, aim))

    def _look(self, picture: Any, scale: float, wanted: Any = None) -> Any:
        """A map of probabilities at that scale, 0 where nobody looked.

        Args:
            picture: the copy or, as a function, the whole, which is only asked for where something is wanted.
            wanted: where to look; lines that reach beyond are followed. None for all of it.
        """
        width, height = (max(round(side * scale), 1) for side in self._size)
        found = numpy.zeros((height, width), numpy.uint8)
        seen = numpy.zeros_like(wanted) if wanted is not None else None
        for _ in range(_FOLLOWED):
            tiles = tiles_of(width, height, wanted)
            if not tiles:
                break
            self._looked += pixels_of(tiles)
            if self._looked > MOST:
                raise Unreadable(
                    f"what may be text fills more than the {MOST / 1e6:.0f} megapixels that are searched in one picture"
                )
            shown = _resized(picture() if callable(picture) else picture, (width, height))
            look_at(self._models, shown, tiles, found)
            if seen is None:
                break
            seen |= wanted
            wanted = self._mask(self._cut(lines_in(found, scale), scale, seen), margin=0) & ~seen
        return found

    def _cut(self, lines: Sequence[Line], scale: float, seen: Any) -> list[Line]:
        """What lies beyond the ends of lines that end where nobody looked, as far again as the line is long."""
        beyond = []
        for line in lines:
            along = (line.corners[1] - line.corners[0]) / max(line.width, 1)
            if line.width < 2 * line.height or line.height * scale > _HIGH:
                continue
            reach = along * max(line.width, 3 * line.height)
            for end, way in ((line.corners[[0, 3]], -1), (line.corners[[1, 2]], 1)):
                x, y = (end.mean(axis=0) + way * along * line.height / 2) * self._coarse
                if 0 <= x < seen.shape[1] and 0 <= y < seen.shape[0] and not seen[int(y), int(x)]:
                    beyond.append(Line(numpy.concatenate([end, end[::-1] + way * reach]), line.sureness))
        return beyond

    def _mask(self, lines: Sequence[Line], margin: float) -> Any:
        """Where the lines stand, with so many pixels of the picture around them, on a coarse map."""
        import cv2

        by = self._coarse
        mask = numpy.zeros([max(math.ceil(side * by), 1) for side in reversed(self._size)], numpy.uint8)
        for line in lines:
            cv2.fillConvexPoly(mask, numpy.round(line.corners * by).astype(numpy.int32), 1)
        around = 2 * math.ceil(margin * by) + 1
        return cv2.dilate(mask, numpy.ones((around, around), numpy.uint8)) > 0

    def _has(self, line: Line, detail: Any) -> bool:
        by = detail.shape[1] / self._size[0]
        return mean_inside(detail.astype(numpy.uint8) * 255, line.corners * by) >= _DETAILED


def _first_scale(width: int, height: int) -> float:
    if width * height <= SMALL:
        return 1.0
    return max(math.sqrt(FIRST / (width * height)), SMALLEST_SCALE)


def _fitted(mask: Any, shape: tuple[int, int]) -> Any:
    """A map at another scale, of which nothing is lost: the highest value nearby counts."""
    import cv2

    if mask.dtype == bool:
        return _fitted(mask.astype(numpy.uint8), shape) > 0
    rows, columns = math.ceil(mask.shape[0] / shape[0]), math.ceil(mask.shape[1] / shape[1])
    if rows > 1 or columns > 1:
        mask = cv2.dilate(mask, numpy.ones((rows + 1, columns + 1), numpy.uint8))
    fitted = cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST)
    # The nearest value is that of one corner of a cell; the cell may reach over several.
    return cv2.dilate(fitted, numpy.ones((3, 3), numpy.uint8))


def _resized(picture: Any, size: tuple[int, int]) -> Any:
    import cv2

    if picture.shape[1::-1] == size:
        return picture
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if size[0] < picture.shape[1] else cv2.INTER_CUBIC)
