"""Covering: the faces of people at work, painted over before anything of a picture is stored.

Covered is all that may be a face to a wary detector, and the lower part of each head that a detector of people sees,
turned away or not: what is worn on heads stays to be seen. Where neither finds anything, all is covered that looks the
least bit like a face. A solid patch, which nothing can take off again; blurred faces are found again (patches are not).
The copy is looked at anew, and what is still found is covered more widely.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground.errors import MediaRefused
from ground.media import rendering
from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.core.policy.policies import PolicyWords
from moderation.hookspecs import Detector, Frame, Unreadable
from moderation.media.looking import frames, looks

if TYPE_CHECKING:
    from PIL.Image import Image

FACES, PEOPLE = "vision.faces_wary", "vision.ppe"
SURE, IN_DOUBT = 60.0, 5.0
"""Percent from which something is covered; and where nothing else is, because a masked face that fills a picture looks
little like one."""
ROUNDS = 6
MARGIN = 0.12
"""Beyond a face, this share of its width and height on each side; each round twice as much."""
WIDE = 1.0
"""Likewise in doubt: where only an eye looks like a face, the face is round it."""
BROW = 0.35
"""Of a head, from the top: what is under it is covered where no face was found in it."""
COVERED = 0.9
"""The share of a place that is covered from which on what looks like a face there is the patch."""
PIECE = 0.6
"""Of width and height: the picture is looked at in four pieces that overlap."""
NEAR, MOST_ENLARGED = 800, 4.0
"""Pixels that a view is enlarged to, and by how much at most."""
LONGEST = 1920
"""Pixels: copies are no larger."""
QUALITY = 88


class FaceCovering:
    """Covers faces in still pictures.

    Args:
        detectors: those that look: `FACES`, and `PEOPLE` where it is there.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = [each for each in detectors if each.name in (FACES, PEOPLE)]

    @property
    def can_look(self) -> bool:
        """Whether somebody looks for faces."""
        return any(each.name == FACES for each in self._detectors)

    def cover(self, data: bytes) -> bytes:
        """A JPEG of the picture in which no detector finds a face any more; nothing else of the original is in it.

        Raises:
            MediaRefused: it cannot be decoded, is animated, or a face is still found after all rounds.
            Unreadable, Unavailable: a detector cannot look; then there is no copy.
        """
        from PIL import Image

        if not self.can_look:
            raise MediaRefused("unsupported", f"faces cannot be covered: {FACES} is not installed")
        seen = rendering.looks(data, LONGEST)
        if len(seen) > 1:
            raise MediaRefused("unsupported", "transparent pictures are not taken, because they show different things")
        copy = Image.new("RGB", seen[0].size)
        copy.paste(seen[0])
        covered = Image.new("L", copy.size)
        for number in range(ROUNDS):
            is_doubtful = False
            places = _open(self._places(_saved(copy), PEOPLE if number == 0 else ""), covered)
            if not places:
                places = _open(self._from_nearby(copy, SURE), covered)
            if not places and number == 0:
                places, is_doubtful = self._from_nearby(copy, IN_DOUBT), True
            if not places:
                return _saved(copy)
            for box in places:
                # Saving smears edges, so that what is left is covered more widely each time.
                margin = WIDE if is_doubtful else MARGIN * 2**number if _share(covered, box) else MARGIN
                _paint(copy, box, margin)
                _paint(covered, box, margin, fill=255)
        raise MediaRefused("unsupported", f"a face is still seen after it was covered {ROUNDS} times")

    def _places(self, data: bytes, people_by: str) -> list[Box]:
        """Where faces are, and the lower parts of heads that have none.

        Args:
            people_by: who looks for people; once, since bodies are there whatever is on their faces.
        """
        part = Part(id="p0", type="image")
        context = _Context(data)
        asked = [each for each in self._detectors if each.name in (FACES, people_by)]
        found = [(each.name, each.detect(part, context)) for each in asked]
        faces = [box for name, detections in found if name == FACES for box in _boxes(detections, SURE)]
        people = [d for name, detections in found if name == PEOPLE for d in detections if d.label == "Person"]
        return [*faces, *_of_people(people)]

    def _from_nearby(self, picture: Image, at_least: float) -> list[Box]:
        """Where faces are that are small or fill the picture, which is shown enlarged, in pieces, and with a margin.

        Args:
            at_least: percent from which something counts as one.
        """
        found: list[Box] = []
        part = Part(id="p0", type="image")
        for shown, (left, top, width, height) in _views(picture):
            context = _Context(_saved(shown))
            for detector in self._detectors:
                if detector.name == FACES:
                    boxes = _boxes(detector.detect(part, context), at_least)
                    found += [_within(box, left, top, width, height) for box in boxes]
        return found


