"""``rekognition.faces``: faces and where they are, by DetectFaces. It does not know whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, needed
from moderation_aws.cards import FACES

FLOOR = 50.0

FaceAttribute = Literal[
    "DEFAULT", "ALL", "AGE_RANGE", "BEARD", "EMOTIONS", "EYE_DIRECTION", "EYEGLASSES", "EYES_OPEN", "GENDER",
    "MOUTH_OPEN", "MUSTACHE", "FACE_OCCLUDED", "SMILE", "SUNGLASSES",
]  # fmt: skip


class FaceOptions(BaseModel):
    """``faces:`` in the configuration.

    Attributes:
        attributes: what to ask for beside the place; each adds delay. Age ranges are estimates of how old somebody
            looks, and no proof of age.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attributes: tuple[FaceAttribute, ...] = ("DEFAULT",)


class Faces:
    """Up to 100 faces, the largest ones. What was asked for about a face stands in its attributes."""

    name = "rekognition.faces"
    version = "1.1"
    card = FACES
    reads = ("image",)
    labels = ("Face",)
    min_confidence = FLOOR
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, options: FaceOptions) -> None:
        self._account, self._fitting, self._options = account, fitting, options

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The faces in the order of the answer. Raises `Unreadable` and `Unavailable`."""
        images = pictures.images_of(part, context, pictures.FACES, self._fitting)
        return merge_looks([self._ask(context, image) for image in images])

    def _ask(self, context: Context, image: Mapping[str, Any]) -> list[Detection]:
        caller = Caller(context.app, self.name)
        wanted = list(self._options.attributes)
        answer = self._account.call(caller, "rekognition", "DetectFaces", 1, Image=image, Attributes=wanted)
        return [
            Detection(
                label="Face",
                confidence=face["Confidence"],
                box=pictures.box_of(face.get("BoundingBox")),
                attributes=_attributes(face),
            )
            for face in needed(answer, "FaceDetails")
            if face["Confidence"] >= FLOOR
        ]


def _attributes(face: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for: ``FaceOccluded: {Value, Confidence}`` becomes ``face_occluded: {value, confidence}``."""
    left_out = ("BoundingBox", "Confidence", "Landmarks")
    return {_snake(name): _lowered(value) for name, value in face.items() if name not in left_out}


def _lowered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_snake(name): _lowered(inner) for name, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list) else value


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
