"""Answers as AWS publishes them, for the double to give.

`WORKER` is the response of "Understanding the personal protective equipment detection API" (Rekognition Developer
Guide). `FOUR_PEOPLE` has its shape, with four people who stand for the cases of that page's summary at 80: covered,
without a helmet, equipment beside the body, and too unsure. `PAULO` is of "Detecting PII entities" (Comprehend Developer
Guide), with offsets that fit the words: the published ones are of another wording of the text. `van_bokhorst` has the
entities of a post on the AWS blog, with offsets of the words and scores of our own.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image


def box(left: float, top: float, width: float, height: float) -> dict[str, float]:
    """A ``BoundingBox``."""
    return {"Left": left, "Top": top, "Width": width, "Height": height}


def worn(kind: str, sure: float, covers: float, place: Mapping[str, float], *, on: bool = True) -> dict[str, Any]:
    """A piece of equipment, and how sure it is that it covers the body part."""
    return {
        "Type": kind,
        "Confidence": sure,
        "BoundingBox": place,
        "CoversBodyPart": {"Confidence": covers, "Value": on},
    }


def body_part(name: str, sure: float, *equipment: dict[str, Any]) -> dict[str, Any]:
    """A body part with what is on it."""
    return {"Name": name, "Confidence": sure, "EquipmentDetections": list(equipment)}


def person(number: int, sure: float, place: Mapping[str, float], *parts: dict[str, Any]) -> dict[str, Any]:
    """A person."""
    return {"Id": number, "Confidence": sure, "BoundingBox": place, "BodyParts": list(parts)}


def equipment(people: list[dict[str, Any]], have: list[int], lack: list[int], unsure: list[int]) -> dict[str, Any]:
    """An answer of DetectProtectiveEquipment with its summary."""
    return {
        "ProtectiveEquipmentModelVersion": "1.0",
        "Persons": people,
        "Summary": {
            "PersonsWithRequiredEquipment": have,
            "PersonsWithoutRequiredEquipment": lack,
            "PersonsIndeterminate": unsure,
        },
    }


_FACE = worn(
    "FACE_COVER",
    99.90001678466797,
    98.0676498413086,
    box(0.4363413453102112, 0.34203192591667175, 0.14528800547122955, 0.14956723153591156),
)
_LEFT = worn(
    "HAND_COVER",
    83.72270965576172,
    96.9288558959961,
    box(0.5114737153053284, 0.5744519829750061, 0.14495663344860077, 0.12936046719551086),
)
_RIGHT = worn(
    "HAND_COVER",
    95.70789337158203,
    99.85433197021484,
    box(0.2711356580257416, 0.6750612258911133, 0.20971858501434326, 0.20528452098369598),
)
_HEAD = worn(
    "HEAD_COVER",
    83.88762664794922,
    99.96485900878906,
    box(0.43011072278022766, 0.01103297434747219, 0.24350935220718384, 0.34623199701309204),
)

WORKER = equipment(
    [
        person(
            0, 99.98855590820312, box(0.02214839495718479, 0.03134796395897865, 0.7403100728988647, 0.9412225484848022),
            body_part("FACE", 99.99861145019531, _FACE),
            body_part("LEFT_HAND", 96.9786376953125, _LEFT),
            body_part("RIGHT_HAND", 99.82939147949219, _RIGHT),
            body_part("HEAD", 99.9999008178711, _HEAD),
        )
    ],
    have=[0], lack=[], unsure=[],
)  # fmt: skip

_PLACE = box(0.1, 0.1, 0.2, 0.8)
FOUR_PEOPLE = equipment(
    [
        person(0, 99.8, _PLACE, body_part("FACE", 99.3, worn("FACE_COVER", 99.9, 89.6, _PLACE)),
               body_part("LEFT_HAND", 97.7, worn("HAND_COVER", 93.1, 99.8, _PLACE)),
               body_part("RIGHT_HAND", 96.8, worn("HAND_COVER", 95.2, 99.8, _PLACE)),
               body_part("HEAD", 99.9, worn("HEAD_COVER", 96.5, 99.7, _PLACE))),
        person(1, 99.9, _PLACE, body_part("FACE", 99.6, worn("FACE_COVER", 99.8, 99.9, _PLACE)),
               body_part("LEFT_HAND", 99.3), body_part("RIGHT_HAND", 99.9), body_part("HEAD", 99.9)),
        person(2, 99.2, _PLACE, body_part("FACE", 99.2, worn("FACE_COVER", 99.9, 98.7, _PLACE)),
               body_part("LEFT_HAND", 98.1, worn("HAND_COVER", 94.0, 97.2, _PLACE)),
               body_part("RIGHT_HAND", 98.4, worn("HAND_COVER", 91.5, 96.6, _PLACE)),
               body_part("HEAD", 99.9, worn("HEAD_COVER", 97.3, 92.8, _PLACE, on=False))),
        person(3, 98.7, _PLACE, body_part("FACE", 99.0, worn("FACE_COVER", 98.8, 99.1, _PLACE)),
               body_part("HEAD", 99.9, worn("HEAD_COVER", 60.6, 99.9, _PLACE))),
    ],
    have=[0], lack=[1, 2], unsure=[3],
)  # fmt: skip

PAULO_TEXT = "Hello Paulo Santos. The latest statement for your credit card account 1111-0000-1111-0000 was mailed to 123 Any Street, Seattle, WA 98109."
PAULO = {
    "Entities": [
        {"Score": 0.9999669790267944, "Type": "NAME", "BeginOffset": 6, "EndOffset": 18},
        {"Score": 0.8905550241470337, "Type": "CREDIT_DEBIT_NUMBER", "BeginOffset": 70, "EndOffset": 89},
        {"Score": 0.9999889731407166, "Type": "ADDRESS", "BeginOffset": 104, "EndOffset": 137},
    ]
}
PICTURE = {
    "ModerationLabels": [
        {"Name": "Weapons", "ParentName": "Violence", "Confidence": 97.5, "TaxonomyLevel": 2},
        {"Name": "Violence", "ParentName": "", "Confidence": 97.5, "TaxonomyLevel": 1},
    ],
    "ModerationModelVersion": "7.0",
    "ContentTypes": [{"Name": "Illustrated", "Confidence": 88.25}],
}


def picture(width: int = 200, height: int = 200, kind: str = "PNG", mode: str = "RGB", **saving: Any) -> bytes:
    """A picture with something to see, as bytes."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert(mode).save(out, kind, **saving)
    return out.getvalue()


