"""A DICOM file without letters in its pixels and without identifying attributes, read once more when it is written.

No claim of completeness: text that nobody could read is there still, and so may be values that look like none of a
person's. What the second reading still finds in attributes is listed in the report of the copy.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ground.media.limits import Limits
from moderation.core.detections import Detection
from moderation.media.inspecting import MediaFacts
from moderation.redacting.dicom import files, pixels, profile
from moderation.redacting.media import ROUNDS, MediaRedaction, NoCopy, Wanted, at_hand
from moderation.redacting.texts import NotRedacted

if TYPE_CHECKING:
    from PIL.Image import Image
    from pydicom import Dataset

VERSION = "1"
"""Of what is done: copies of an older one are made again."""
NO_CLAIM = "no claim of completeness"
LookThrough = Callable[[Sequence[str]], list[list[Detection]]]
"""Says what personal data is in each of some texts; raises `NotRedacted`."""


@dataclass(frozen=True)
class DicomCopy:
    """A copy in whose pixels nothing was found any more.

    Attributes:
        found: how many places were covered, by label; the same place in many frames is one for each.
        attributes: how many attributes were changed, by what was done (`profile.clean`).
        left: attributes in which something was found after all, each with the labels.
    """

    data: bytes
    found: Counter[str]
    rounds: int
    attributes: Counter[str]
    left: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def report(self) -> dict[str, Any]:
        """What is said of the copy; no values."""
        left = [{"attribute": place, "labels": list(labels)} for place, labels in self.left]
        told = {"found": self.found, "rounds": self.rounds, "content_type": "application/dicom"}
        return {**told, "attributes": self.attributes, "left": left, "claim": NO_CLAIM}


class DicomRedaction:
    """Makes copies.

    Args:
        pictures: looks at frames.
        wanted: what is covered besides letters, which are in any case.
        look: looks through the values of attributes.
        key: gives the key of new UIDs: files of one study stay together under one.
    """

    def __init__(
        self, pictures: MediaRedaction, wanted: Wanted, look: LookThrough, limits: Limits, key: Callable[[], bytes]
    ) -> None:
        self._pictures, self._wanted, self._look, self._limits, self._key = pictures, wanted, look, limits, key

    def copy(self, data: bytes) -> DicomCopy:
        """A copy of a file.

        Raises:
            NoCopy: it cannot be read, is beyond the limits, somebody could not look, or letters are still found.
        """
        dataset = files.read(data)
        frames = pixels.decoded(dataset, self._limits)
        key = self._key()
        with files.library():
            attributes = profile.clean(dataset, key)
        found: list[Detection] = []
        left = self._seen(frames)
        for number in range(1, ROUNDS + 1):
            found += left
            boxes = [each.box for each in found if each.box is not None]
            pixels.cover(frames, [*boxes, *self._wanted.boxes], self._wanted.fill)
            with files.library():
                pixels.put(dataset, frames)
            made = files.write(dataset)
            again = files.read(made)
            left = self._seen(pixels.decoded(again, self._limits))
            if not left:
                counts = Counter(each.label for each in found)
                return DicomCopy(made, counts, number, attributes, self._still_said(again))
        labels = ", ".join(sorted({each.label for each in left}))
        raise NoCopy(f"{labels} was still found in the pixels of the copy after {ROUNDS} rounds")

    def _seen(self, frames: pixels.Pixels) -> list[Detection]:
        """What is to be covered in all frames, found in any of them: what is burned in does not move."""
        found: list[Detection] = []
        looked_at: set[bytes] = set()
        for number, frame in enumerate(frames.stored):
            if (seen := frame.tobytes()) in looked_at:
                continue
            looked_at.add(seen)
            shown = [_picture(f"f{number}v{view}", each) for view, each in enumerate(pixels.views(frames, number))]
            for each in self._pictures.look(shown):
                found += each
        return found

    def _still_said(self, dataset: Dataset) -> tuple[tuple[str, tuple[str, ...]], ...]:
        with files.library():
            values = list(profile.readable(dataset))
        try:
            found = self._look([text for _, text in values]) if values else []
        except NotRedacted as error:
            raise NoCopy(str(error)) from error
        listed = zip(values, found, strict=True)
        return tuple((place, tuple(sorted({d.label for d in each}))) for (place, _), each in listed if each)


def _picture(name: str, shown: Image) -> Any:
    out = io.BytesIO()
    shown.convert("RGB").save(out, "PNG", compress_level=1)
    return at_hand(name, out.getvalue(), MediaFacts("image", "image/png", shown.width, shown.height, 1))
