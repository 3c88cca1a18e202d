"""DetectProtectiveEquipment: people, the parts of them that are visible, what covers these, and who lacks what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import not_ready
from moderation.aws.rekognition.looking import Answer, first_looker, look
from moderation.aws.rekognition.pictures import EQUIPMENT, bounding_box, read_picture
from moderation.core.detections import Detection
from moderation.core.items import Box

VERSION = "1.0"
"""Of ``ProtectiveEquipmentModelVersion``, as Rekognition has it; who looked is in the answer's header."""
PARTS = ("FACE", "HEAD", "LEFT_HAND", "RIGHT_HAND")
WORN_BY = {"FACE_COVER": ("FACE",), "HAND_COVER": ("LEFT_HAND", "RIGHT_HAND"), "HEAD_COVER": ("HEAD",)}
WORN = 50.0
"""Percent from which a part counts as covered; requests that ask for less are answered as if they asked for this."""


def detect(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """People with ids that hold for this answer alone.

    A part's confidence is its person's, and that something covers it is as sure as that it is worn: the detector tells
    no more. Hands are left out, as where they are not seen, by a detector that does not judge what is on them.

    Raises:
        ApiError: nobody here finds people and their equipment, or a required type.
    """
    detector = first_looker(caller.service, "PPE/HEAD_COVER", "protective equipment")
    unseen = [kind for kind in WORN_BY if f"PPE/{kind}" not in detector.labels]
    wanted = p.get("SummarizationAttributes")
    for kind in wanted["RequiredEquipmentTypes"] if wanted else ():
        if kind in unseen:
            raise not_ready(f"No detector here says whether {kind} is worn ({detector.name} does not); leave it out")
    picture = read_picture(caller.service, caller.app, p["Image"], EQUIPMENT)
    found = look(caller.service, caller.name, picture.part, [detector])
    people = [each for each in found if each.label == "Person"]
    document: dict[str, Any] = {
        "ProtectiveEquipmentModelVersion": VERSION,
        "Persons": [_person(number, person, found) for number, person in enumerate(people)],
    }
    if wanted:
        least = max(float(wanted["MinConfidence"]), WORN)
        document["Summary"] = _summary(people, least, wanted["RequiredEquipmentTypes"])
    return Answer(document, [detector], unseen)


def _person(number: int, person: Detection, found: Sequence[Detection]) -> dict[str, Any]:
    judged, own_id = _judged(person), person.attributes.get("id")
    pieces = {
        (str(each.attributes.get("body_part")).upper(), each.label.removeprefix("PPE/")): each.box
        for each in found
        if each.label.startswith("PPE/") and each.attributes.get("person") == own_id
    }
    return {
        "Id": number,
        "BoundingBox": bounding_box(person.box),
        "Confidence": person.confidence,
        "BodyParts": [
            {
                "Name": part,
                "Confidence": person.confidence,
                "EquipmentDetections": [
                    {
                        "BoundingBox": bounding_box(pieces.get((part, kind)) or _place(person, part)),
                        "Confidence": sure,
                        "Type": kind,
                        "CoversBodyPart": {"Confidence": sure, "Value": True},
                    }
                    for kind, sure in covers.items()
                    if sure >= WORN
                ],
            }
            for part, covers in judged.items()
        ],
    }


def _judged(person: Detection) -> dict[str, dict[str, float]]:
    """The visible parts that Rekognition has, each with what may cover it and how sure that is; none unjudged."""
    parts = person.attributes.get("parts")
    judged = {}
    for part in PARTS:
        covers = parts.get(part.lower()) if isinstance(parts, Mapping) else None
        if not isinstance(covers, Mapping):
            continue
        sure = {str(name).upper(): each for name, each in covers.items() if isinstance(each, int | float)}
        if sure or not covers:
            judged[part] = {name: float(each) for name, each in sure.items() if name in WORN_BY}
    return judged


def _place(person: Detection, part: str) -> Box | None:
    places = person.attributes.get("places")
    place = places.get(part.lower()) if isinstance(places, Mapping) else None
    return Box.model_validate(place) if place is not None else person.box


def _summary(people: Sequence[Detection], least: float, required: Sequence[str]) -> dict[str, list[int]]:
    """Who wears all that is required, who surely lacks some of it, and of whom that cannot be said.

    Of a part that is not visible nothing can be said, nor of one that is covered with less confidence than asked for.
    """
    summary: dict[str, list[int]] = {
        "PersonsWithRequiredEquipment": [],
        "PersonsWithoutRequiredEquipment": [],
        "PersonsIndeterminate": [],
    }
    for number, person in enumerate(people):
        judged = _judged(person)
        worn = [judged[part].get(kind, 0.0) if part in judged else None for kind in required for part in WORN_BY[kind]]
        if person.confidence < least:
            state = "PersonsIndeterminate"
        elif any(sure is not None and sure <= 100 - least for sure in worn):
            state = "PersonsWithoutRequiredEquipment"
        elif all(sure is not None and sure >= least for sure in worn):
            state = "PersonsWithRequiredEquipment"
        else:
            state = "PersonsIndeterminate"
        summary[state].append(number)
    return summary