def _boxes(found: Sequence[Detection], at_least: float) -> list[Box]:
    return [each.box for each in found if each.box is not None and each.confidence >= at_least]


def _share(covered: Image, box: Box) -> float:
    """How much of a place is covered already, 0-1, as a picture says that is white there."""
    from PIL import ImageStat

    return float(ImageStat.Stat(covered.crop(_pixels(covered, box, 0))).mean[0]) / 255


def _open(places: Sequence[Box], covered: Image) -> list[Box]:
    return [box for box in places if _share(covered, box) < COVERED]


def _views(picture: Image) -> Iterator[tuple[Image, tuple[float, float, float, float]]]:
    """Pictures to look at, each with its place in the picture as ratios; the margin's lies outside of it."""
    from PIL import Image

    # With a margin of its own size: a face that fills the picture is half as large then.
    framed = Image.new("RGB", (2 * picture.width, 2 * picture.height), (128, 128, 128))
    framed.paste(picture, (picture.width // 2, picture.height // 2))
    yield _enlarged(framed), (-(picture.width // 2) / picture.width, -(picture.height // 2) / picture.height, 2.0, 2.0)
    if max(picture.size) < NEAR:
        yield _enlarged(picture), (0.0, 0.0, 1.0, 1.0)
    for left in (0.0, 1 - PIECE):
        for top in (0.0, 1 - PIECE):
            place = _pixels(picture, Box(left=left, top=top, width=PIECE, height=PIECE), 0)
            share = (place[2] - place[0]) / picture.width, (place[3] - place[1]) / picture.height
            yield _enlarged(picture.crop(place)), (place[0] / picture.width, place[1] / picture.height, *share)


def _enlarged(view: Image) -> Image:
    scale = min(MOST_ENLARGED, max(1.0, NEAR / max(view.size)))
    return view.resize((max(1, round(view.width * scale)), max(1, round(view.height * scale))))


def _within(box: Box, left: float, top: float, width: float, height: float) -> Box:
    """A box of a view as one of the whole picture, cut to it."""
    first = max(0.0, left + box.left * width), max(0.0, top + box.top * height)
    last = min(1.0, left + (box.left + box.width) * width), min(1.0, top + (box.top + box.height) * height)
    across, down = max(1e-6, last[0] - first[0]), max(1e-6, last[1] - first[1])
    return Box(left=min(first[0], 1 - across), top=min(first[1], 1 - down), width=across, height=down)


def _of_people(people: Sequence[Detection]) -> Iterator[Box]:
    for person in people:
        places = person.attributes.get("places")
        if not isinstance(places, dict):
            continue
        said: Any = places.get("face") or _under_the_brow(places.get("head"))
        if said is not None:
            yield Box.model_validate(said)


def _under_the_brow(head: Any) -> Any:
    if not isinstance(head, dict):
        return None
    return {**head, "top": head["top"] + BROW * head["height"], "height": (1 - BROW) * head["height"]}


def _paint(picture: Image, box: Box, margin: float, fill: int = 0) -> None:
    from PIL import ImageDraw

    color = fill if picture.mode == "L" else (fill, fill, fill)
    ImageDraw.Draw(picture).rectangle(_pixels(picture, box, margin), fill=color)


def _pixels(picture: Image, box: Box, margin: float) -> tuple[int, int, int, int]:
    across, down = box.width * picture.width, box.height * picture.height
    beside, above = margin * across, margin * down
    left, top = box.left * picture.width - beside, box.top * picture.height - above
    right, bottom = left + across + 2 * beside, top + down + 2 * above
    return max(0, int(left)), max(0, int(top)), min(picture.width, int(right) + 1), min(picture.height, int(bottom) + 1)


def _saved(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


class _Context:
    """What detectors are given: one picture, in memory."""

    app = ""
    policies: Sequence[PolicyWords] = ()

    def __init__(self, data: bytes) -> None:
        self._data = data

    def path(self, part: Part) -> Path:
        """Nothing lies in a file before faces are covered. Raises `Unreadable`."""
        raise Unreadable(f"it is not written into {tempfile.gettempdir()} before its faces are covered")

    def read(self, part: Part) -> bytes:
        """The bytes."""
        return self._data

    def looks(self, part: Part, longest: int | None = None) -> list[Image]:
        """See `moderation.hookspecs.Context.looks`."""
        return looks(part, self._data, longest)

    def frames(self, part: Part, longest: int | None = None) -> Iterator[Frame]:
        """See `moderation.hookspecs.Context.frames`."""
        return frames(self._data, longest)
