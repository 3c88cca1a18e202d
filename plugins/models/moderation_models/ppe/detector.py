"""``vision.ppe``: people and what protects them, in the shape of Amazon Rekognition's persons, parts and covers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context, Unavailable
from moderation_models.onnx_file import ModelBroken
from moderation_models.ppe.card import CARD
from moderation_models.ppe.covers import COVERS, digest_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from moderation_models.ppe.bodies import Region
    from moderation_models.ppe.nets import Nets
    from moderation_models.ppe.people import Person
    from moderation_models.ppe.wearing import Heads

LONGEST = 1600
"""Pixels that larger pictures are shrunk to: a head of one hundredth of that is as small as `people.LEAST` says."""
WORN = 50.0
"""Percent from which a cover is a detection of its own."""


class Ppe:
    """People, the parts of them that are visible, and what covers these.

    Each is a ``Person`` whose attribute ``parts`` is what the rules' ``people`` condition reads: body part to covers,
    cover to confidence. A head, face or torso that is visible has the confidence that it is covered, 0-100, however
    low. A hand has None: it is there, and what is on it is not judged. ``places`` says where the parts are, as boxes.
    What is more likely worn than not is a ``PPE/...`` too.

    Args:
        folder: of the operator's own models, whose heads stand in for the shipped ones; None for none.
    """

    name = "vision.ppe"
    card = CARD
    reads = ("image",)
    labels = ("Person", *(cover.label for cover in COVERS))
    min_confidence = 35.0
    time_limit_seconds = 20.0
    on_demand = True

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self.version = f"1.0+{digest_of(folder)}"
        self._ready: tuple[Nets, Heads, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded nets stay behind."""
        return {**self.__dict__, "_ready": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The people of the picture, or of an animation's first frame, each before what belongs to them.

        Raises:
            Unreadable: it cannot be decoded.
            Unavailable: a net or a head cannot be used.
        """
        try:
            looks = [self.look(picture) for picture in context.looks(part, LONGEST)]
        except ModelBroken as error:
            raise Unavailable(f"{error}; `moderation doctor` says more") from error
        return merge_looks(looks)

    def places(self, picture: Image, part: str | None = None) -> list[Box | None]:
        """Where people are in a picture (RGB), or a visible part of each; None where that is not in it."""
        from moderation_models.ppe.people import clean, people_of

        nets, _, faces = self._load()
        people = people_of(clean(picture), nets.bodies, faces)
        regions = [person.box if part is None else person.parts.get(part) for person in people]
        return [_box(region, picture) for region in regions if region is not None]

    def _load(self) -> tuple[Nets, Heads, Any]:
        from moderation_vision.yunet import YuNet

        from moderation_models.ppe.nets import Nets
        from moderation_models.ppe.wearing import Heads

        if self._ready is None:
            self._ready = Nets(), Heads(self._folder), YuNet()
        return self._ready

    def look(self, picture: Image) -> list[Detection]:
        """The findings in one picture (RGB). Raises `ModelBroken`."""
        from moderation_models.ppe.people import clean, people_of
        from moderation_models.ppe.wearing import worn_by

        nets, heads, faces = self._load()
        picture = clean(picture)
        people = people_of(picture, nets.bodies, faces)
        worn = worn_by(picture, [person.parts for person in people], nets, heads)
        found: list[Detection] = []
        for number, (person, covers) in enumerate(zip(people, worn, strict=True)):
            box = _box(person.box, picture)
            if box is None:
                continue
            found.append(_person(number, person, box, {p: {c.name: s} for p, (c, s) in covers.items()}, picture))
            for part, (cover, percent) in covers.items():
                if percent >= WORN:
                    about = {"person": number, "body_part": part, "covers": True}
                    place = _box(person.parts[part], picture)
                    found.append(Detection(label=cover.label, confidence=percent, box=place, attributes=about))
        return found


def _person(number: int, person: Person, box: Box, judged: dict[str, dict[str, float]], picture: Image) -> Detection:
    from moderation_models.ppe.regions import HANDS

    parts: dict[str, Any] = {
        part: {name: round(sure, 2) for name, sure in covers.items()} for part, covers in judged.items()
    }
    # Of every hand, seen or not: where the joints are tells nothing of whether they are hidden, and nothing of gloves.
    parts.update({hand: {"hand_cover": None} for hand in HANDS})
    places = {part: _box(region, picture) for part, region in person.parts.items()}
    attributes: dict[str, Any] = {
        "id": number,
        "parts": parts,
        "places": {part: place.model_dump() for part, place in places.items() if place is not None},
        "found_by": person.found_by,
    }
    return Detection(label="Person", confidence=person.confidence, box=box, attributes=attributes)


def _box(region: Region, picture: Image) -> Box | None:
    """The region as ratios, cut to the picture; None when nothing of it is in there."""
    left, right = (min(max(edge / picture.width, 0.0), 1.0) for edge in (region[0], region[2]))
    top, bottom = (min(max(edge / picture.height, 0.0), 1.0) for edge in (region[1], region[3]))
    if left >= right or top >= bottom:
        return None
    return Box(left=left, top=top, width=min(right - left, 1 - left), height=min(bottom - top, 1 - top))
