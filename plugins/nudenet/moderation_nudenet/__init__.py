"""``vision.nudity``: nudity in pictures through the NudeNet library. Mind its licence: see README.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl
from moderation.core.cards import Card, Licence
from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context

if TYPE_CHECKING:
    from PIL.Image import Image

    from moderation.settings import Settings

LABELS: dict[str, str | None] = {
    "FEMALE_GENITALIA_EXPOSED": "Exposed Female Genitalia",
    "MALE_GENITALIA_EXPOSED": "Exposed Male Genitalia",
    "ANUS_EXPOSED": "Exposed Buttocks or Anus",
    "BUTTOCKS_EXPOSED": "Exposed Buttocks or Anus",
    "FEMALE_BREAST_EXPOSED": "Exposed Female Nipple",
    "MALE_BREAST_EXPOSED": "Exposed Male Nipple",
    "FEMALE_GENITALIA_COVERED": "Obstructed Intimate Parts",
    "ANUS_COVERED": "Obstructed Intimate Parts",
    "FEMALE_BREAST_COVERED": None,  # every clothed woman has it
    "BUTTOCKS_COVERED": None,  # likewise
    "BELLY_EXPOSED": None,
    "BELLY_COVERED": None,
    "ARMPITS_EXPOSED": None,
    "ARMPITS_COVERED": None,
    "FEET_EXPOSED": None,
    "FEET_COVERED": None,
    "FACE_FEMALE": "Face",
    "FACE_MALE": "Face",
}
"""NudeNet's 18 classes and our labels; None for what is no reason to moderate anything."""

CARD = Card(
    sees="body parts that are bare, and where: genitals, buttocks, breasts; faces",
    does_not_see="sexual acts; parts that are drawn, small or turned; it finds less than vision.explicit does",
    licence=Licence(
        code="AGPL-3.0 by its LICENSE file, MIT by its metadata", weights="the same", source="PyPI nudenet"
    ),
    training_data="not published",
    figures=("10,000 explicit pictures of a user's: 60.6 % found, where open_nsfw at .2 found 89.5 %",),
    cost="some 50 ms a picture on one core",
)
LONGEST = 1280
"""Pixels of the longest side; the network itself looks at 320."""


class Nudity:
    """Body parts that are seen bare. Confidence is the network's score as percent."""

    name = "vision.nudity"
    version = "1.1"
    card = CARD
    reads = ("image",)
    labels = tuple(sorted({label for label in LABELS.values() if label is not None}))
    min_confidence = 20.0
    time_limit_seconds = 15.0

    def __init__(self) -> None:
        self._network: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded network stays behind."""
        return {"_network": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of the first frame, surest first. Raises `Unreadable`."""
        if self._network is None:
            from nudenet import NudeDetector

            self._network = NudeDetector()
        seen = [self._found(look) for look in context.looks(part, LONGEST)]
        return sorted(merge_looks(seen), key=lambda detection: (-detection.confidence, detection.label))

    def _found(self, look: Image) -> list[Detection]:
        import numpy

        width, height = look.size
        answers = self._network.detect(numpy.ascontiguousarray(numpy.asarray(look)[:, :, ::-1]))
        found = []
        for answer in answers:
            label = LABELS[answer["class"]]
            confidence = min(float(answer["score"]) * 100, 100.0)
            if label is None or confidence < self.min_confidence:
                continue
            left, top, across, down = answer["box"]
            box = Box(
                left=_ratio(left, width),
                top=_ratio(top, height),
                width=_ratio(across, width),
                height=_ratio(down, height),
            )
            found.append(Detection(label=label, confidence=confidence, box=box, attributes={"class": answer["class"]}))
        return found


def _ratio(pixels: float, whole: int) -> float:
    return min(max(float(pixels) / whole, 0.0), 1.0)


@hookimpl
def register_detectors(settings: Settings) -> list[Nudity]:
    """Offer ``vision.nudity``."""
    return [Nudity()]
