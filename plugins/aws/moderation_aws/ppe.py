"""``rekognition.ppe``: people and their protective equipment, by DetectProtectiveEquipment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, needed
from moderation_aws.cards import PPE

MOST_PEOPLE = 15
"""The operation looks at no more."""
MOST_IDS = 1000
"""Numbers that Rekognition may give to people in one picture."""
FLOOR = 50.0
"""Rekognition reports nothing below."""


class PpeOptions(BaseModel):
    """``ppe:`` in the configuration.

    Attributes:
        min_confidence: percent; body parts that are less sure count as not visible.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_confidence: Annotated[float, Field(ge=50, le=100)] = 80.0

    @model_validator(mode="before")
    @classmethod
    def _policies_require(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "required" in value:
            raise ValueError(
                "'required' stands in policies now, so that each app has its own: remove it, and write "
                "people: {lacking: {head: head_cover}} in the policy's rule"
            )
        return value


class Ppe:
    """People, and what covers them. Who must wear what is for policies to say.

    Each person is a ``Person`` whose attribute ``parts`` is what the rules' ``people`` condition reads: visible body
    part to covers, cover to confidence. That confidence is the least of those that decide it (body part, equipment,
    "covers the body part"), as in Rekognition's own summary; equipment that does not cover the part is left out.
    Each piece of equipment is a ``PPE/...``. That something covers a body part does not say that it is worn properly
    (AWS's own note).
    """

    name = "rekognition.ppe"
    version = "1.2"
    card = PPE
    reads = ("image",)
    labels = ("Person", "PPE/FACE_COVER", "PPE/HAND_COVER", "PPE/HEAD_COVER")
    min_confidence = FLOOR
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, options: PpeOptions) -> None:
        self._account, self._fitting, self._options = account, fitting, options

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """People in the order of the answer, each before what belongs to them. Raises `Unreadable`, `Unavailable`."""
        images = pictures.images_of(part, context, pictures.PPE, self._fitting)
        return merge_looks([self._ask(context, image, MOST_IDS * number) for number, image in enumerate(images)])

    def _ask(self, context: Context, image: Mapping[str, Any], first_id: int) -> list[Detection]:
        caller = Caller(context.app, self.name)
        answer = self._account.call(caller, "rekognition", "DetectProtectiveEquipment", 1, Image=image)
        people = needed(answer, "Persons")
        found: list[Detection] = []
        for person in people:
            # People of another look are other people, whatever number Rekognition gives them.
            numbered = {**person, "Id": person["Id"] + first_id}
            found += self._person(numbered, is_full=len(people) >= MOST_PEOPLE)
        return [detection for detection in found if detection.confidence >= FLOOR]

    def _person(self, person: Mapping[str, Any], *, is_full: bool) -> list[Detection]:
        box = pictures.box_of(person.get("BoundingBox"))
        attributes: dict[str, Any] = {"id": person["Id"], "parts": self._parts(person)}
        if is_full:
            attributes["there_may_be_more_people"] = True
        found = [Detection(label="Person", confidence=person["Confidence"], box=box, attributes=attributes)]
        for body_part in person.get("BodyParts", ()):
            found += [_equipment(person, body_part, piece) for piece in body_part.get("EquipmentDetections", ())]
        return found

    def _parts(self, person: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        """Visible body part to covers with confidence; empty for a bare one."""
        parts: dict[str, dict[str, float]] = {}
        for body_part in person.get("BodyParts", ()):
            if body_part["Confidence"] < self._options.min_confidence:
                continue
            covers = parts.setdefault(body_part["Name"].lower(), {})
            for piece in body_part.get("EquipmentDetections", ()):
                if piece["CoversBodyPart"]["Value"]:
                    cover = piece["Type"].lower()
                    sure = min(body_part["Confidence"], piece["Confidence"], piece["CoversBodyPart"]["Confidence"])
                    covers[cover] = max(sure, covers.get(cover, 0.0))
        return parts


def _equipment(person: Mapping[str, Any], body_part: Mapping[str, Any], piece: Mapping[str, Any]) -> Detection:
    return Detection(
        label=f"PPE/{piece['Type']}",
        confidence=piece["Confidence"],
        box=pictures.box_of(piece.get("BoundingBox")),
        attributes={
            "person": person["Id"],
            "body_part": body_part["Name"].lower(),
            "body_part_confidence": body_part["Confidence"],
            "covers": piece["CoversBodyPart"]["Value"],
            "covers_confidence": piece["CoversBodyPart"]["Confidence"],
        },
    )
