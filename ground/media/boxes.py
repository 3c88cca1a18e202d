"""Files of boxes (ISO/IEC 14496-12): films, sounds and pictures whose pieces carry a length and four letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ground.media.reading import MAX_BLOCKS, Damaged, big


@dataclass(frozen=True)
class IsoBox:
    """One box: its four letters, and where its content lies."""

    kind: bytes
    start: int
    end: int


class Boxes:
    """The boxes of one file, of which at most `MAX_BLOCKS` are read in all."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = MAX_BLOCKS

    def top(self) -> Iterator[IsoBox]:
        """The outermost boxes. Raises `Damaged` where one does not fit."""
        return self._between(0, len(self.data))

    def inside(self, box: IsoBox, skip: int = 0) -> Iterator[IsoBox]:
        """The boxes in a box, behind the first `skip` bytes of it (4 for those with version and flags)."""
        return self._between(box.start + skip, box.end)

    def first(self, box: IsoBox, *path: bytes) -> IsoBox | None:
        """The box at the end of a path, taking the first of each kind; None where there is none."""
        found: IsoBox | None = box
        for kind in path:
            found = next((each for each in self.inside(found) if each.kind == kind), None) if found else None
        return found

    def number(self, box: IsoBox, at: int, length: int) -> int:
        """The number at an offset in a box. Raises `Damaged` beyond the end of the box."""
        if box.start + at + length > box.end:
            raise Damaged("cut off")
        return big(self.data, box.start + at, length)

    def _between(self, at: int, end: int) -> Iterator[IsoBox]:
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise Damaged("too many boxes")
            length, kind, head = big(self.data, at, 4), self.data[at + 4 : at + 8], 8
            if length == 1:
                length, head = big(self.data, at + 8, 8), 16
            elif length == 0:
                length = end - at
            if length < head or at + length > end:
                raise Damaged("cut off")
            yield IsoBox(kind, at + head, at + length)
            at += length
