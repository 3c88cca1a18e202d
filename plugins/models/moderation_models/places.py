"""Places of a picture that are looked at as pictures of their own: tiles of a grid, and crops round what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from moderation.core.items import Box
from moderation.hookspecs import Unreadable
from moderation_models.file import Tiles

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_CROPS = 64
"""Crops of one picture; one with more goes to people."""
WHOLE = Box(left=0, top=0, width=1, height=1)


class Finder(Protocol):
    """Says where in a picture something is; travels as a pickle, and loads what it needs at the first look."""

    def places(self, picture: Image) -> Sequence[Box]:
        """Boxes in any order. Raises `ModelBroken`."""
        ...


class FaceFinder:
    """Where faces are, by ``vision.faces``."""

    def __init__(self) -> None:
        self._faces: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded net stays behind."""
        return {"_faces": None}

    def places(self, picture: Image) -> list[Box]:
        """See `Finder.places`."""
        if self._faces is None:
            from moderation_vision.faces import Faces

            self._faces = Faces()
        return [face.box for face in self._faces.find(picture) if face.box is not None]


class PeopleFinder:
    """Where people are, or their heads, by ``vision.ppe``.

    Args:
        part: of the people; None for all of each.
    """

    part: str | None = None

    def __init__(self) -> None:
        self._ppe: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded nets stay behind."""
        return {"_ppe": None}

    def places(self, picture: Image) -> list[Box]:
        """See `Finder.places`."""
        if self._ppe is None:
            from moderation_models.ppe.detector import Ppe

            self._ppe = Ppe()
        return [place for place in self._ppe.places(picture, self.part) if place is not None]


class HeadFinder(PeopleFinder):
    """Where heads are."""

    part = "head"


FINDERS: Mapping[str, type[Finder]] = {"face": FaceFinder, "person": PeopleFinder, "head": HeadFinder}
"""What ``crops_from`` may name beside other models."""


def tiles_of(tiles: Tiles) -> list[Box]:
    """The tiles of any picture, row by row."""
    side = 1 / (tiles.grid - (tiles.grid - 1) * tiles.overlap)
    begins = [min(number * side * (1 - tiles.overlap), 1 - side) for number in range(tiles.grid)]
    return [Box(left=left, top=top, width=side, height=side) for top in begins for left in begins]


def crops_of(found: Sequence[Box], margin: float) -> list[tuple[Box, Box]]:
    """Each place with the place round it that is looked at: `margin` of its sides more on each side.

    Raises:
        Unreadable: there are more than `MOST_CROPS`.
    """
    if len(found) > MOST_CROPS:
        raise Unreadable(f"{len(found)} places to look at; at most {MOST_CROPS} are looked at one by one")
    return [(box, _grown(box, margin)) for box in found]


def cut(picture: Image, box: Box) -> Image:
    """What stands in a box, at least one pixel."""
    left, top = int(box.left * picture.width), int(box.top * picture.height)
    right, bottom = round((box.left + box.width) * picture.width), round((box.top + box.height) * picture.height)
    left, top = min(left, picture.width - 1), min(top, picture.height - 1)
    return picture.crop(
        (left, top, min(max(right, left + 1), picture.width), min(max(bottom, top + 1), picture.height))
    )


def placed(inner: Sequence[float], outer: Box) -> Box | None:
    """Corners that are ratios of `outer`, as a box of the picture that `outer` is in; None when nothing is in it."""
    left, top = outer.left + inner[0] * outer.width, outer.top + inner[1] * outer.height
    right, bottom = outer.left + inner[2] * outer.width, outer.top + inner[3] * outer.height
    left, top, right, bottom = (min(max(float(edge), 0.0), 1.0) for edge in (left, top, right, bottom))
    # A sum of the two may not be over 1 by the last bit.
    across, down = min(right - left, 1 - left), min(bottom - top, 1 - top)
    return Box(left=left, top=top, width=across, height=down) if across > 0 and down > 0 else None


def _grown(box: Box, margin: float) -> Box:
    beside, above = box.width * margin, box.height * margin
    left, top = max(0.0, box.left - beside), max(0.0, box.top - above)
    right, bottom = min(1.0, box.left + box.width + beside), min(1.0, box.top + box.height + above)
    return Box(left=left, top=top, width=right - left, height=bottom - top)