VAN_BOKHORST = (
    "Good morning, everybody. My name is Van Bokhorst Serdar, and today I feel like sharing a whole lot of personal "
    "information with you. Let's start with my Email address SerdarvanBokhorst@dayrep.com. My address is 2657 Koontz "
    "Lane, Los Angeles, CA. My phone number is 818-828-6231. My Social security number is 548-95-6370. My Bank account "
    "number is 940517528812 and routing number 195991012. My credit card number is 5534816011668430, Expiration Date "
    "6/1/2022, my C V V code is 121, and my pin 123456."
)
"""The text of AWS's post "Detecting and redacting PII using Amazon Comprehend", with eleven entities."""
_ENTITIES = (
    ("NAME", "Van Bokhorst Serdar"),
    ("EMAIL", "SerdarvanBokhorst@dayrep.com"),
    ("ADDRESS", "2657 Koontz Lane, Los Angeles, CA"),
    ("PHONE", "818-828-6231"),
    ("SSN", "548-95-6370"),
    ("BANK_ACCOUNT_NUMBER", "940517528812"),
    ("BANK_ROUTING", "195991012"),
    ("CREDIT_DEBIT_NUMBER", "5534816011668430"),
    ("CREDIT_DEBIT_EXPIRY", "6/1/2022"),
    ("CREDIT_DEBIT_CVV", "121"),
    ("PIN", "123456"),
)


def entities_of(text: str) -> list[tuple[str, str]]:
    """The kinds and words of the eleven entities, in the order of the text."""
    return sorted(_ENTITIES, key=lambda entity: text.find(entity[1]))


def van_bokhorst() -> dict[str, Any]:
    """The answer to `VAN_BOKHORST`."""
    found = []
    for kind, words in _ENTITIES:
        begin = VAN_BOKHORST.index(f" {words}") + 1
        found.append({"Score": 0.9999, "Type": kind, "BeginOffset": begin, "EndOffset": begin + len(words)})
    return {"Entities": found}
